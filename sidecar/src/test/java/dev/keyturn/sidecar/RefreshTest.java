package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A sidecar that would look in an hour, and somebody who knows better. */
class RefreshTest {
  private static final Duration AT_MOST = Duration.ofSeconds(30);

  @TempDir Path files;
  private OpenBao bao;
  private Memory mount;
  private SidecarProcess sidecar;

  @BeforeEach
  void start() throws Exception {
    bao = OpenBao.startAudited(files);
    bao.allow("secret/data/*", "read", "secret/metadata/*", "read");
    bao.appRole(files, "");
    put("canary-1");
    mount = new Memory();
    sidecar =
        SidecarProcess.start(
            files,
            """
            vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
            secrets:
              db: {from: 'vault:secret/db#password', refresh: 1h}
              key: {from: 'vault:secret/key#password', refresh: 1h}
              app.conf:
                template: '{{ with secret "secret/data/tpl" }}p={{ .Data.data.password }}{{ end }}'
                refresh: 1h
            """
                .formatted(bao.address(), files.resolve("role-id"), files.resolve("secret-id")),
            mount.directory().toString());
    sidecar.awaitReady(AT_MOST);
  }

  @AfterEach
  void stop() throws Exception {
    sidecar.close();
    bao.close();
    mount.close();
  }

  private void put(String value) throws Exception {
    for (String name : new String[] {"db", "key", "tpl"}) {
      bao.put(name, "{\"password\":\"" + value + "\"}");
    }
  }

  private void awaitLine(String... texts) throws Exception {
    Memory.await("the audit line", AT_MOST, () -> sidecar.lines(texts) == 1);
  }

  @Test
  void a_poke_at_the_endpoint_shows_what_was_written() throws Exception {
    put("canary-2");
    assertThat(sidecar.refresh(""))
        .startsWith("HTTP/1.1 202 OK")
        .contains("{\"refreshing\":[\"app.conf\",\"db\",\"key\"],\"unknown\":[],\"inMillis\":0}");
    awaitLine("\"event\":\"refresh\",\"outcome\":\"ok\",\"by\":\"endpoint\"");
    assertThat(mount.read("db")).isEqualTo("canary-2");
    assertThat(mount.read("key")).isEqualTo("canary-2");
    assertThat(mount.read("app.conf")).isEqualTo("p=canary-2");
    assertThat(sidecar.log()).doesNotContain("canary");
  }

  @Test
  void another_text_of_the_annotation_has_the_named_secret_looked_at_alone() throws Exception {
    put("canary-2");
    sidecar.hint("key@build 7 within 0s");
    awaitLine("\"event\":\"refresh\",\"outcome\":\"ok\"", "\"hint\":\"build 7\"", "\"key\"");
    assertThat(mount.read("key")).isEqualTo("canary-2");
    assertThat(mount.read("db")).isEqualTo("canary-1");
  }

  @Test
  void a_secret_that_is_gone_is_told_as_failed_and_stays_published() throws Exception {
    bao.call("DELETE", "secret/metadata/db", "");
    sidecar.refresh("?secret=db");
    awaitLine("\"event\":\"refresh\",\"outcome\":\"failed\"", "not fresh: db");
    assertThat(mount.read("db")).isEqualTo("canary-1");
  }

  @Test
  void a_wrong_name_or_query_is_told_and_nothing_is_looked_at() throws Exception {
    assertThat(sidecar.refresh("?secret=dc"))
        .startsWith("HTTP/1.1 404")
        .contains("\"refreshing\":[],\"unknown\":[\"dc\"]");
    assertThat(sidecar.refresh("?secrets=db")).startsWith("HTTP/1.1 400");
    assertThat(sidecar.page("/refresh")).startsWith("HTTP/1.1 405");
    assertThat(sidecar.lines("\"event\":\"refresh\"")).isEqualTo(1);
    assertThat(sidecar.lines("there is no secret dc: this plan has app.conf, db, key"))
        .isEqualTo(1);
  }

  @Test
  void a_hundred_pokes_cost_the_server_two_looks_at_most() throws Exception {
    long before = requests();
    for (int i = 0; i < 100; i++) {
      sidecar.refresh("?secret=db");
    }
    Memory.await("the first look", AT_MOST, () -> sidecar.lines("\"event\":\"refresh\"") >= 1);
    assertThat(requests() - before).isBetween(1L, 2L);
  }

  /** For the secret, in the server's own log. */
  private long requests() throws IOException {
    try (Stream<String> lines = Files.lines(files.resolve("audit.log"))) {
      return lines
          .filter(
              line -> line.contains("\"type\":\"request\"") && line.contains("secret/metadata/db"))
          .count();
    }
  }
}
