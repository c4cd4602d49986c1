package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Struct;
import dev.keyturn.template.Values.Unsigned;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Writes YAML as {@code gopkg.in/yaml.v2} does: its quotes, its folds at 80, its order of keys. */
final class YamlWriter {
  /** Where a line is folded; that of libyaml. */
  private static final int WIDTH = 80;

  private static final int STEP = 2;

  /** Numbers of YAML 1.1 in base 60, which others read as numbers. */
  private static final Pattern SIXTIES =
      Pattern.compile("[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\\.[0-9_]*)?");

  private final Budget budget;
  private final Budget.Text out;
  private int column;

  YamlWriter(Budget budget) {
    this.budget = budget;
    this.out = budget.build();
  }

  String write(@Nullable Object value) {
    switch (value) {
      case List<?> list when !list.isEmpty() -> list(list, 0);
      case Map<?, ?> map when !map.isEmpty() -> map(Values.map(map), 0);
      case Struct(String _, var fields) -> map(lower(fields), 0);
      case null, default -> scalar(value, STEP, false);
    }
    return out.done();
  }

  private static Map<String, @Nullable Object> lower(Map<String, @Nullable Object> fields) {
    var lower = new TreeMap<String, @Nullable Object>();
    fields.forEach((name, value) -> lower.put(name.toLowerCase(Locale.ROOT), value));
    return lower;
  }

  private void put(String text) {
    out.add(text);
    int line = text.lastIndexOf('\n');
    column = line < 0 ? column + Bytes.count(text) : Bytes.count(text.substring(line + 1));
  }

  private void line(int indent) {
    out.add('\n').repeat(' ', indent);
    column = indent;
  }

  /** The first item begins where we are. */
  private void list(List<?> list, int indent) {
    budget.enter();
    boolean first = true;
    for (Object item : list) {
      if (!first) {
        line(indent);
      }
      first = false;
      put("-");
      switch (item) {
        case List<?> inner when !inner.isEmpty() -> {
          put(" ");
          list(inner, indent + STEP);
        }
        case Map<?, ?> inner when !inner.isEmpty() -> {
          put(" ");
          map(Values.map(inner), indent + STEP);
        }
        case null, default -> {
          put(" ");
          scalar(item, indent + STEP, false);
        }
      }
    }
    budget.leave();
  }

  private void map(Map<String, @Nullable Object> map, int indent) {
    budget.enter();
    var sorted = new TreeMap<String, @Nullable Object>(YamlWriter::compare);
    sorted.putAll(map);
    boolean first = true;
    for (var entry : sorted.entrySet()) {
      if (!first) {
        line(indent);
      }
      first = false;
      scalar(entry.getKey(), indent + STEP, true);
      put(":");
      switch (entry.getValue()) {
        case List<?> list when !list.isEmpty() -> {
          line(indent);
          list(list, indent);
        }
        case Map<?, ?> inner when !inner.isEmpty() -> {
          line(indent + STEP);
          map(Values.map(inner), indent + STEP);
        }
        case Struct(String _, var fields) -> {
          line(indent + STEP);
          map(lower(fields), indent + STEP);
        }
        case null, default -> {
          put(" ");
          scalar(entry.getValue(), indent + STEP, false);
        }
      }
    }
    budget.leave();
  }

  /** The order of yaml.v2: what is no letter first, and numbers by their value. */
  private static int compare(String a, String b) {
    int[] x = Bytes.decode(a).codePoints().toArray();
    int[] y = Bytes.decode(b).codePoints().toArray();
    for (int i = 0; i < x.length && i < y.length; i++) {
      if (x[i] == y[i]) {
        continue;
      }
      boolean xLetter = Character.isLetter(x[i]);
      boolean yLetter = Character.isLetter(y[i]);
      if (xLetter || yLetter) {
        return xLetter && yLetter ? Integer.compare(x[i], y[i]) : xLetter ? 1 : -1;
      }
      long start = 0;
      if (x[i] == '0' || y[i] == '0') {
        for (int k = i - 1; k >= 0 && Character.isDigit(x[k]); k--) {
          if (x[k] != '0') {
            start = 1;
            break;
          }
        }
      }
      int byNumber = Long.compare(number(x, i, start), number(y, i, start));
      int byLength = Integer.compare(digits(x, i), digits(y, i));
      return byNumber != 0 ? byNumber : byLength != 0 ? byLength : Integer.compare(x[i], y[i]);
    }
    return Integer.compare(x.length, y.length);
  }

  private static int digits(int[] text, int from) {
    int to = from;
    while (to < text.length && Character.isDigit(text[to])) {
      to++;
    }
    return to;
  }

  private static long number(int[] text, int from, long start) {
    long number = start;
    for (int i = from; i < digits(text, from); i++) {
      number = 10 * number + text[i] - '0';
    }
    return number;
  }

  private void scalar(@Nullable Object value, int indent, boolean key) {
    budget.step(1);
    switch (value) {
      case null -> put("null");
      case Boolean truth -> put(truth.toString());
      case Long number -> put(number.toString());
      case Unsigned number -> put(number.toString());
      case Double number -> put(real(number));
      case JsonNumber number -> put(number(number.text()));
      case String text -> string(text, indent, key);
      case List<?> _ -> put("[]");
      case Map<?, ?> _ -> put("{}");
      default -> throw new Failure("what is of type " + Values.type(value) + " is no YAML");
    }
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return ".nan";
    }
    return Double.isInfinite(number)
        ? number > 0 ? ".inf" : "-.inf"
        : Numbers.format(number, 'g', -1);
  }

  private static String number(String text) {
    try {
      return Long.toString(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return real(Double.parseDouble(text));
    }
  }

  private void string(String text, int indent, boolean key) {
    String decoded = Bytes.decode(text);
    if (!Bytes.of(decoded).equals(text)) {
      put("!!binary " + Texts.encode(Base64.getEncoder(), text, budget));
      return;
    }
    var shape = new Shape(decoded);
    boolean reads =
        Yaml.resolve(decoded) instanceof String
            && !Yaml.isTime(decoded)
            && !SIXTIES.matcher(decoded).matches();
    if (decoded.indexOf('\n') >= 0) {
      if (shape.literal && !key) {
        literal(decoded, indent);
      } else {
        doubleQuoted(decoded, indent, !key);
      }
    } else if (!reads) {
      doubleQuoted(decoded, indent, !key);
    } else if (shape.plain) {
      plain(decoded, indent, !key);
    } else if (shape.single) {
      singleQuoted(decoded, indent, !key);
    } else {
      doubleQuoted(decoded, indent, !key);
    }
  }

  /** Which ways of writing a text has; the rules of libyaml's emitter. */
  private static final class Shape {
    final boolean plain;
    final boolean single;
    final boolean literal;

    Shape(String text) {
      boolean indicators = text.startsWith("---") || text.startsWith("...");
      boolean special = false;
      boolean breaks = false;
      boolean breakThenSpace = false;
      boolean spaceThenBreak = false;
      boolean afterSpace = false;
      boolean afterBreak = false;
      boolean blankBefore = true;
      for (int i = 0; i < text.length(); ) {
        int c = text.codePointAt(i);
        int next = i + Character.charCount(c);
        boolean blankAfter = next == text.length() || isBlank(text.charAt(next));
        indicators |= isIndicator(c, i == 0, blankBefore, blankAfter);
        special |= !isPrintable(c);
        boolean isBreak = isBreak(c);
        breaks |= isBreak;
        breakThenSpace |= c == ' ' && afterBreak;
        spaceThenBreak |= isBreak && afterSpace;
        afterSpace = c == ' ';
        afterBreak = isBreak;
        blankBefore = isBlank(c);
        i = next;
      }
      boolean outerSpace = text.startsWith(" ") || text.endsWith(" ");
      boolean outerBreak =
          !text.isEmpty() && (isBreak(text.charAt(0)) || isBreak(text.charAt(text.length() - 1)));
      boolean none = spaceThenBreak || special;
      plain = !none && !outerSpace && !outerBreak && !breakThenSpace && !breaks && !indicators;
      single = !none && !breakThenSpace;
      literal = !none && !text.endsWith(" ");
    }

    private static boolean isIndicator(
        int c, boolean first, boolean blankBefore, boolean blankAfter) {
      if (first) {
        return "#,[]{}&*!|>'\"%@`".indexOf(c) >= 0
            || ((c == '?' || c == ':' || c == '-') && blankAfter);
      }
      return (c == ':' && blankAfter) || (c == '#' && blankBefore);
    }
  }

  private static boolean isBreak(int c) {
    return c == '\n' || c == '\r' || c == 0x85 || c == 0x2028 || c == 0x2029;
  }

  private static boolean isBlank(int c) {
    return c == ' ' || c == '\t' || isBreak(c);
  }

  private static boolean isPrintable(int c) {
    return c == '\n'
        || (c >= 0x20 && c <= 0x7e)
        || c == 0x85
        || (c >= 0xa0 && c <= 0xd7ff)
        || (c >= 0xe000 && c <= 0xfffd && c != 0xfeff)
        || c >= 0x10000;
  }

  private void plain(String text, int indent, boolean folds) {
    boolean spaces = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean next = i + 1 < text.length() && text.charAt(i + 1) == ' ';
      if (c == ' ' && folds && !spaces && column > WIDTH && !next) {
        line(indent);
      } else {
        i = character(text, i);
      }
      spaces = c == ' ';
    }
  }

  /** Writes the character at an index; the index of its last char. */
  private int character(String text, int at) {
    int c = text.codePointAt(at);
    out.add(Bytes.of(c));
    column++;
    return at + Character.charCount(c) - 1;
  }

  private void singleQuoted(String text, int indent, boolean folds) {
    put("'");
    boolean spaces = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean inner = i > 0 && i + 1 < text.length() && text.charAt(i + 1) != ' ';
      if (c == ' ' && folds && !spaces && column > WIDTH && inner) {
        line(indent);
      } else {
        if (c == '\'') {
          put("'");
        }
        i = character(text, i);
      }
      spaces = c == ' ';
    }
    put("'");
  }

  private void doubleQuoted(String text, int indent, boolean folds) {
    put("\"");
    boolean spaces = false;
    for (int i = 0; i < text.length(); i++) {
      int c = text.codePointAt(i);
      if (!isPrintable(c) || c == 0xfeff || isBreak(c) || c == '"' || c == '\\') {
        put(escape(c));
        i += Character.charCount(c) - 1;
        spaces = false;
      } else if (c == ' ') {
        boolean inner = i > 0 && i + 1 < text.length();
        if (folds && !spaces && column > WIDTH && inner) {
          line(indent);
          if (text.charAt(i + 1) == ' ') {
            put("\\");
          }
        } else {
          put(" ");
        }
        spaces = true;
      } else {
        i = character(text, i);
        spaces = false;
      }
    }
    put("\"");
  }

  private static String escape(int c) {
    return switch (c) {
      case 0 -> "\\0";
      case 7 -> "\\a";
      case '\b' -> "\\b";
      case '\t' -> "\\t";
      case '\n' -> "\\n";
      case 11 -> "\\v";
      case '\f' -> "\\f";
      case '\r' -> "\\r";
      case 0x1b -> "\\e";
      case '"' -> "\\\"";
      case '\\' -> "\\\\";
      case 0x85 -> "\\N";
      case 0x2028 -> "\\L";
      case 0x2029 -> "\\P";
      default ->
          c <= 0xff
              ? "\\x%02X".formatted(c)
              : c <= 0xffff ? "\\u%04X".formatted(c) : "\\U%08X".formatted(c);
    };
  }

  private void literal(String text, int indent) {
    put("|");
    if (text.startsWith(" ") || isBreak(text.charAt(0))) {
      put(Integer.toString(STEP));
    }
    if (!text.endsWith("\n")) {
      put("-");
    } else if (text.length() == 1 || text.endsWith("\n\n")) {
      put("+");
    }
    boolean ended = text.endsWith("\n");
    String body = ended ? text.substring(0, text.length() - 1) : text;
    for (String line : body.split("\n", -1)) {
      out.add('\n');
      if (!line.isEmpty()) {
        out.repeat(' ', indent).add(Bytes.of(line));
      }
    }
    column = 0;
  }
}
