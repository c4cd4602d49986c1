package dev.keyturn.webhook.missed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.webhook.kubernetes.FakeApiServer;
import dev.keyturn.webhook.log.TestLog;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class MissedPodsTest {
  private static final String PODS = "/api/v1/pods";
  private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

  @TempDir private Path directory;
  private FakeApiServer api;
  private final TestLog log = new TestLog();
  private final List<Map<String, Integer>> counts = new ArrayList<>();

  @BeforeEach
  void start() throws Exception {
    api = new FakeApiServer(directory);
  }

  @AfterEach
  void stop() {
    api.close();
  }

  @ParameterizedTest
  @CsvSource({
    "true,  '{\"keyturn.dev/inject\": \"true\"}'",
    "true,  '{\"keyturn.dev/secret.db\": \"vault:secret/db\"}'",
    "true,  '{\"keyturn.dev/injct\": \"true\"}'",
    "true,  '{\"keyturn.dev/inject\": \"true\", \"keyturn.dev/status\": \"forged\"}'",
    "false, '{\"keyturn.dev/inject\": \"true\", \"keyturn.dev/status\": \"injected\"}'",
    "false, '{\"keyturn.dev/inject\": \"false\", \"keyturn.dev/secret.db\": \"vault:x\"}'",
    "false, '{\"keyturn.dev/refresh\": \"build 7\"}'", // kubectl annotate pods --all
    "false, '{\"example.com/inject\": \"true\"}'",
    "false, '{}'",
  })
  void aPodThatAsksAndWasNotInjectedIsMissed(boolean missed, String annotations) {
    JsonNode metadata = metadata("a", annotations);
    assertThat(MissedPod.of(metadata, false).isPresent()).isEqualTo(missed);
  }

  @ParameterizedTest
  @CsvSource({
    "true,  true,  '{\"vault.hashicorp.com/agent-inject\": \"true\"}'",
    "false, false, '{\"vault.hashicorp.com/agent-inject\": \"true\"}'", // the other webhook's
    "false, true,  '{\"vault.hashicorp.com/agent-inject\": \"false\"}'",
    "false, true,  '{\"vault.hashicorp.com/agent-inject-secret-a\": \"secret/a\"}'",
    "false, true,  '{\"vault.hashicorp.com/agent-inject\": \"true\","
        + " \"vault.hashicorp.com/agent-inject-status\": \"injected\"}'",
    "false, true,  '{\"vault.hashicorp.com/agent-inject\": \"true\","
        + " \"keyturn.dev/inject\": \"false\"}'",
  })
  void onesOfVaultAgentInjectorAreMissedWhereTheyAreAnswered(
      boolean missed, boolean vaultAnnotations, String annotations) {
    JsonNode metadata = metadata("a", annotations);
    assertThat(MissedPod.of(metadata, vaultAnnotations).isPresent()).isEqualTo(missed);
  }

  @Test
  void theyAreCountedByNamespaceAndEachHasAnEventThatSaysWhatToDo() throws Exception {
    api.put(
        PODS,
        list("next", metadata("one", "{\"keyturn.dev/inject\": \"true\"}"), metadata("two", "{}")));
    api.meanwhile.add(() -> {});
    api.meanwhile.add(
        () ->
            api.put(
                PODS,
                list("", metadata("three", "{\"vault.hashicorp.com/agent-inject\": \"true\"}"))));
    missedPods(NOW).look();
    assertThat(counts).containsExactly(Map.of("shop", 2));
    ObjectNode event =
        api.objects.get("/api/v1/namespaces/shop/events/keyturn-not-injected-uid-of-three");
    assertThat(event.path("type").asString()).isEqualTo("Warning");
    assertThat(event.path("reason").asString()).isEqualTo("NotInjected");
    assertThat(event.path("message").asString()).contains("runs without them", "Delete it");
    assertThat(event.at("/involvedObject/name").asString()).isEqualTo("three");
    assertThat(event.at("/involvedObject/uid").asString()).isEqualTo("uid-of-three");
    assertThat(event.path("firstTimestamp").asString()).isEqualTo("2030-01-01T00:00:00Z");
    assertThat(log.lines()).hasSize(1);
    assertThat(log.text()).contains("missed-pods", "{shop=2}");
  }

  @Test
  void anotherReplicaAndAnotherLookSayNothingTwice() throws Exception {
    api.put(PODS, list("", metadata("one", "{\"keyturn.dev/inject\": \"true\"}")));
    var replica = missedPods(NOW);
    replica.look();
    replica.look();
    missedPods(NOW).look();
    assertThat(api.calls)
        .containsExactly(
            "GET " + PODS,
            "POST /api/v1/namespaces/shop/events",
            "GET " + PODS,
            "GET " + PODS,
            "POST /api/v1/namespaces/shop/events"); // which is there: that is no failure
    assertThat(log.text()).doesNotContain("not-looked-for");
  }

  @Test
  void whenTheyAreGoneTheCountIs() throws Exception {
    api.put(PODS, list("", metadata("one", "{\"keyturn.dev/inject\": \"true\"}")));
    var replica = missedPods(NOW);
    replica.look();
    api.put(PODS, list(""));
    replica.look();
    assertThat(counts).containsExactly(Map.of("shop", 1), Map.of());
  }

  @Test
  void aRefusalIsToldOnceAndWithWhatIsLacking() throws Exception {
    api.status = 403;
    var replica = missedPods(NOW);
    replica.look();
    replica.look();
    assertThat(log.lines()).hasSize(1);
    assertThat(log.text()).contains("missed-pods-not-looked-for", "403", "role");
  }

  private MissedPods missedPods(Instant now) throws Exception {
    return new MissedPods(
        api.client(),
        true,
        Duration.ofMinutes(5),
        counts::add,
        log.log(),
        Clock.fixed(now, ZoneOffset.UTC));
  }

  private static ObjectNode metadata(String name, String annotations) {
    ObjectNode metadata = JsonMapper.shared().createObjectNode();
    metadata.put("namespace", "shop").put("name", name).put("uid", "uid-of-" + name);
    metadata.put("creationTimestamp", "2029-12-31T00:00:00Z");
    metadata.set("annotations", JsonMapper.shared().readTree(annotations));
    return metadata;
  }

  private static ObjectNode list(String next, ObjectNode... pods) {
    ObjectNode list = JsonMapper.shared().createObjectNode();
    list.putObject("metadata").put("continue", next);
    var items = list.putArray("items");
    for (ObjectNode pod : pods) {
      items.addObject().set("metadata", pod);
    }
    return list;
  }
}
