package dev.keyturn.javaagent.bootstrap;

import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * What {@code java.lang.System} calls once it is transformed: each method stands in for the one
 * that System called before, with the receiver as first argument. It lives in the boot loader as
 * {@code java.lang.KeyturnAnswers}, so it knows JDK types only; the two maps are the agent's, and
 * live.
 */
final class Answers {
  private static final Map<String, String> ENVIRONMENT;
  private static final Map<String, String> PROPERTIES;

  static {
    Object[] handed =
        Objects.requireNonNull((Object[]) System.getProperties().remove("keyturn.handover"));
    @SuppressWarnings("unchecked") // Boot put them there one line before
    Map<String, String> environment = (Map<String, String>) handed[0];
    @SuppressWarnings("unchecked")
    Map<String, String> properties = (Map<String, String>) handed[1];
    ENVIRONMENT = environment;
    PROPERTIES = properties;
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
