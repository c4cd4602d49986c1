package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sidecar that sleeps: the real supervisor, real JVMs, a real server and a real database. */
class HibernationTest {
  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir static Path shared;
  private static OpenBao bao;
  private static Postgres postgres;

  @TempDir Path files;
  private final String canary = "canary-" + UUID.randomUUID();
  private Memory mount;
  private Memory memory;
  private Path state;

  @BeforeAll
  static void startServers() throws Exception {
    bao = OpenBao.start(shared);
    postgres = Postgres.start();
    postgres.configure(bao, "24s", "45s");
    bao.allow(
        "database/creds/app", "read",
        "secret/data/*", "read",
        "secret/metadata/*", "read");
    bao.appRole(shared, "");
  }

  @AfterAll
  static void stopServers() throws IOException {
    postgres.close();
    bao.close();
  }

  @BeforeEach
  void makeFolders() throws IOException {
    mount = new Memory();
    memory = new Memory();
    state = memory.directory().resolve("state");
  }

  @AfterEach
  void removeFolders() throws IOException {
    mount.close();
    memory.close();
  }

  private SidecarProcess start(String secrets) throws Exception {
    String plan =
        """
        vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
        secrets:
        %s
        """
            .formatted(
                bao.address(),
                shared.resolve("role-id"),
                shared.resolve("secret-id"),
                secrets.indent(2));
    return SidecarProcess.startHibernating(files, state, plan, mount.directory().toString());
  }

  @Test
  void a_rotation_is_seen_in_a_later_cycle_with_the_first_login() throws Exception {
    bao.put("app", "{\"password\":\"" + canary + "\"}");
    try (SidecarProcess sidecar =
        start(
            "db: {from: 'vault:secret/app#password', refresh: 8s}\nmade: {template: '{{ with secret \"secret/app\" }}{{ .Data.data.password }}{{ end }}', refresh: 8s}")) {
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(state)))
          .isEqualTo("rwx------");
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(state.resolve("state"))))
          .isEqualTo("rw-------");
      bao.put("app", "{\"password\":\"" + canary + "-2\"}");
      Memory.await("the new one", AT_MOST, () -> mount.read("db").equals(canary + "-2"));
      Memory.await("made anew", AT_MOST, () -> mount.read("made").equals(canary + "-2"));
      sidecar.awaitAsleep();
      assertThat(sidecar.isReady()).as("a connection wakes it").isTrue();
      assertThat(sidecar.metric("keyturn_logins_total", "ok")).isEqualTo(1);
      assertThat(sidecar.metric("keyturn_fetches_total", "secret=\"db\",outcome=\"changed\""))
          .as("counters go on")
          .isEqualTo(2);
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(1);
      assertThat(sidecar.end()).isZero();
      assertThat(state.resolve("state")).doesNotExist();
      assertThat(sidecar.log()).contains("\"event\":\"revoke\"").doesNotContain(canary);
    }
  }

  @Test
  void a_lease_is_renewed_replaced_and_given_back_from_sleep() throws Exception {
    try (SidecarProcess sidecar =
        start(
            """
            user: {from: 'vault:database/creds/app#username', refresh: 10s}
            both: {from: 'vault:database/creds/app', format: properties, refresh: 10s}
            """)) {
      sidecar.awaitReady(AT_MOST);
      String first = mount.read("user");
      assertThat(postgres.leasedRoles()).isEqualTo(1);
      Memory.await(
          "a renewal", AT_MOST, () -> sidecar.lines("\"event\":\"renew\"", "database/creds") > 0);
      assertThat(mount.read("user")).isEqualTo(first);
      assertThat(postgres.leasedRoles()).isEqualTo(1);
      Memory.await(
          "a replacement before its end", AT_MOST, () -> !mount.read("user").equals(first));
      assertThat(mount.read("both")).contains(mount.read("user"));
      sidecar.awaitAsleep();
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(1);
      assertThat(sidecar.end()).isZero();
      Memory.await("no role of ours is left", () -> postgres.leasedRoles() == 0);
      assertThat(sidecar.lines("\"event\":\"revoke\",\"outcome\":\"ok\"")).isEqualTo(1);
    }
  }

  @Test
  void a_jvm_that_is_killed_is_started_again_and_goes_on_with_its_login() throws Exception {
    bao.put("app", "{\"password\":\"" + canary + "\"}");
    try (SidecarProcess sidecar = start("db: {from: 'vault:secret/app#password', refresh: 1h}")) {
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      assertThat(sidecar.isReady()).as("a connection wakes it").isTrue();
      ProcessHandle jvm = sidecar.jvm().orElseThrow();
      jvm.destroyForcibly();
      jvm.onExit().join();
      Memory.await("it says so", AT_MOST, () -> sidecar.lines("the sidecar ended with 137") == 1);
      assertThat(mount.read("db")).as("what is published stays").isEqualTo(canary);
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(1);
      assertThat(sidecar.end()).isZero();
    }
  }

  @Test
  void a_state_that_is_broken_is_no_reason_to_end() throws Exception {
    bao.put("app", "{\"password\":\"" + canary + "\"}");
    try (SidecarProcess sidecar = start("db: {from: 'vault:secret/app#password', refresh: 1h}")) {
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      byte[] broken = Files.readAllBytes(state.resolve("state"));
      broken[broken.length / 2] ^= 1;
      Files.write(state.resolve("state"), broken);
      assertThat(sidecar.page("/healthz")).startsWith("HTTP/1.1 200");
      sidecar.awaitReady(AT_MOST);
      assertThat(sidecar.lines("can't be used, and this starts afresh: it is malformed"))
          .isEqualTo(1);
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(2);
      sidecar.awaitAsleep();
      assertThat(sidecar.end()).isZero();
    }
  }

  @Test
  void a_generation_of_a_killed_process_is_not_taken_back() throws Exception {
    bao.put("app", "{\"password\":\"" + canary + "\"}");
    try (SidecarProcess sidecar = start("db: {from: 'vault:secret/app#password', refresh: 1h}")) {
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      bao.put("app", "{\"password\":\"" + canary + "-2\"}");
      Path data = mount.directory().resolve("..data");
      Path newer = mount.directory().resolve("..2026-11-30T00-00-00Z.0000ffff");
      Files.move(data.toRealPath(), newer);
      Files.delete(data);
      Files.createSymbolicLink(data, newer.getFileName());
      assertThat(sidecar.page("/healthz")).startsWith("HTTP/1.1 200");
      Memory.await("fetched anew", AT_MOST, () -> mount.read("db").equals(canary + "-2"));
      assertThat(sidecar.lines("older than what is published")).isEqualTo(1);
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(1);
    }
  }

  @Test
  void a_hint_wakes_it_and_is_told_of_once() throws Exception {
    bao.put("app", "{\"password\":\"" + canary + "\"}");
    try (SidecarProcess sidecar = start("db: {from: 'vault:secret/app#password', refresh: 1h}")) {
      sidecar.awaitReady(AT_MOST);
      sidecar.awaitAsleep();
      bao.put("app", "{\"password\":\"" + canary + "-2\"}");
      sidecar.hint("rotated within 1s");
      Memory.await("the new one", AT_MOST, () -> mount.read("db").equals(canary + "-2"));
      sidecar.awaitAsleep();
      assertThat(sidecar.isReady()).isTrue();
      sidecar.awaitAsleep();
      assertThat(sidecar.lines("\"event\":\"refresh\",\"outcome\":\"ok\"")).isEqualTo(1);
      assertThat(sidecar.lines("\"event\":\"login\"")).isEqualTo(1);
    }
  }

  @Test
  void it_says_what_is_wrong_with_its_folder() throws Exception {
    Files.createDirectory(state);
    Files.setPosixFilePermissions(state, PosixFilePermissions.fromString("rwxr-x---"));
    try (SidecarProcess sidecar = start("db: {from: 'vault:secret/app#password'}")) {
      assertThat(sidecar.exit()).isEqualTo(2);
      assertThat(sidecar.log()).contains("open to others: " + state);
    }
  }
}
