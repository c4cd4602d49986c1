package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Somebody puts a secret where its reference belongs: no message may repeat it. */
class LeakTest {
  private static final String CANARY = "canary-" + UUID.randomUUID();

  /** Shapes that a secret may have by accident, to run into every check. */
  private static Stream<String> shapes() {
    return Stream.of(
        CANARY,
        CANARY + ":x",
        "vault:" + CANARY,
        "vault:a/../" + CANARY,
        "vault:a/b?" + CANARY,
        "vault:a/b?version=" + CANARY,
        "vault:a/b?" + CANARY + "=x",
        "vault:a/b?decode=%zz" + CANARY,
        "vault:a/b#" + CANARY + "\u0007",
        "vault:a/${" + CANARY + "}",
        "${" + CANARY,
        "file:../" + CANARY,
        "file:" + CANARY + "?format=" + CANARY,
        "file:" + CANARY + ".txt#" + CANARY,
        "https://" + CANARY + "@vault",
        "https://" + CANARY + "/" + CANARY,
        "/" + CANARY + "//",
        CANARY + "," + CANARY,
        CANARY + "\n",
        "0400" + CANARY,
        "10s" + CANARY,
        "1:" + CANARY);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void noMessageRepeatsAValueOfAPlan(String value) {
    for (String key : Key.names(Key.SECRET)) {
      var secret = new HashMap<>(Map.of("from", "vault:a/b#c"));
      secret.put(key, value);
      refused(text(Map.of("address", "https://v", "role", "r"), secret));
    }
    for (String key : Key.names(Key.VAULT)) {
      var vault = new HashMap<>(Map.of("address", "https://v", "role", "r"));
      vault.put(key, value);
      refused(text(vault, Map.of("from", "vault:a/b#c")));
    }
    refused("{\"secrets\": " + quoted(value) + "}");
    refused("{\"secrets\": {\"a\": " + quoted(value) + "}}");
    refused("{\"secrets\": {\"a\": [" + quoted(value) + "]}}");
    refused("{\"secrets\": {\"a\": {\"env\": {\"A\": " + quoted(value) + "}}}}");
    refused("{\"secrets\": {\"a\": {\"containers\": [" + quoted(value) + "]}}}");
    for (String action :
        List.of(
            "{\"signal\": %s, \"port\": %s, \"timeout\": %s}",
            "{\"signal\": \"HUP\", \"process\": %s, \"x\": %s, \"method\": %s}",
            "{\"http\": %s, \"method\": %s, \"x\": %s}",
            "{\"command\": [%s, %s, %s]}")) {
      String quoted = quoted(value);
      refused(
          "{\"secrets\": {\"a\": {\"from\": \"file:a\", \"on-change\": ["
              + action.formatted(quoted, quoted, quoted)
              + "]}}}");
    }
    refused(value);
    refused("a: " + value + ": b");
    refused("a: *" + value);
    refused("a: &" + value + " &b c");
    refused("a: !" + value + " c");
    refused("%" + value + "\n--- {}");
    refused("- \"" + value);
    refused("{\"a\": " + value);
  }

  @ParameterizedTest
  @MethodSource("shapes")
  void noMessageRepeatsAValueOfAnAnnotation(String value) {
    var keys = new ArrayList<>(Key.names(Key.POD));
    Key.names(Key.SECRET).forEach(key -> keys.add(key + ".a"));
    Key.names(Key.VAULT).forEach(key -> keys.add("vault." + key));
    keys.addAll(List.of("secret.a", "unknown", "unknown.a"));
    for (String key : keys) {
      var annotations =
          new HashMap<>(
              Map.of("keyturn.dev/inject", "true", "keyturn.dev/secret.a", "vault:a/b#c"));
      annotations.put("keyturn.dev/" + key, value);
      // So that each is refused, and says why.
      annotations.put("keyturn.dev/none.such", "x");
      assertNotRepeated(
          () ->
              PodPlan.parse(
                  annotations,
                  Map.of("address", "https://v", "role", "r"),
                  Map.of("namespace", CANARY + "/")));
    }
  }

  private static void refused(String text) {
    for (String broken : List.of(text, text.replace("secrets", "secret"))) {
      try {
        Plan.parseYaml(broken);
      } catch (PlanException e) {
        assertThat(e.getMessage()).doesNotContain(CANARY);
        assertThat(e).hasNoCause();
      }
      try {
        Plan.parseJson(broken);
      } catch (PlanException e) {
        assertThat(e.getMessage()).doesNotContain(CANARY);
        assertThat(e).hasNoCause();
      }
    }
  }

  private static void assertNotRepeated(ThrowingCallable code) {
    assertThatThrownBy(code)
        .isInstanceOfSatisfying(
            PlanException.class,
            e -> assertThat(e.getMessage()).isNotEmpty().doesNotContain(CANARY))
        .hasNoCause();
  }

  private static String text(Map<String, String> vault, Map<String, String> secret) {
    return "{\"vault\": " + object(vault) + ", \"secrets\": {\"a\": " + object(secret) + "}}";
  }

  private static String object(Map<String, String> entries) {
    var text = new ArrayList<String>();
    entries.forEach((key, value) -> text.add(quoted(key) + ": " + quoted(value)));
    return "{" + String.join(", ", text) + "}";
  }

  private static String quoted(String text) {
    return '"'
        + text.replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("\n", "\\n")
            .replace("\u0007", "\\u0007")
        + '"';
  }
}
