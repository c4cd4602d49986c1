package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.comments.CommentType;
import org.snakeyaml.engine.v2.events.CommentEvent;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.NodeEvent;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * YAML as a tree. Single values are what Go's {@code yaml.v3}, with which sops writes, takes them
 * for: the MAC counts what they mean, not how they are written.
 */
final class YamlTree {
  private static final Pattern WHOLE =
      Pattern.compile("[-+]?(0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|[0-9]+)");

  /** Of {@code yaml.v3}: yamlStyleFloat. */
  private static final Pattern FLOATING =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private final Iterator<Event> events;
  private @Nullable Event next;

  /** Comments since the last value, with their columns. */
  private final List<Comment> pending = new ArrayList<>();

  private YamlTree(String text, boolean comments) {
    LoadSettings settings =
        LoadSettings.builder().setLabel("file").setParseComments(comments).build();
    this.events = new Parse(settings).parseString(text).iterator();
  }

  private record Comment(int column, boolean beside, String text) {}

  /**
   * The one document of a file.
   *
   * @param comments whether they are in the tree
   */
  static Branch read(String text, boolean comments) throws SopsException {
    try {
      return new YamlTree(text, comments).document();
    } catch (MarkedYamlEngineException e) {
      // The parser's own message quotes the input.
      throw new SopsException("it is not YAML" + where(e.getProblemMark()));
    } catch (YamlEngineException e) {
      throw new SopsException("it is not YAML");
    }
  }

  private static String where(Optional<Mark> mark) {
    return mark.map(m -> ": line %d, column %d".formatted(m.getLine() + 1, m.getColumn() + 1))
        .orElse("");
  }

  private Branch document() throws SopsException {
    take(); // the stream's start
    if (peek().getEventId() == Event.ID.StreamEnd) {
      throw new SopsException("it is empty");
    }
    take(); // the document's start
    if (!(value(0) instanceof Branch branch)) {
      throw new SopsException("it is not YAML with keys at its start");
    }
    take(); // the document's end
    if (peek().getEventId() != Event.ID.StreamEnd) {
      throw new SopsException(
          "it has several YAML documents ('---'): split it, since a secret is one set of keys");
    }
    return branch;
  }

  /** The next event that is none of a comment. */
  private Event peek() {
    while (next == null) {
      Event event = events.next();
      if (event instanceof CommentEvent comment) {
        if (comment.getCommentType() != CommentType.BLANK_LINE) {
          int column = comment.getStartMark().map(Mark::getColumn).orElse(0);
          boolean beside = comment.getCommentType() == CommentType.IN_LINE;
          pending.add(new Comment(column, beside, comment.getValue()));
        }
      } else {
        next = event;
      }
    }
    return next;
  }

  private Event take() {
    Event event = peek();
    next = null;
    return event;
  }

  /**
   * The comments before the value that begins with an event; those that are indented deeper closed
   * what went before.
   */
  private List<String> before(Event event) {
    int column = event.getStartMark().map(Mark::getColumn).orElse(0);
    List<String> comments = new ArrayList<>();
    for (Comment comment : pending) {
      if (comment.column() <= column) {
        comments.add(comment.text());
      }
    }
    pending.clear();
    return comments;
  }

  /** Adds what is written behind a single value, which is the value's. */
  private void addBeside(Tree value, List<String> comments) {
    if (value instanceof Leaf) {
      peek();
      while (!pending.isEmpty() && pending.getFirst().beside()) {
        comments.add(pending.removeFirst().text());
      }
    }
  }

  private Tree value(int depth) throws SopsException {
    Event event = take();
    if (depth > SopsFormat.MAX_DEPTH) {
      throw new SopsException(
          "it is nested deeper than %d levels%s"
              .formatted(SopsFormat.MAX_DEPTH, where(event.getStartMark())));
    }
    return switch (event.getEventId()) {
      case MappingStart -> branch(depth);
      case SequenceStart -> listing(depth);
      case Scalar -> leaf((ScalarEvent) event);
      default ->
          throw new SopsException(
              "it has an alias ('*'), which sops writes out" + where(event.getStartMark()));
    };
  }

  private Branch branch(int depth) throws SopsException {
    List<Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    while (peek().getEventId() != Event.ID.MappingEnd) {
      Event event = take();
      if (!(event instanceof ScalarEvent key)) {
        throw new SopsException("a key is no text" + where(event.getStartMark()));
      }
      if (!keys.add(key.getValue())) {
        throw new SopsException(
            "the key '%s' is there twice%s".formatted(key.getValue(), where(event.getStartMark())));
      }
      List<String> comments = before(key);
      Tree value = value(depth + 1);
      addBeside(value, comments);
      entries.add(new Entry(key.getValue(), value, comments));
    }
    take();
    return new Branch(entries);
  }

  private Listing listing(int depth) throws SopsException {
    List<Item> items = new ArrayList<>();
    while (peek().getEventId() != Event.ID.SequenceEnd) {
      List<String> comments = before(peek());
      Tree value = value(depth + 1);
      addBeside(value, comments);
      items.add(new Item(value, comments));
    }
    take();
    return new Listing(items);
  }

  private static Leaf leaf(ScalarEvent scalar) throws SopsException {
    String text = scalar.getValue();
    Optional<String> tag = scalar.getTag();
    if (tag.isEmpty()) {
      return scalar.isPlain() ? plain(text) : Leaf.of(Kind.TEXT, text);
    }
    Leaf leaf =
        switch (tag.get()) {
          case "tag:yaml.org,2002:str", "tag:yaml.org,2002:timestamp" -> Leaf.of(Kind.TEXT, text);
          case "tag:yaml.org,2002:binary" -> binary(text);
          case "tag:yaml.org,2002:float" -> floating(text);
          case "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:null" ->
              plain(text);
          default -> null;
        };
    if (leaf == null) {
      throw new SopsException("it has a tag that sops does not write" + where(mark(scalar)));
    }
    return leaf;
  }

  private static Optional<Mark> mark(NodeEvent event) {
    return event.getStartMark();
  }

  private static @Nullable Leaf binary(String text) {
    try {
      return new Leaf(Kind.TEXT, Base64.getMimeDecoder().decode(text));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static Leaf plain(String text) {
    return switch (text) {
      case "", "~", "null", "Null", "NULL" -> Leaf.of(Kind.NULL, "");
      case "true", "True", "TRUE" -> Leaf.of(Kind.BOOL, "True");
      case "false", "False", "FALSE" -> Leaf.of(Kind.BOOL, "False");
      default -> {
        Leaf number = whole(text.replace("_", ""));
        number = number == null ? floating(text) : number;
        yield number == null ? Leaf.of(Kind.TEXT, text) : number;
      }
    };
  }

  private static @Nullable Leaf whole(String text) {
    if (!WHOLE.matcher(text).matches()) {
      return null;
    }
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String sign = text.startsWith("-") ? "-" : "";
    String digits = signed ? text.substring(1) : text;
    if (digits.length() == 1 || digits.charAt(0) != '0') {
      return Numbers.whole(sign + digits, 10);
    }
    return switch (digits.charAt(1)) {
      case 'x', 'X' -> Numbers.whole(sign + digits.substring(2), 16);
      case 'b', 'B' -> Numbers.whole(sign + digits.substring(2), 2);
      case 'o', 'O' -> Numbers.whole(sign + digits.substring(2), 8);
      default -> Numbers.whole(sign + digits, 8);
    };
  }

  private static @Nullable Leaf floating(String text) {
    return switch (text) {
      case ".nan", ".NaN", ".NAN" -> Numbers.floating(Double.NaN);
      case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF" ->
          Numbers.floating(Double.POSITIVE_INFINITY);
      case "-.inf", "-.Inf", "-.INF" -> Numbers.floating(Double.NEGATIVE_INFINITY);
      default -> {
        String digits = text.replace("_", "");
        yield FLOATING.matcher(digits).matches()
            ? Numbers.floating(Double.parseDouble(digits))
            : null;
      }
    };
  }
}
