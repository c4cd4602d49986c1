package dev.keyturn.template;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The notes that a template keeps while it is rendered. */
final class Scratch {
  private final Map<String, @Nullable Object> notes = new TreeMap<>();

  /** Whether there is such a method, and takes so many arguments. */
  static void check(String method, int arguments) {
    int wanted =
        switch (method) {
          case "Key", "Get", "MapValues" -> 1;
          case "Set", "SetX" -> 2;
          case "MapSet", "MapSetX" -> 3;
          default ->
              throw new Failure(
                  "'scratch' has Key, Get, Set, SetX, MapSet, MapSetX and MapValues, and not this");
        };
    if (arguments != wanted) {
      throw new Failure(
          "'" + method + "' takes " + wanted + " arguments, and this is " + arguments);
    }
  }

  /** Calls a method that was checked. */
  @Nullable Object call(String method, Arguments arguments) {
    String key = arguments.text(0);
    return switch (method) {
      case "Key" -> notes.containsKey(key);
      case "Get" -> notes.get(key);
      case "Set" -> set(notes, key, arguments.any(1), true);
      case "SetX" -> set(notes, key, arguments.any(1), false);
      case "MapSet" -> set(map(key), arguments.text(1), arguments.any(2), true);
      case "MapSetX" -> set(map(key), arguments.text(1), arguments.any(2), false);
      default ->
          notes.get(key) instanceof Map<?, ?> map
              ? new ArrayList<>(new TreeMap<>(Values.map(map)).values())
              : List.of();
    };
  }

  /** Nothing is to be written where it is called. */
  private static String set(
      Map<String, @Nullable Object> map, String key, @Nullable Object value, boolean replaces) {
    if (replaces || !map.containsKey(key)) {
      map.put(key, value);
    }
    return "";
  }

  private Map<String, @Nullable Object> map(String key) {
    if (!notes.containsKey(key)) {
      notes.put(key, new TreeMap<String, Object>());
    }
    if (notes.get(key) instanceof Map<?, ?> map) {
      return Values.map(map);
    }
    throw new Failure("this note of 'scratch' is no map");
  }
}
