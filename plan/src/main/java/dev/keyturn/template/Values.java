package dev.keyturn.template;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the values of a template are: null, Boolean, Long, {@link Unsigned}, Double, String (see
 * {@link Bytes}), {@link JsonNumber}, List, Map with String keys, {@link Struct}, {@link Scratch}.
 */
final class Values {
  private Values() {}

  /** Go's unsigned numbers. */
  record Unsigned(long bits) {
    @Override
    public String toString() {
      return Long.toUnsignedString(bits);
    }
  }

  /** A number of a secret, as it is written there: a string to everything but JSON and YAML. */
  record JsonNumber(String text) {}

  /** A structure of Go's; its fields in their order. */
  record Struct(String type, Map<String, @Nullable Object> fields) {}

  /** Go's {@code map[string]string}: what is not there is an empty string. */
  static final class TextMap extends TreeMap<String, Object> {
    private static final long serialVersionUID = 1L;
  }

  static boolean isTrue(@Nullable Object value) {
    return switch (value) {
      case null -> false;
      case Boolean truth -> truth;
      case Long number -> number != 0;
      case Unsigned number -> number.bits() != 0;
      case Double number -> number != 0;
      case String text -> !text.isEmpty();
      case JsonNumber number -> !number.text().isEmpty();
      case List<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  /** The name of a value's type, as Go has it. */
  static String type(@Nullable Object value) {
    return switch (value) {
      case null -> "<nil>";
      case Boolean _ -> "bool";
      case Long _ -> "int";
      case Unsigned _ -> "uint64";
      case Double _ -> "float64";
      case String _ -> "string";
      case JsonNumber _ -> "json.Number";
      case List<?> _ -> "[]interface {}";
      case TextMap _ -> "map[string]string";
      case Map<?, ?> _ -> "map[string]interface {}";
      case Struct struct -> struct.type();
      default -> "*template.Scratch";
    };
  }

  /** A list of which only this class knows that its elements are values. */
  @SuppressWarnings("unchecked")
  static List<@Nullable Object> list(List<?> list) {
    return (List<@Nullable Object>) list;
  }

  /** The same for maps, whose keys are strings. */
  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> map(Map<?, ?> map) {
    return (Map<String, @Nullable Object>) map;
  }
}
