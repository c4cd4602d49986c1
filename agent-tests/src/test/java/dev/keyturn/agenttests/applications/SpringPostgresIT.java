package dev.keyturn.agenttests.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.HeapDump;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.OpenBao;
import dev.keyturn.sidecar.Postgres;
import dev.keyturn.sidecar.SidecarProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code examples/spring-postgres} on a PostgreSQL whose credentials OpenBao replaces every 10 s:
 * the real sidecar, the packaged agent, and users.
 */
class SpringPostgresIT {
  /**
   * Which is the maximum, too: renewed at two thirds, up to a tenth earlier, and cut short by that,
   * it is replaced when a third of the rest is over, 10 s after the last.
   */
  private static final String TTL = "13s";

  /** The agent sees a version within half a second, and the pool's connections retire in two. */
  private static final Duration SETTLED = Duration.ofSeconds(4);

  @TempDir static Path files;
  private static OpenBao bao;
  private static Postgres postgres;

  @BeforeAll
  static void startServers() throws Exception {
    bao = OpenBao.start(files);
    postgres = Postgres.start();
    postgres.configure(bao, TTL, TTL);
    // Whoever may log in may order.
    postgres.execute(
        "create table purchase (id bigint generated always as identity primary key, item text)",
        "grant select, insert on purchase to public");
    bao.allow("database/creds/app", "read", "sys/leases/revoke", "update");
    bao.appRole(files, "");
  }

  @AfterAll
  static void stopServers() throws Exception {
    postgres.close();
    bao.close();
  }

  @Test
  @Timeout(240)
  void nobody_notices_that_the_password_is_replaced_and_nobody_finds_it() throws Exception {
    run(Duration.ofSeconds(35), 3);
  }

  @Test
  @Tag("soak")
  @Timeout(900)
  void nobody_notices_over_many_replacements() throws Exception {
    run(Duration.ofMinutes(5), 28);
  }

  private void run(Duration time, int replacements) throws Exception {
    Path jar = Example.of("spring-postgres").jar("shop.jar");
    String plan =
        """
        vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
        secrets:
          db: {from: 'vault:database/creds/app', expose: stand-in}
        """
            .formatted(bao.address(), files.resolve("role-id"), files.resolve("secret-id"));
    try (Memory mount = new Memory();
        SidecarProcess sidecar = SidecarProcess.start(files, plan, mount.directory().toString())) {
      sidecar.awaitReady(Duration.ofMinutes(1));
      String agent =
          Jvm.agent(mount.directory())
              + ",retire=2s,acknowledge="
              + sidecar.acknowledgements("app");
      try (Passwords passwords = Passwords.in(mount.directory().resolve("db"));
          RunningApplication shop =
              RunningApplication.start(
                  files,
                  Map.of("DB_HOST", "127.0.0.1:" + postgres.port()),
                  List.of(agent, "-Xmx256m", "-jar", jar.toString()))) {
        shop.awaitPage("/actuator/health", Duration.ofMinutes(2));
        int before = passwords.seen().size();
        Users users = Users.of(shop, 4);
        Thread.sleep(time);
        users.stop();

        assertThat(passwords.seen().size() - before)
            .as("replaced")
            .isGreaterThanOrEqualTo(replacements);
        assertThat(users.failures()).isEmpty();
        assertThat(users.orders()).isGreaterThan(100);
        assertThat(shop.page("/orders")).isEqualTo("{\"count\":" + users.orders() + "}");
        assertThat(shop.isAlive()).as("the process that was started").isTrue();
        Memory.await(
            "the sidecar tells that the published version is in use",
            Duration.ofMinutes(1),
            () -> isCurrentInUse(sidecar.page("/metrics")));
        assertNowhere(passwords, shop, sidecar);
        System.out.printf(
            "figure spring-postgres: %d requests in %d s, none failed; p50 %.1f ms, p99 %.1f ms,"
                + " longest %.0f ms; %d passwords, none found%n",
            users.requests(),
            time.toSeconds(),
            users.millis(50),
            users.millis(99),
            users.millis(100),
            passwords.seen().size());
      }
    }
  }

  private static boolean isCurrentInUse(String metrics) {
    String published = version(metrics, "keyturn_secret_file_version_info{secret=\"db\"");
    return published.equals(version(metrics, "keyturn_secret_in_use_version_info{secret=\"db\""));
  }

  private static String version(String metrics, String start) {
    return metrics
        .lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(line.indexOf("version=\"")))
        .findFirst()
        .orElse("none of " + start);
  }

  /**
   * The passwords in a heap dump. While a connection is being opened its password is there: so the
   * dump is made when the pool has replaced its connections, and again if it was late for that.
   */
  private static List<String> onHeap(Passwords passwords, RunningApplication shop)
      throws Exception {
    List<String> found = List.of();
    for (int attempt = 1; attempt <= 3; attempt++) {
      passwords.awaitNext();
      Thread.sleep(SETTLED);
      byte[] heap = shop.heap();
      assertThat(HeapDump.holds(heap, "keyturn:db/password")).as("what is there instead").isTrue();
      found = passwords.seen().stream().filter(one -> HeapDump.holds(heap, one)).toList();
      if (found.isEmpty()) {
        break;
      }
    }
    return found;
  }

  private static void assertNowhere(
      Passwords passwords, RunningApplication shop, SidecarProcess sidecar) throws Exception {
    assertThat(onHeap(passwords, shop)).as("in the heap dump").isEmpty();
    Set<String> all = passwords.seen();
    for (String path : List.of("/actuator/env", "/actuator/configprops")) {
      assertThat(shop.page(path)).contains("keyturn:db/password").doesNotContain(all);
    }
    assertThat(shop.process()).contains("DB_HOST").doesNotContain(all);
    assertThat(shop.log()).contains("Started Shop").doesNotContain(all);
    assertThat(sidecar.log()).contains("acknowledged").doesNotContain(all);
  }
}
