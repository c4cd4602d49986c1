package dev.keyturn.agenttests.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.HeapDump;
import dev.keyturn.agenttests.jdbc.MariaDb;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application of others, as they publish it: Zipkin, which keeps its spans in a MariaDB and
 * knows its user and password from its environment.
 */
class ZipkinIT {
  private static final Path JAR =
      Path.of("target/applications/zipkin-server-exec.jar").toAbsolutePath();

  @TempDir Path scratch;

  private record Login(String user, String password) {
    static Login of(String user) {
      return new Login(user, "canary-" + UUID.randomUUID());
    }

    String[] statements() {
      return new String[] {
        "create user " + user + "@'%' identified by '" + password + "'",
        "grant select, insert, update on zipkin.* to " + user + "@'%'"
      };
    }

    File secret() {
      return File.of("db", "properties", "username=" + user + "\npassword=" + password + "\n");
    }
  }

  @Test
  @Timeout(240)
  void an_application_that_nobody_has_changed_follows_a_rotation() throws Exception {
    Login one = Login.of("zipkin_one");
    Login two = Login.of("zipkin_two");
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(one.secret());
    try (MariaDb server = MariaDb.start()) {
      server.execute(schema());
      server.execute(one.statements());
      try (RunningApplication zipkin =
          RunningApplication.start(
              scratch,
              Map.of(
                  "STORAGE_TYPE", "mysql",
                  "MYSQL_HOST", "127.0.0.1",
                  "MYSQL_TCP_PORT", String.valueOf(server.port()),
                  "MYSQL_USER", "keyturn:db/username",
                  "MYSQL_PASS", "keyturn:db/password"),
              List.of(
                  Jvm.agent(mount.directory()) + ",retire=1s",
                  "-Xmx256m",
                  "-jar",
                  JAR.toString()))) {
        zipkin.awaitPage("/health", Duration.ofMinutes(2));
        store(zipkin, "00000000000000a1");

        server.execute(two.statements());
        mount.publish(two.secret());
        Thread.sleep(Duration.ofSeconds(4));
        // Whoever still used it would be told so.
        server.execute("drop user zipkin_one@'%'");
        store(zipkin, "00000000000000a2");

        assertThat(zipkin.page("/api/v2/trace/00000000000000a1")).contains("00000000000000a1");
        byte[] heap = zipkin.heap();
        assertThat(HeapDump.holds(heap, "keyturn:db/password")).isTrue();
        // MariaDB's driver keeps the password of a connection as long as that is open.
        assertThat(HeapDump.holds(heap, one.password())).isFalse();
        assertThat(zipkin.log()).doesNotContain(one.password(), two.password(), "keyturn:");
      }
    }
  }

  /** A span goes into the database and comes back. */
  private static void store(RunningApplication zipkin, String trace) throws Exception {
    String span =
        """
        [{"traceId": "%s", "id": "%s", "name": "get", "timestamp": %d, "duration": 5,
          "localEndpoint": {"serviceName": "shop"}}]
        """
            .formatted(trace, trace, System.currentTimeMillis() * 1000);
    assertThat(zipkin.send("POST", "/api/v2/spans", span).statusCode()).isEqualTo(202);
    zipkin.awaitPage("/api/v2/trace/" + trace, Duration.ofSeconds(30));
  }

  /** What Zipkin's own library has for a new database. */
  private static String[] schema() throws IOException {
    List<String> statements = new ArrayList<>(List.of("create database zipkin", "use zipkin"));
    try (JarFile zipkin = new JarFile(JAR.toFile())) {
      JarEntry library =
          zipkin.stream()
              .filter(entry -> entry.getName().contains("lib/zipkin-storage-mysql-v1-"))
              .findFirst()
              .orElseThrow();
      try (JarInputStream in = new JarInputStream(zipkin.getInputStream(library))) {
        for (JarEntry entry = in.getNextJarEntry(); entry != null; entry = in.getNextJarEntry()) {
          if (entry.getName().equals("mysql.sql")) {
            String sql = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            for (String statement : sql.split(";\n", -1)) {
              if (!statement.isBlank()) {
                statements.add(statement);
              }
            }
          }
        }
      }
    }
    return statements.toArray(String[]::new);
  }
}
