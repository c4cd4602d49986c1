package dev.keyturn.webhook.admission;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Appends the agent to the options that a container's JVMs read from their environment. */
final class JavaOptions {
  private static final String NAME = "JAVA_TOOL_OPTIONS";

  private JavaOptions() {}

  /**
   * Appends the agent, unless it is there.
   *
   * @param acknowledges whether it says what it uses
   * @param options of the agent, besides; checked
   * @return what stands in the way, or null
   */
  static @Nullable String add(
      ObjectNode container, String mountPath, boolean acknowledges, String options) {
    if (mountPath.chars().anyMatch(c -> Character.isWhitespace(c) || c == '\'' || c == '"')) {
      // The JVM splits the variable at blanks and takes quotes away.
      return "the mount path has blanks or quotes, which no JVM option can carry: choose another";
    }
    String agent = "-javaagent:" + Injection.AGENT_DIRECTORY + "/keyturn-javaagent.jar";
    String option =
        agent
            + "=mount="
            + literally(mountPath)
            + (acknowledges ? ",acknowledge=" + Injection.ACKNOWLEDGE_DIRECTORY : "")
            + (options.isEmpty() ? "" : "," + options);
    ObjectNode variable = null;
    for (ObjectNode there : Pod.elements(container, "env")) {
      if (there.path("name").asString("").equals(NAME)) {
        variable = there; // of several, the last one counts
      }
    }
    if (variable == null) {
      container.withArrayProperty("env").addObject().put("name", NAME).put("value", option);
      return null;
    }
    if (variable.path("valueFrom") instanceof ObjectNode) {
      return "its "
          + NAME
          + " comes from somewhere else (valueFrom), so nothing can be appended to it: write it as"
          + " a value, or leave the agent to other containers (keyturn.dev/java-agent-containers)";
    }
    String value = variable.path("value").asString("");
    if (!value.contains(agent)) {
      variable.put("value", value.isBlank() ? option : value + " " + option);
    }
    return null;
  }

  /** Whether the variable may have come from elsewhere, and doesn't any more. */
  static boolean mayHideOthers(ObjectNode container) {
    JsonNode envFrom = container.path("envFrom");
    if (envFrom.isEmpty()) {
      return false;
    }
    return Pod.elements(container, "env").stream()
        .filter(there -> there.path("name").asString("").equals(NAME))
        .allMatch(there -> there.path("value").asString("").startsWith("-javaagent:/keyturn/"));
  }

  /**
   * A text that the kubelet leaves as it is: it replaces {@code $(NAME)} in a variable's value, and
   * {@code $$} stands for one {@code $} (Kubernetes, "Define dependent environment variables").
   */
  static String literally(String text) {
    return text.replace("$", "$$");
  }
}
