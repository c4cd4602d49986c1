package dev.keyturn.template;

import dev.keyturn.template.Values.JsonNumber;
import dev.keyturn.template.Values.Unsigned;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of one call. */
record Arguments(String function, List<@Nullable Object> values) {
  int count() {
    return values.size();
  }

  @Nullable Object any(int index) {
    return values.get(index);
  }

  String text(int index) {
    if (values.get(index) instanceof String text) {
      return text;
    }
    throw bad(index, "a string");
  }

  /** A 32 bit number, which is as large as any that is of use. */
  int integer(int index) {
    if (values.get(index) instanceof Long number) {
      return Math.clamp(number, Integer.MIN_VALUE, Integer.MAX_VALUE);
    }
    throw bad(index, "an integer");
  }

  List<@Nullable Object> list(int index) {
    if (values.get(index) instanceof List<?> list) {
      return Values.list(list);
    }
    throw bad(index, "a list");
  }

  Map<String, @Nullable Object> map(int index) {
    if (values.get(index) instanceof Map<?, ?> map) {
      return Values.map(map);
    }
    throw bad(index, "a map");
  }

  private Failure bad(int index, String wanted) {
    Object value = values.get(index);
    String given =
        switch (value) {
          case null -> "nothing: is the key that it comes from there?";
          case JsonNumber _ -> "a number as a secret holds it: use print to make it a string";
          case Long _, Unsigned _, Double _ -> "a number";
          default -> "of type " + Values.type(value);
        };
    return new Failure(
        "'"
            + function
            + "' takes "
            + wanted
            + " as argument "
            + (index + 1)
            + ", and this is "
            + given,
        index);
  }
}
