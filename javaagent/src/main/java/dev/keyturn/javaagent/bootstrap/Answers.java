package dev.keyturn.javaagent.bootstrap;

import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What {@code java.lang.System} calls once it is transformed: each method stands in for the one
 * that System called before, with the receiver as first argument. It lives in the boot loader as
 * {@code java.lang.KeyturnAnswers}, so it knows JDK types only; the two maps are the agent's, and
 * live. They come through the system properties, for the moment of this class's initialization,
 * which needs no reflection and leaves no way in.
 */
final class Answers {
  private static final Map<String, String> ENVIRONMENT;
  private static final Map<String, String> PROPERTIES;

  static {
    @SuppressWarnings("unchecked") // put there by Boot, one line before
    Map<String, String>[] maps =
        Objects.requireNonNull(
            (Map<String, String>[]) System.getProperties().remove("keyturn.handover"));
    ENVIRONMENT = maps[0];
    PROPERTIES = maps[1];
  }

  private Answers() {}

  static @Nullable String getenv(String name) {
    return ENVIRONMENT.get(name);
  }

  static Map<String, String> getenv() {
    return ENVIRONMENT;
  }

  static @Nullable String getProperty(Properties properties, String name) {
    String answer = PROPERTIES.get(name);
    return answer != null ? answer : properties.getProperty(name);
  }

  static @Nullable String getProperty(
      Properties properties, String name, @Nullable String otherwise) {
    String answer = PROPERTIES.get(name);
    return answer != null ? answer : properties.getProperty(name, otherwise);
  }
}
