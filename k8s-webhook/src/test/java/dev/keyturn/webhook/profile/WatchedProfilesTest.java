package dev.keyturn.webhook.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.PlanException;
import dev.keyturn.webhook.kubernetes.FakeApiServer;
import dev.keyturn.webhook.log.TestLog;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

@Timeout(60)
class WatchedProfilesTest {
  @TempDir private Path directory;
  private final TestLog log = new TestLog();
  private final AtomicLong nanoTime = new AtomicLong();
  private FakeApiServer api;
  private Path file;
  private WatchedProfiles profiles;

  @BeforeEach
  void start() throws Exception {
    api = new FakeApiServer(directory);
    api.put("/api/v1/namespaces/dev", namespace("dev", ""));
    api.put("/api/v1/namespaces/shop", namespace("shop", "production"));
    file = Files.writeString(directory.resolve("profiles.yaml"), "production: {audience: one}");
    profiles = follow();
  }

  @AfterEach
  void stop() {
    profiles.close();
    api.namespaceEvents.add(JsonMapper.shared().createObjectNode());
    api.close();
  }

  private WatchedProfiles follow() throws Exception {
    return new WatchedProfiles(
        file,
        Map.of(),
        api.client(),
        log.log(),
        nanoTime::get,
        Duration.ofMillis(20),
        Duration.ofSeconds(30));
  }

  @Test
  void aNamespaceHasTheProfileThatItsLabelNamesNow() throws Exception {
    assertThat(profiles.of("shop").name()).isEqualTo("production");
    assertThat(profiles.of("dev")).isEqualTo(Profile.NONE);

    tell("MODIFIED", namespace("dev", "production"));
    until(() -> profiles.of("dev").name().equals("production"));
    tell("ADDED", namespace("new", "production"));
    until(() -> knows("new"));
    tell("DELETED", namespace("shop", "production"));
    until(() -> !knows("shop"));
    assertThatThrownBy(() -> profiles.of("shop"))
        .isInstanceOf(ProfileException.class)
        .hasMessageContaining("try again");
  }

  @Test
  void aNamespacesAnnotationsAreFollowedAndOnesThatAreNotForNamespacesAreRefused()
      throws Exception {
    ObjectNode shop = namespace("shop", "production");
    ObjectNode annotations = shop.withObjectProperty("metadata").putObject("annotations");
    annotations.put("keyturn.dev/vault.role", "shop").put("example.com/other", "x");
    tell("MODIFIED", shop);
    until(() -> !profiles.of("shop").ofNamespace().isEmpty());
    assertThat(profiles.of("shop").ofNamespace())
        .containsExactly(Map.entry("keyturn.dev/vault.role", "shop"));

    for (String wrong : List.of("environment", "secret.db", "vualt.role", "profile")) {
      ObjectNode other = shop.deepCopy();
      other
          .withObjectProperty("metadata")
          .putObject("annotations")
          .put("keyturn.dev/" + wrong, "x");
      tell("MODIFIED", other);
      until(() -> !knows("shop"));
      assertThatThrownBy(() -> profiles.of("shop"))
          .isInstanceOf(ProfileException.class)
          .hasMessageContaining(
              wrong.equals("profile") ? "has to be a label" : "is not for namespaces");
      tell("MODIFIED", shop);
      until(() -> knows("shop"));
    }
  }

  @Test
  void afterAWatchThatIsTooOldAllNamespacesAreReadAgain() throws Exception {
    api.put("/api/v1/namespaces/later", namespace("later", ""));
    tell("ERROR", JsonMapper.shared().createObjectNode().put("code", 410));
    api.namespaceEvents.add(JsonMapper.shared().createObjectNode());
    until(() -> knows("later"));
    assertThat(api.calls)
        .contains(
            "GET /api/v1/namespaces?continue=1",
            "GET /api/v1/namespaces?watch=1&resourceVersion=7");
  }

  @Test
  void whileNamespacesCannotBeReadTheLastKnownHoldForFiveMinutesAndThenNothing() throws Exception {
    api.status = 500;
    api.namespaceEvents.add(JsonMapper.shared().createObjectNode());
    until(() -> log.text().contains("namespaces-not-read"));
    nanoTime.addAndGet(Duration.ofMinutes(5).toNanos());
    assertThat(profiles.of("shop").name()).isEqualTo("production");
    nanoTime.addAndGet(1);
    assertThatThrownBy(() -> profiles.of("shop"))
        .isInstanceOf(ProfileException.class)
        .hasMessageContaining("5 minutes");
    api.status = 0;
    until(() -> knows("shop"));
  }

  @Test
  void aFileThatChangesIsReadAgainAndOneThatIsWrongChangesNothing() throws Exception {
    Files.writeString(file, "production: {audience: two}");
    until(() -> profiles.of("shop").audience().orElse("").equals("two"));
    Files.writeString(file, "production: {audiense: three}");
    until(() -> log.text().contains("profiles-not-replaced"));
    assertThat(profiles.of("shop").audience()).contains("two");
    assertThat(log.text()).contains("did you mean 'audience'?");
  }

  @Test
  void aWrongFileEndsTheStart() throws Exception {
    Files.writeString(file, "production: {audiense: three}");
    assertThatThrownBy(this::follow).isInstanceOf(PlanException.class);
  }

  private void tell(String type, ObjectNode object) {
    object.withObjectProperty("metadata").put("resourceVersion", "8");
    api.namespaceEvents.add(
        JsonMapper.shared().createObjectNode().put("type", type).set("object", object));
  }

  private boolean knows(String namespace) {
    try {
      profiles.of(namespace);
      return true;
    } catch (ProfileException e) {
      return false;
    }
  }

  private static void until(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      Thread.sleep(5);
    }
  }

  private static ObjectNode namespace(String name, String profile) {
    ObjectNode namespace = JsonMapper.shared().createObjectNode();
    ObjectNode metadata = namespace.putObject("metadata").put("name", name);
    if (!profile.isEmpty()) {
      metadata.putObject("labels").put("keyturn.dev/profile", profile);
    }
    return namespace;
  }
}
