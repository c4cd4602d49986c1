package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Unsigned;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** TOML as consul-template writes it, by {@code github.com/BurntSushi/toml} 1.5. */
final class Toml {
  private final Budget budget;
  private final Budget.Text out;

  private Toml(Budget budget) {
    this.budget = budget;
    this.out = budget.build();
  }

  /**
   * @param value a map in most cases; what is none is written as a value of TOML
   */
  static String write(@Nullable Object value, Budget budget) {
    var toml = new Toml(budget);
    if (value instanceof Map<?, ?> map) {
      toml.table(Values.map(map), List.of());
    } else if (value instanceof List<?> list && isTables(list)) {
      throw new Failure("'toTOML' takes a map: a list of maps needs a key");
    } else {
      toml.value(value);
    }
    return Texts.trimSpace(toml.out.done());
  }

  /** What is no table goes first: a later line would be part of the table before it. */
  private void table(Map<String, @Nullable Object> map, List<String> key) {
    budget.enter();
    var tables = new TreeMap<String, Object>();
    for (var entry : new TreeMap<>(map).entrySet()) {
      Object value = entry.getValue();
      if (isTable(value)) {
        tables.put(entry.getKey(), value);
      } else if (value != null) {
        out.repeat(' ', 2 * key.size()).add(quoted(entry.getKey())).add(" = ");
        value(value);
        out.add('\n');
      }
    }
    for (var entry : tables.entrySet()) {
      var below = new ArrayList<>(key);
      below.add(entry.getKey());
      if (entry.getValue() instanceof Map<?, ?> inner) {
        head(below, "[", "]", key.isEmpty());
        table(Values.map(inner), below);
      } else if (entry.getValue() instanceof List<?> list) {
        for (Object element : list) {
          head(below, "[[", "]]", true);
          table(Values.map((Map<?, ?>) element), below);
        }
      }
    }
    budget.leave();
  }

  private void head(List<String> key, String open, String close, boolean apart) {
    if (apart && out.length() > 0) {
      out.add('\n');
    }
    out.repeat(' ', 2 * (key.size() - 1)).add(open);
    String dot = "";
    for (String part : key) {
      out.add(dot).add(quoted(part));
      dot = ".";
    }
    out.add(close).add('\n');
  }

  private void value(@Nullable Object value) {
    budget.step(1);
    switch (value) {
      case Boolean truth -> out.add(truth.toString());
      case Long number -> out.add(number.toString());
      case Unsigned number -> out.add(number.toString());
      case Double number -> out.add(real(number));
      case JsonNumber number -> out.add(number(number.text()));
      case String text -> out.add(string(text));
      case List<?> list -> {
        budget.enter();
        isTables(list); // refuses what is not there
        String separator = "[";
        for (Object element : list) {
          out.add(separator);
          value(element);
          separator = ", ";
        }
        out.add(list.isEmpty() ? "[]" : "]");
        budget.leave();
      }
      case Map<?, ?> map -> inline(Values.map(map));
      case null -> throw new Failure("'toTOML': TOML has nothing for what is not there");
      default -> throw new Failure("what is of type " + Values.type(value) + " is no TOML");
    }
  }

  private void inline(Map<String, @Nullable Object> map) {
    budget.enter();
    var tables = new TreeMap<String, Object>();
    var others = new TreeMap<String, @Nullable Object>();
    map.forEach(
        (key, value) -> {
          if (isTable(value)) {
            tables.put(key, value);
          } else {
            others.put(key, value);
          }
        });
    out.add('{');
    inline(others, !tables.isEmpty());
    inline(tables, false);
    out.add('}');
    budget.leave();
  }

  private void inline(Map<String, ? extends @Nullable Object> map, boolean more) {
    int left = map.size();
    for (var entry : map.entrySet()) {
      left--;
      if (entry.getValue() != null) {
        out.add(quoted(entry.getKey())).add(" = ");
        value(entry.getValue());
        out.add(more || left > 0 ? ", " : "");
      }
    }
  }

  private static boolean isTable(@Nullable Object value) {
    return value instanceof Map<?, ?> || (value instanceof List<?> list && isTables(list));
  }

  private static boolean isTables(List<?> list) {
    boolean all = !list.isEmpty();
    for (Object element : list) {
      if (element == null) {
        throw new Failure("'toTOML': a list of TOML has no element that is not there");
      }
      all &= element instanceof Map<?, ?>;
    }
    return all;
  }

  private static String number(String text) {
    if (text.isEmpty()) {
      return "0";
    }
    try {
      return Long.toString(Long.parseLong(text));
    } catch (NumberFormatException e) {
      return real(new BigDecimal(text).doubleValue());
    }
  }

  private static String real(double number) {
    if (Double.isNaN(number)) {
      return "nan";
    }
    if (Double.isInfinite(number)) {
      return number < 0 ? "-inf" : "inf";
    }
    String text = Numbers.format(number, 'f', -1);
    return text.indexOf('.') < 0 ? text + ".0" : text;
  }

  private static String quoted(String key) {
    boolean bare = !key.isEmpty();
    for (int i = 0; bare && i < key.length(); i++) {
      char c = key.charAt(i);
      bare =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || c == '_'
              || c == '-';
    }
    return bare ? key : string(key);
  }

  private static String string(String text) {
    var quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> quoted.append("\\\"");
        case '\\' -> quoted.append("\\\\");
        case '\b' -> quoted.append("\\b");
        case '\t' -> quoted.append("\\t");
        case '\n' -> quoted.append("\\n");
        case '\f' -> quoted.append("\\f");
        case '\r' -> quoted.append("\\r");
        default -> {
          if (c < ' ' || c == 0x7f) {
            quoted.append("\\u%04x".formatted((int) c));
          } else {
            quoted.append(c);
          }
        }
      }
    }
    return quoted.append('"').toString();
  }
}
