package dev.keyturn.sidecar.kubernetes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.source.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The faults of a server and of what is in it; what a real one does is tested on a real one. */
class KubernetesSourceTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @TempDir Path directory;
  private FakeApiServer server;
  private FakeContext context;

  @BeforeEach
  void start() throws Exception {
    server = new FakeApiServer();
    context = new FakeContext(KubernetesContractTest.plan(server), directory, Workload.NONE);
  }

  @AfterEach
  void stop() {
    context.close();
    server.close();
  }

  private SecretSource open(String reference) throws Exception {
    return new KubernetesProvider().open(Reference.parse(reference), context);
  }

  private void put(String value) throws Exception {
    server.put("secrets/app", Map.of("password", FakeApiServer.base64(value)), "");
  }

  private static Map<String, String> text(Version version) {
    Map<String, String> text = new TreeMap<>();
    version
        .fields()
        .forEach(
            (key, field) ->
                text.put(key, new String(field.value().bytes(), StandardCharsets.UTF_8)));
    return text;
  }

  /** Until a version has the password. */
  private static Version next(SecretSource source, Version before, String password)
      throws Exception {
    long deadline = System.nanoTime() + SOON.toNanos();
    while (System.nanoTime() < deadline) {
      source.awaitChange(Duration.ofMillis(100));
      try {
        Optional<Version> next = source.refresh(before);
        if (next.isPresent() && text(next.get()).containsValue(password)) {
          return next.get();
        }
      } catch (FetchException e) {
        assertThat(e).hasMessageNotContaining("canary");
      }
    }
    throw new AssertionError("not seen; requests: " + before.id());
  }

  @Test
  void a_config_map_has_text_and_bytes() throws Exception {
    server.put("configmaps/app", Map.of("a", "text"), ",\"binaryData\":{\"b\":\"AP8=\"}");
    try (Version version = open("k8s:configmap/app").fetch()) {
      assertThat(version.fields().get("b").value().bytes()).containsExactly(0, 0xff);
      assertThat(text(version)).containsEntry("a", "text");
      assertThat(version.id()).contains("101");
    }
  }

  @Test
  void many_references_share_one_watch_that_asks_for_nothing_at_rest() throws Exception {
    put("canary-1");
    SecretSource one = open("k8s:secret/app#password");
    SecretSource other = open("k8s:secret/app");
    Version first = one.fetch();
    Memory.await("the watch", () -> server.followers() == 1);
    Version second = other.fetch();
    int requests = server.requests().size();
    for (int look = 0; look < 20; look++) {
      assertThat(one.refresh(first)).isEmpty();
      assertThat(other.refresh(second)).isEmpty();
    }
    assertThat(server.requests()).hasSizeLessThanOrEqualTo(requests + 1);
    assertThat(server.watchRequests())
        .singleElement()
        .asString()
        .contains("fieldSelector=metadata.name%3Dapp", "allowWatchBookmarks=true")
        .doesNotContain("resourceVersion=");
    put("canary-2");
    assertThat(text(next(one, first, "canary-2"))).isEqualTo(text(next(other, second, "canary-2")));
  }

  @Test
  void a_watch_that_breaks_goes_on_from_the_last_bookmark() throws Exception {
    put("canary-1");
    SecretSource source = open("k8s:secret/app");
    Version first = source.fetch();
    Memory.await("the watch", () -> server.followers() == 1);
    server.bookmark();
    int bookmarked = server.version();
    Thread.sleep(100); // for the bookmark to be read
    server.cut();
    server.start();
    Memory.await("another watch", () -> server.followers() == 1);
    assertThat(server.watchRequests().getLast()).endsWith("&resourceVersion=" + bookmarked);
    put("canary-2");
    next(source, first, "canary-2").close();
  }

  @Test
  void a_server_that_can_send_no_bookmarks_is_followed_without() throws Exception {
    server.hasOldStorage();
    put("canary-1");
    SecretSource source = open("k8s:secret/app");
    Version first = source.fetch();
    Memory.await("the watch", () -> server.followers() == 1);
    assertThat(server.watchRequests())
        .hasSize(2)
        .last()
        .asString()
        .doesNotContain("allowWatchBookmarks")
        .endsWith("&resourceVersion=0");
    put("canary-2");
    next(source, first, "canary-2").close();
  }

  @Test
  void a_version_that_is_too_old_begins_anew_and_misses_nothing() throws Exception {
    put("canary-1");
    SecretSource source = open("k8s:secret/app");
    Version first = source.fetch();
    Memory.await("the watch", () -> server.followers() == 1);
    server.expire();
    Memory.await("another watch", () -> server.watchRequests().size() == 2);
    assertThat(server.watchRequests().getLast()).doesNotContain("resourceVersion=");
    put("canary-2");
    next(source, first, "canary-2").close();
  }

  @Test
  void a_deleted_secret_is_told_and_the_next_one_is_seen() throws Exception {
    put("canary-1");
    SecretSource source = open("k8s:secret/app");
    Version first = source.fetch();
    Memory.await("the watch", () -> server.followers() == 1);
    server.delete("secrets/app");
    Memory.await("the news", () -> isRefused(source, first));
    FetchException gone = catchThrowableOfType(FetchException.class, () -> source.refresh(first));
    assertThat(gone).hasMessageContaining("there is none of this name in the namespace shop");
    assertThat(gone.permanent()).isTrue();
    put("canary-2");
    next(source, first, "canary-2").close();
  }

  private static boolean isRefused(SecretSource source, Version current) throws Exception {
    try {
      source.refresh(current);
      return false;
    } catch (FetchException e) {
      return true;
    }
  }

  @Test
  void a_secret_that_comes_later_wakes_who_waits() throws Exception {
    SecretSource source = open("k8s:secret/app");
    assertThatThrownBy(source::fetch).hasMessageContaining("create it");
    Memory.await("the watch", () -> server.followers() == 1);
    put("canary-1");
    assertThat(source.awaitChange(SOON)).contains(Wake.CHANGED);
    assertThat(text(source.fetch())).containsValue("canary-1");
  }

  @Test
  void what_is_immutable_is_not_watched() throws Exception {
    server.put(
        "secrets/app", Map.of("password", FakeApiServer.base64("canary")), ",\"immutable\":true");
    SecretSource source = open("k8s:secret/app");
    Version version = source.fetch();
    assertThat(source.refresh(version)).isEmpty();
    assertThat(source.awaitChange(Duration.ofMillis(200))).isEmpty();
    assertThat(server.requests()).hasSize(1);
  }

  @Test
  void a_role_without_the_verb_watch_leaves_reading() throws Exception {
    server.watchesAnswer(403);
    put("canary-1");
    SecretSource source = open("k8s:secret/app");
    Version first = source.fetch();
    Memory.await("the warning", () -> context.log().contains("give the role the verb watch"));
    put("canary-2");
    next(source, first, "canary-2").close();
  }

  @Test
  void a_role_without_the_verb_get_is_told_with_what_it_needs() throws Exception {
    put("canary-1");
    server.readsAnswer(403);
    FetchException refused =
        catchThrowableOfType(FetchException.class, () -> open("k8s:secret/app").fetch());
    assertThat(refused.permanent()).isTrue();
    assertThat(refused)
        .hasMessageContaining("get and watch for 'app'")
        .hasMessageContaining("keyturn lint");
  }

  @Test
  void the_token_is_read_at_each_connection() throws Exception {
    Path token = Files.writeString(directory.resolve("token"), "first\n");
    Plan plan =
        Plan.parseYaml(
            """
            kubernetes: {access: api, address: "%s", namespace: shop, token-file: "%s"}
            secrets: {a: 'k8s:secret/app'}
            """
                .formatted(server.address(), token));
    put("canary-1");
    try (FakeContext rotating = new FakeContext(plan, directory, Workload.NONE)) {
      SecretSource source =
          new KubernetesProvider().open(Reference.parse("k8s:secret/app"), rotating);
      source.fetch().close();
      Memory.await("the watch", () -> server.followers() == 1);
      Files.writeString(token, "second\n");
      server.cut();
      server.start();
      Memory.await("another watch", () -> server.followers() == 1);
    }
    assertThat(server.tokens()).contains("Bearer first").last().isEqualTo("Bearer second");
  }

  @Test
  void ciphertext_is_refused_with_its_reason() throws Exception {
    refuses("sops", "ENC[AES256_GCM,data:canary,iv:x,tag:x,type:str]");
    refuses("kubeseal", Base64.getEncoder().encodeToString(sealed()));
  }

  private void refuses(String tool, String ciphertext) throws Exception {
    server.put("secrets/" + tool, Map.of("password", FakeApiServer.base64(ciphertext)), "");
    SecretSource source = open("k8s:secret/" + tool);
    FetchException refused = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(refused.permanent()).isTrue();
    assertThat(refused)
        .hasMessageContaining("the value of 'password' is ciphertext of " + tool)
        .hasMessageNotContaining("canary");
  }

  private static byte[] sealed() {
    byte[] sealed = new byte[600];
    sealed[0] = 2;
    return sealed;
  }

  @Test
  void a_volume_has_its_files_as_fields_and_comes_later() throws Exception {
    Path volume = Files.createDirectory(directory.resolve("volume"));
    Reference reference = Reference.parse("k8s:secret/app");
    SecretSource source = new VolumeSource(reference, volume);
    assertThatThrownBy(source::fetch)
        .hasMessageContaining("k8s:secret/app: it is not there, or is empty");
    generation(volume, "..1", "canary-1");
    assertThat(source.awaitChange(SOON)).contains(Wake.CHANGED);
    try (Version first = source.fetch()) {
      assertThat(text(first)).isEqualTo(Map.of("tls.crt", "canary-1"));
      assertThat(first.id()).contains("..1");
      assertThat(source.refresh(first)).isEmpty();
      generation(volume, "..2", "canary-2");
      assertThat(source.awaitChange(SOON)).contains(Wake.CHANGED);
      assertThat(text(source.refresh(first).orElseThrow())).containsValue("canary-2");
    }
    assertThatThrownBy(new VolumeSource(reference, directory.resolve("none"))::fetch)
        .hasMessageContaining("set kubernetes.access to api");
  }

  /** As the kubelet writes a volume. */
  private static void generation(Path volume, String name, String value) throws Exception {
    Path generation = Files.createDirectory(volume.resolve(name));
    Files.writeString(generation.resolve("tls.crt"), value);
    Path draft = Files.createSymbolicLink(volume.resolve("..data_tmp"), Path.of(name));
    Files.move(draft, volume.resolve("..data"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    if (List.of(volume.toFile().list()).stream().noneMatch("tls.crt"::equals)) {
      Files.createSymbolicLink(volume.resolve("tls.crt"), Path.of("..data/tls.crt"));
    }
  }
}
