package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Struct;
import dev.keyturn.template.Values.Unsigned;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** JSON as Go's {@code encoding/json} reads and writes it. */
final class Json {
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(200)
                  .maxNumberLength(1000)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private Json() {}

  /**
   * Reads a value.
   *
   * @param text not bytes
   * @param asWritten whether numbers stay as they are written, as in a secret
   */
  static @Nullable Object read(String text, boolean asWritten, Budget budget) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        throw new Failure("this is no JSON: it is empty");
      }
      Object value = value(parser, asWritten, budget);
      if (parser.nextToken() != null) {
        throw new Failure("this is no JSON: something follows its end");
      }
      return value;
    } catch (JacksonException e) {
      // Jackson's own message quotes the input.
      throw new Failure("this is no JSON, or nested deeper than 200 levels");
    }
  }

  private static @Nullable Object value(JsonParser parser, boolean asWritten, Budget budget) {
    budget.step(1);
    JsonToken token = parser.currentToken();
    return switch (token) {
      case START_OBJECT -> {
        var map = new TreeMap<String, @Nullable Object>();
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
          parser.nextToken();
          map.put(Bytes.of(key), value(parser, asWritten, budget));
        }
        yield map;
      }
      case START_ARRAY -> {
        var list = new ArrayList<@Nullable Object>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          list.add(value(parser, asWritten, budget));
        }
        yield list;
      }
      case VALUE_STRING -> Bytes.of(parser.getString());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> number(parser.getString(), asWritten);
    };
  }

  private static Object number(String text, boolean asWritten) {
    if (asWritten) {
      return new JsonNumber(text);
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw new Failure("this JSON holds a number that is too large");
    }
    return value;
  }

  /**
   * Writes a value.
   *
   * @param pretty whether each element gets a line, two blanks deeper than what it is in
   * @param escapesHtml whether {@code <}, {@code >} and {@code &} are escaped
   */
  static String write(@Nullable Object value, boolean pretty, boolean escapesHtml, Budget budget) {
    var writer = new Writer(pretty, escapesHtml, budget);
    writer.value(value, 0);
    return writer.out.done();
  }

  private static final class Writer {
    final boolean pretty;
    final boolean escapesHtml;
    final Budget budget;
    final Budget.Text out;

    Writer(boolean pretty, boolean escapesHtml, Budget budget) {
      this.pretty = pretty;
      this.escapesHtml = escapesHtml;
      this.budget = budget;
      this.out = budget.build();
    }

    void value(@Nullable Object value, int depth) {
      budget.step(1);
      switch (value) {
        case null -> out.add("null");
        case Boolean truth -> out.add(truth.toString());
        case Long number -> out.add(number.toString());
        case Unsigned number -> out.add(number.toString());
        case Double number -> out.add(real(number));
        case JsonNumber number -> out.add(number.text());
        case String text -> string(text);
        case List<?> list -> list(list, depth);
        case Map<?, ?> map -> map(new TreeMap<>(Values.map(map)), depth);
        case Struct(String _, var fields) -> map(fields, depth);
        default -> throw new Failure("what is of type " + Values.type(value) + " is no JSON");
      }
    }

    private void list(List<?> list, int depth) {
      budget.enter();
      out.add('[');
      String separator = "";
      for (Object element : list) {
        out.add(separator);
        line(depth + 1);
        value(element, depth + 1);
        separator = ",";
      }
      if (!list.isEmpty()) {
        line(depth);
      }
      out.add(']');
      budget.leave();
    }

    private void map(Map<String, @Nullable Object> map, int depth) {
      budget.enter();
      out.add('{');
      String separator = "";
      for (var entry : map.entrySet()) {
        out.add(separator);
        line(depth + 1);
        string(entry.getKey());
        out.add(pretty ? ": " : ":");
        value(entry.getValue(), depth + 1);
        separator = ",";
      }
      if (!map.isEmpty()) {
        line(depth);
      }
      out.add('}');
      budget.leave();
    }

    private void line(int depth) {
      if (pretty) {
        out.add('\n').repeat(' ', 2 * depth);
      }
    }

    private static String real(double number) {
      if (Double.isNaN(number) || Double.isInfinite(number)) {
        throw new Failure("a number that is infinite, or none, is no JSON");
      }
      double size = Math.abs(number);
      boolean plain = size == 0 || (size >= 1e-6 && size < 1e21);
      String text = Numbers.format(number, plain ? 'f' : 'e', -1);
      // e-09 becomes e-9.
      int e = text.indexOf("e-0");
      return e < 0 ? text : text.substring(0, e + 2) + text.substring(e + 3);
    }

    private void string(String text) {
      out.add('"');
      for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
        int c = Bytes.codePoint(text, i);
        switch (c) {
          case '"' -> out.add("\\\"");
          case '\\' -> out.add("\\\\");
          case '\n' -> out.add("\\n");
          case '\r' -> out.add("\\r");
          case '\t' -> out.add("\\t");
          case '\b' -> out.add("\\b");
          case '\f' -> out.add("\\f");
          case -1 -> out.add("\\ufffd");
          case '<', '>', '&' -> out.add(escapesHtml ? escape(c) : Character.toString(c));
          case 0x2028, 0x2029 -> out.add(escape(c));
          default -> out.add(c < ' ' ? escape(c) : Bytes.of(c));
        }
      }
      out.add('"');
    }

    private static String escape(int c) {
      String hex = Integer.toHexString(c);
      return "\\u" + "0".repeat(4 - hex.length()) + hex;
    }
  }
}
