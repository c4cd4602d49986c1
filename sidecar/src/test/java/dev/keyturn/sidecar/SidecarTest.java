package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SidecarTest {
  private static final Duration AT_MOST = Duration.ofSeconds(10);

  @TempDir Path source;
  private Memory mount;
  private Memory other;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeEach
  void makeMounts() throws IOException {
    mount = new Memory();
    other = new Memory();
  }

  @AfterEach
  void removeMounts() throws IOException {
    mount.close();
    other.close();
  }

  private Sidecar start(String secrets, MountTarget... mounts) {
    return Sidecar.start(
        new SidecarConfig(
            Plan.parseYaml("secrets:\n" + secrets),
            source,
            mounts.length > 0
                ? Arrays.asList(mounts)
                : List.of(new MountTarget(mount.directory(), List.of())),
            Optional.empty(),
            false),
        log);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(source.resolve(name), content);
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  @Test
  void publishes_and_follows_a_file() throws Exception {
    write("db.json", "{\"user\":\"app\",\"password\":\"canary-1\"}");
    try (Sidecar sidecar = start("  db: {from: 'file:db.json', format: properties}")) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("db")).isEqualTo("password=canary-1\nuser=app\n");

      write("db.json", "{\"user\":\"app\",\"password\":\"canary-2\"}");
      Memory.await("the new password", () -> mount.read("db").contains("canary-2"));
    }
    assertThat(mount.read("db")).as("after the end").contains("canary-2");
    assertThat(log()).contains("\"event\":\"fetch\"", "\"event\":\"publish\"");
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void is_not_ready_before_every_required_secret_is_there() throws Exception {
    write("a", "canary-a");
    try (Sidecar sidecar = start("  a: {from: 'file:a'}\n  b: {from: 'file:b'}")) {
      assertThat(sidecar.awaitReady(Duration.ofMillis(300))).isFalse();
      assertThat(mount.directory().resolve("..data")).doesNotExist();
      assertThat(sidecar.troubles())
          .singleElement()
          .satisfies(
              trouble -> {
                assertThat(trouble.secret()).isEqualTo("b");
                assertThat(trouble.reason()).contains("there is no file", "create it");
              });

      write("b", "canary-b");
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("a") + mount.read("b")).isEqualTo("canary-acanary-b");
    }
  }

  @Test
  void does_not_wait_for_an_optional_secret() throws Exception {
    write("a", "canary-a");
    try (Sidecar sidecar = start("  a: {from: 'file:a'}\n  b: {from: 'file:b', required: false}")) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.directory().resolve("b")).doesNotExist();

      write("b", "canary-b");
      Memory.await("b", () -> Files.exists(mount.directory().resolve("b")));
    }
  }

  @Test
  void a_secret_that_breaks_keeps_its_last_good_version_and_the_others_go_on() throws Exception {
    write("a.json", "{\"x\":\"canary-1\"}");
    write("b", "canary-1");
    try (Sidecar sidecar =
        start("  a: {from: 'file:a.json', format: json}\n  b: {from: 'file:b'}")) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      write("a.json", "{\"x\":\"canary-2");
      Memory.await("the trouble", () -> !sidecar.troubles().isEmpty());
      write("b", "canary-3");
      Memory.await("b's rotation", () -> mount.read("b").equals("canary-3"));

      assertThat(mount.read("a")).isEqualTo("{\"x\":\"canary-1\"}\n");
      assertThat(sidecar.troubles().toString() + log()).doesNotContain("canary");

      write("a.json", "{\"x\":\"canary-4\"}");
      Memory.await("a's recovery", () -> mount.read("a").contains("canary-4"));
      Memory.await("no trouble", () -> sidecar.troubles().isEmpty());
    }
  }

  @Test
  void each_mount_shows_what_its_containers_may_see() throws Exception {
    write("a", "canary-a");
    write("b", "canary-b");
    try (Sidecar sidecar =
        start(
            "  a: {from: 'file:a', containers: [one]}\n  b: {from: 'file:b'}",
            new MountTarget(mount.directory(), List.of("one")),
            new MountTarget(other.directory(), List.of("two")))) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("a") + mount.read("b")).isEqualTo("canary-acanary-b");
      assertThat(other.read("b")).isEqualTo("canary-b");
      assertThat(other.directory().resolve("a")).doesNotExist();
    }
  }

  @Test
  void a_mount_for_some_of_the_secrets_shows_those_alone() throws Exception {
    write("a", "canary-a");
    write("b", "canary-b");
    try (Sidecar sidecar =
        start(
            "  a: {from: 'file:a', containers: [one]}\n  .b: {from: 'file:b'}",
            new MountTarget(mount.directory(), List.of("one"), List.of("a")),
            new MountTarget(other.directory(), List.of("one", "two"), List.of(".b")))) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("a")).isEqualTo("canary-a");
      assertThat(mount.directory().resolve(".b")).doesNotExist();
      assertThat(other.read(".b")).isEqualTo("canary-b");
      assertThat(other.directory().resolve("a")).doesNotExist();
    }
  }

  @Test
  void says_every_mount_that_cannot_be_used() {
    assertThatThrownBy(
            () ->
                start(
                    "  a: {from: 'file:a'}",
                    new MountTarget(source.resolve("absent"), List.of()),
                    new MountTarget(source.resolve("missing"), List.of())))
        .isInstanceOf(SettingsException.class)
        .hasMessageContaining("absent")
        .hasMessageContaining("missing");
  }

  private long publications() {
    return log().lines().filter(line -> line.contains("\"event\":\"publish\"")).count();
  }

  @Test
  void what_is_written_one_after_the_other_in_a_group_is_published_together() throws Exception {
    write("cert", "canary-1");
    write("key", "canary-1");
    write("alone", "canary-1");
    try (Sidecar sidecar =
        start(
            """
              cert: {from: 'file:cert', group: tls}
              alone: {from: 'file:alone'}
              key: {from: 'file:key', group: tls}
            """)) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(publications()).isEqualTo(1);
      write("cert", "canary-2");
      Thread.sleep(300);
      write("key", "canary-2");
      Memory.await(
          "one of them",
          () -> mount.read("cert").equals("canary-2") || mount.read("key").equals("canary-2"));
      Path generation = mount.directory().resolve("..data").toRealPath();
      assertThat(generation.resolve("cert")).hasContent("canary-2");
      assertThat(generation.resolve("key")).hasContent("canary-2");
      write("alone", "canary-3");
      Memory.await("the other", () -> mount.read("alone").equals("canary-3"));
      // Told of when it is there, so perhaps a moment later.
      Memory.await("the third line", () -> publications() >= 3);
      assertThat(publications()).isEqualTo(3);
    }
  }

  @Test
  void secrets_of_one_read_are_published_together_and_a_failing_one_of_a_group_delays_none()
      throws Exception {
    write("db.json", "{\"user\":\"canary-1\",\"password\":\"canary-1\"}");
    write("other", "canary-1");
    try (Sidecar sidecar =
        start(
            """
              user: {from: 'file:db.json#user', group: db}
              password: {from: 'file:db.json#password'}
              other: {from: 'file:other', group: db}
              absent: {from: 'file:absent', group: db, required: false}
            """)) {
      assertThat(sidecar.awaitReady(AT_MOST)).as(log()).isTrue();
      write("db.json", "{\"user\":\"canary-2\",\"password\":\"canary-2\"}");
      Memory.await("the user", () -> mount.read("user").equals("canary-2"));
      assertThat(mount.read("password")).isEqualTo("canary-2");
      Memory.await("the second line", () -> publications() >= 2);
      assertThat(publications()).isEqualTo(2);
      write("absent", "canary-1");
      Memory.await("the absent one", () -> Files.exists(mount.directory().resolve("absent")));
    }
  }

  @Test
  void the_states_of_a_secret_are_in_the_log() throws Exception {
    Path file = write("db", "canary-1");
    try (Sidecar sidecar = start("  db: {from: 'file:db'}")) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      Files.delete(file);
      Files.createDirectory(file);
      Memory.await("stale", () -> log().contains("\"event\":\"state\",\"outcome\":\"stale\""));
      assertThat(sidecar.troubles())
          .singleElement()
          .asString()
          .contains("db", "not a regular file");
      assertThat(mount.read("db")).isEqualTo("canary-1");
      Files.delete(file);
      write("db", "canary-2");
      Memory.await("the new one", () -> mount.read("db").equals("canary-2"));
      // It is told a moment after it is published.
      Memory.await("no trouble", () -> sidecar.troubles().isEmpty());
    }
  }

  @Test
  void what_a_plan_has_done_on_a_change_is_done_after_a_change_and_not_at_the_start()
      throws Exception {
    Path script = write("reload", "#!/bin/sh\ncat $KEYTURN_MOUNT/a >> " + source.resolve("seen"));
    assertThat(script.toFile().setExecutable(true)).isTrue();
    write("a", "canary-1");
    try (Sidecar sidecar =
        start("  a: {from: 'file:a', on-change: [{command: [" + script + "]}]}")) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      write("a", "canary-2");
      Memory.await("the command", () -> log().contains("\"event\":\"on-change\""));
      assertThat(source.resolve("seen")).hasContent("canary-2");
      assertThat(log()).doesNotContain("canary");
    }
  }

  @Test
  void one_template_is_made_of_several_sources() throws Exception {
    write("db.json", "{\"user\":\"app\"}");
    write("secrets.yaml", "password: canary-1");
    String template =
        "  a: {template: '{{ with secret \"file:db.json\" }}{{ .Data.user }}{{ end }}:"
            + "{{ with secret \"file:secrets.yaml\" }}{{ .Data.password }}{{ end }}'}";
    try (Sidecar sidecar = start(template)) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("a")).isEqualTo("app:canary-1");
      write("secrets.yaml", "password: canary-2");
      Memory.await("the new password", () -> mount.read("a").equals("app:canary-2"));
    }
    assertThat(log()).contains("\"reference\":\"file:db.json\"").doesNotContain("canary");
  }

  @Test
  void a_reference_that_a_template_works_out_is_refused() throws Exception {
    write("db.json", "{\"user\":\"app\"}");
    try (Sidecar sidecar =
        start(
            "  a: {template: '{{ with secret (print \"file:\" \"db.json\") }}{{ .Data.user }}{{ end }}'}\n"
                + "vault: {address: 'http://127.0.0.1:1', auth: token, token-file: /nowhere}")) {
      Memory.await("the refusal", sidecar::isStuck);
      assertThat(sidecar.troubles().getFirst().reason()).contains("write this reference out");
    }
  }

  @Test
  void a_fallback_serves_until_the_better_place_has_the_secret() throws Exception {
    write("old.json", "{\"old-password\":\"canary-1\"}");
    String both = "  a: {from: ['file:new.json#password', 'file:old.json#old-password']}";
    try (Sidecar sidecar = start(both)) {
      assertThat(sidecar.awaitReady(AT_MOST)).isTrue();
      assertThat(mount.read("a")).isEqualTo("canary-1");
      assertThat(log())
          .contains(
              "\"event\":\"source\",\"outcome\":\"fallback\",\"secret\":\"a\",\"reference\":\"file:old.json#old-password\"");

      write("new.json", "{\"password\":\"canary-2\"}");
      Memory.await("the better place", () -> mount.read("a").equals("canary-2"));
      assertThat(log())
          .contains(
              "\"event\":\"source\",\"outcome\":\"ok\",\"secret\":\"a\",\"reference\":\"file:new.json#password\"");

      Files.delete(source.resolve("new.json"));
      write("old.json", "{\"old-password\":\"canary-3\"}");
      Thread.sleep(300);
      assertThat(mount.read("a")).as("a change of the worse place").isEqualTo("canary-2");
    }
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void a_secret_that_is_in_no_place_says_so_for_each() throws Exception {
    try (Sidecar sidecar = start("  a: 'file:new.json#p | file:old.json#p'")) {
      Memory.await("the trouble", sidecar::isStuck);
      assertThat(sidecar.troubles().getFirst().reason())
          .contains("file:new.json#p: there is no file", "; file:old.json#p: there is no file");
    }
  }
}
