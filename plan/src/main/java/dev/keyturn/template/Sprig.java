package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The functions of Sprig 3.3 that people write in templates of secrets: those that depend on
 * nothing but their arguments, and that consul-template's own have no other name for.
 */
final class Sprig {
  static final String PREFIX = "sprig_";

  /** By those that are not here, what is instead. */
  private static final Map<String, String> INSTEAD =
      Map.ofEntries(
          Map.entry("add", "add"),
          Map.entry("sub", "subtract"),
          Map.entry("mul", "multiply"),
          Map.entry("div", "divide"),
          Map.entry("mod", "modulo"),
          Map.entry("max", "maximum"),
          Map.entry("min", "minimum"),
          Map.entry("fromJson", "parseJSON"),
          Map.entry("mustFromJson", "parseJSON"),
          Map.entry("mustToJson", "sprig_toJson"),
          Map.entry("toPrettyJson", "toJSONPretty"),
          Map.entry("mustToPrettyJson", "toJSONPretty"),
          Map.entry("toRawJson", "toUnescapedJSON"),
          Map.entry("mustToRawJson", "toUnescapedJSON"),
          Map.entry("regexMatch", "regexMatch"),
          Map.entry("regexReplaceAll", "regexReplaceAll"),
          Map.entry("title", "toTitle"),
          Map.entry("atoi", "parseInt"),
          Map.entry("int", "parseInt"),
          Map.entry("int64", "parseInt"),
          Map.entry("float64", "parseFloat"),
          Map.entry("keys", "range, which has a map's keys in their order,"),
          Map.entry("values", "range"),
          Map.entry("dig", "index"),
          Map.entry("merge", "mergeMap"),
          Map.entry("mergeOverwrite", "mergeMapWithOverride"),
          Map.entry("until", "loop"),
          Map.entry("split", "sprig_splitList"),
          Map.entry("substr", "slice"),
          Map.entry("slice", "slice"));

  private Sprig() {}

  /** Why a function is not here. */
  static String refusal(String name) {
    String instead = INSTEAD.get(name.substring(PREFIX.length()));
    return instead == null
        ? "is of the Sprig library, of which only those functions are here that"
            + " docs/templates.md names: use one of them"
        : "is of the Sprig library, and not here: use " + instead;
  }

  /**
   * @param name without {@link #PREFIX}
   */
  static @Nullable Object call(Execution run, String name, Arguments in) {
    Budget budget = run.budget();
    return switch (name) {
      case "default" -> in.count() == 1 || isEmpty(in.any(1)) ? in.any(0) : in.any(1);
      case "empty" -> isEmpty(in.any(0));
      case "coalesce" -> in.values().stream().filter(v -> !isEmpty(v)).findFirst().orElse(null);
      case "ternary" -> {
        if (!(in.any(2) instanceof Boolean truth)) {
          throw new Failure("'sprig_ternary' takes true or false as its last argument", 2);
        }
        yield truth ? in.any(0) : in.any(1);
      }
      case "fail" -> throw new Failure("the template says so, by 'sprig_fail'");
      case "list" -> new ArrayList<>(in.values());
      case "dict" -> dict(budget, in);
      case "get" -> {
        Object value = in.map(0).get(in.text(1));
        yield value == null && !in.map(0).containsKey(in.text(1)) ? "" : value;
      }
      case "hasKey" -> in.map(0).containsKey(in.text(1));
      case "first" -> list(in, 0).isEmpty() ? null : list(in, 0).getFirst();
      case "last" -> list(in, 0).isEmpty() ? null : list(in, 0).getLast();
      case "has" ->
          in.any(1) != null
              && list(in, 1).stream().anyMatch(element -> Objects.equals(element, in.any(0)));
      case "join" -> join(budget, in.text(0), in.any(1));
      case "quote" -> quote(budget, in, "%q");
      case "squote" -> quote(budget, in, "'%v'");
      case "toString" -> text(budget, in.any(0));
      case "toJson" -> Json.write(in.any(0), false, true, budget);
      default -> ofText(budget, name, in);
    };
  }

  private static Object ofText(Budget budget, String name, Arguments in) {
    return switch (name) {
      case "upper" -> Texts.map(in.text(0), Character::toUpperCase, budget);
      case "lower" -> Texts.map(in.text(0), Character::toLowerCase, budget);
      case "trim" -> Texts.trimSpace(in.text(0));
      case "trimAll" -> Texts.trim(in.text(1), in.text(0));
      case "trimPrefix" -> Texts.withoutPrefix(in.text(0), in.text(1));
      case "trimSuffix" -> Texts.withoutSuffix(in.text(0), in.text(1));
      case "contains" -> in.text(1).contains(in.text(0));
      case "hasPrefix" -> in.text(1).startsWith(in.text(0));
      case "hasSuffix" -> in.text(1).endsWith(in.text(0));
      case "replace" -> Texts.replaceAll(in.text(0), in.text(1), in.text(2), budget);
      case "splitList" -> splitList(budget, in.text(0), in.text(1));
      case "repeat" -> repeat(budget, in.integer(0), in.text(1));
      case "trunc" -> trunc(in.integer(0), in.text(1));
      case "indent" -> indent(budget, in.integer(0), in.text(1));
      case "nindent" -> "\n" + indent(budget, in.integer(0), in.text(1));
      case "b64enc" -> Texts.encode(Base64.getEncoder(), in.text(0), budget);
      case "b64dec" -> Texts.decode("sprig_b64dec", Base64.getDecoder(), in.text(0), budget);
      case "sha256sum" -> Texts.digest("SHA-256", in.text(0));
      default -> throw new IllegalStateException("a function without code");
    };
  }

  /** A list; of what is none Sprig says so itself, and not Go, so that the call is at fault. */
  private static List<@Nullable Object> list(Arguments in, int index) {
    if (in.any(index) instanceof List<?> list) {
      return Values.list(list);
    }
    throw new Failure("'" + in.function() + "' takes a list");
  }

  private static boolean isEmpty(@Nullable Object value) {
    return !Values.isTrue(value);
  }

  private static Map<String, @Nullable Object> dict(Budget budget, Arguments in) {
    var dict = new TreeMap<String, @Nullable Object>();
    for (int i = 0; i < in.count(); i += 2) {
      dict.put(text(budget, in.any(i)), i + 1 < in.count() ? in.any(i + 1) : "");
    }
    return dict;
  }

  /** A value as a string. */
  private static String text(Budget budget, @Nullable Object value) {
    return switch (value) {
      case String text -> text;
      case JsonNumber number -> number.text();
      case null, default -> {
        var values = new ArrayList<@Nullable Object>();
        values.add(value);
        yield formatted(budget, "%v", values);
      }
    };
  }

  private static String formatted(Budget budget, String format, List<@Nullable Object> values) {
    var text = budget.build();
    new Format(budget, text).printf(format, values);
    return text.done();
  }

  private static String quote(Budget budget, Arguments in, String format) {
    var out = budget.build();
    String separator = "";
    for (Object value : in.values()) {
      if (value != null) {
        var one = new ArrayList<@Nullable Object>();
        one.add(text(budget, value));
        out.add(separator).add(formatted(budget, format, one));
        separator = " ";
      }
    }
    return out.done();
  }

  private static String join(Budget budget, String separator, @Nullable Object parts) {
    List<@Nullable Object> list = new ArrayList<>();
    if (parts instanceof List<?> many) {
      list = Values.list(many);
    } else if (parts != null) {
      list.add(parts);
    }
    var out = budget.build();
    boolean first = true;
    for (Object part : list) {
      budget.step(1);
      if (part != null) {
        out.add(first ? "" : separator).add(text(budget, part));
        first = false;
      }
    }
    return out.done();
  }

  private static List<@Nullable Object> splitList(Budget budget, String separator, String text) {
    var parts = new ArrayList<@Nullable Object>();
    int at = 0;
    while (at < text.length() || !separator.isEmpty()) {
      budget.step(1);
      int end = separator.isEmpty() ? at + Bytes.size(text, at) : text.indexOf(separator, at);
      if (end < 0) {
        parts.add(text.substring(at));
        break;
      }
      parts.add(text.substring(at, end));
      at = end + separator.length();
    }
    return parts;
  }

  private static String repeat(Budget budget, int count, String text) {
    if (count < 0) {
      throw new Failure("'sprig_repeat' takes no negative number", 0);
    }
    var out = budget.build();
    for (int i = 0; i < count && !text.isEmpty(); i++) {
      out.add(text);
    }
    return out.done();
  }

  private static String trunc(int length, String text) {
    if (length < 0) {
      return text.substring(Math.max(0, text.length() + length));
    }
    return text.substring(0, Math.min(length, text.length()));
  }

  private static String indent(Budget budget, int spaces, String text) {
    if (spaces < 0) {
      throw new Failure("'sprig_indent' takes no negative number", 0);
    }
    var out = budget.build().repeat(' ', spaces);
    for (int i = 0; i < text.length(); i++) {
      out.add(text.charAt(i));
      if (text.charAt(i) == '\n') {
        out.repeat(' ', spaces);
      }
    }
    return out.done();
  }
}
