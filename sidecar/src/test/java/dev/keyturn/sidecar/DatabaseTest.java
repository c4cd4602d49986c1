package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A real database whose credentials live 10 s, 30 s with renewals. */
class DatabaseTest {
  private static final int CONNECTIONS_PER_SECOND = 50;

  @TempDir static Path files;
  private static OpenBao bao;
  private static Postgres postgres;

  @BeforeAll
  static void startServers() throws Exception {
    bao = OpenBao.start(files);
    postgres = Postgres.start();
    postgres.configure(bao, "10s", "30s");
    bao.allow(
        "database/creds/app", "read",
        "sys/leases/revoke", "update",
        "secret/data/*", "read");
    bao.appRole(files, "");
  }

  @AfterAll
  static void stopServers() throws IOException {
    postgres.close();
    bao.close();
  }

  /** Leases that the sidecar of another test left, such as one that was killed. */
  @BeforeEach
  void revokeAll() throws Exception {
    bao.call("PUT", "sys/leases/revoke-force/database/creds/app", "{}");
  }

  @Test
  void no_connection_is_refused_while_credentials_are_replaced() throws Exception {
    run(Duration.ofSeconds(36), 2);
  }

  @Test
  @Tag("soak")
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void no_connection_is_refused_over_many_replacements() throws Exception {
    run(Duration.ofMinutes(4), 8);
  }

  private SidecarProcess start(String name, Memory mount, String secrets) throws IOException {
    return SidecarProcess.start(
        Files.createDirectory(files.resolve(name)),
        """
        vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
        secrets:
        %s
        """
            .formatted(
                bao.address(),
                files.resolve("role-id"),
                files.resolve("secret-id"),
                secrets.indent(2)),
        mount.directory().toString());
  }

  @Test
  void secrets_of_one_path_share_a_lease_and_a_lease_that_is_revoked_is_replaced()
      throws Exception {
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            start(
                "shared",
                mount,
                """
                user: {from: 'vault:database/creds/app#username'}
                password: {from: 'vault:database/creds/app#password'}
                both: {from: 'vault:database/creds/app', format: properties}
                """)) {
      sidecar.awaitReady(Duration.ofSeconds(60));
      String first = mount.read("user");
      assertThat(mount.read("both"))
          .contains("username=" + first, "password=" + mount.read("password"));
      assertThat(leases()).isEqualTo(1);

      bao.call("PUT", "sys/leases/revoke-prefix/database/creds/app", "{}");
      Memory.await(
          "credentials in place of the revoked ones",
          Duration.ofSeconds(30),
          () -> !mount.read("user").equals(first));
      postgres.connect(mount.read("user"), mount.read("password")).close();
      assertThat(sidecar.end()).isZero();
      Memory.await("no role of ours is left", () -> postgres.leasedRoles() == 0);
    }
  }

  @Test
  void a_template_shares_the_lease_of_a_reference_and_renders_what_the_agent_does()
      throws Exception {
    String map =
        "{{ with secret \"database/creds/app\" }}{{ range $key, $value := .Data }}{{ $key }}: {{"
            + " $value }}\n{{ end }}{{ end }}";
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            start(
                "with-template",
                mount,
                """
                user: {from: 'vault:database/creds/app#username'}
                map: {template: "%s"}
                again: {template: '{{ with secret "database/creds/app" }}{{ .Data.username }}{{ end }}'}
                """
                    .formatted(map.replace("\"", "\\\"").replace("\n", "\\n")))) {
      sidecar.awaitReady(Duration.ofSeconds(60));
      String user = mount.read("user");
      assertThat(mount.read("again")).isEqualTo(user);
      assertThat(mount.read("map")).contains("username: " + user);
      assertThat(leases()).isEqualTo(1);

      Path rendered = Files.createDirectory(files.resolve("agent"));
      BaoAgent.render(bao, files, Map.of("map", map), rendered);
      assertThat(shape(mount.read("map")))
          .isEqualTo(shape(Files.readString(rendered.resolve("map"))));

      Memory.await(
          "the next credentials, in all files", // whose lease ends after 30 s at most
          Duration.ofSeconds(40),
          () -> !mount.read("user").equals(user) && mount.read("again").equals(mount.read("user")));
    }
  }

  /** What does not differ from lease to lease. */
  private static String shape(String file) {
    return file.replaceAll(": .+", ": ...").strip();
  }

  @Test
  void what_a_template_asks_for_no_more_is_given_back() throws Exception {
    bao.put("flag", "{\"on\":\"yes\"}");
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            start(
                "dropped",
                mount,
                """
                conf:
                  refresh: 1s
                  template: '{{ with secret "secret/data/flag" }}{{ if eq .Data.data.on "yes" }}{{ with secret "database/creds/app" }}{{ .Data.username }}{{ end }}{{ else }}off{{ end }}{{ end }}'
                """)) {
      sidecar.awaitReady(Duration.ofSeconds(60));
      String user = mount.read("conf");
      assertThat(leases()).isEqualTo(1);
      bao.put("flag", "{\"on\":\"no\"}");
      Memory.await("the other file", () -> mount.read("conf").equals("off"));
      Memory.await("no lease", () -> leases() == 0);
      assertThat(sidecar.log())
          .contains("\"event\":\"revoke\"", "\"server\":\"vault:database/creds/app\"")
          .doesNotContain(user);
    }
  }

  @Test
  void a_lease_that_ran_out_while_the_process_was_stopped_is_replaced_at_once() throws Exception {
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            start("stopped", mount, "user: {from: 'vault:database/creds/app#username'}")) {
      sidecar.awaitReady(Duration.ofSeconds(60));
      String before = mount.read("user");
      sidecar.suspend(Duration.ofSeconds(12));
      Memory.await(
          "other credentials", Duration.ofSeconds(10), () -> !mount.read("user").equals(before));
    }
  }

  /** Revoking such a token does not take its leases with it, and this one is not ours to revoke. */
  @Test
  void leases_of_batch_tokens_and_of_a_token_that_is_not_ours_are_given_back_one_by_one()
      throws Exception {
    bao.call(
        "POST",
        "auth/approle/role/batch",
        "{\"token_policies\":[\"app\"],\"token_type\":\"batch\",\"token_ttl\":\"1h\"}");
    Path own = Files.createDirectory(files.resolve("batch"));
    Path roleId =
        Files.writeString(
            own.resolve("role-id"),
            BaoApi.text(bao.call("GET", "auth/approle/role/batch/role-id", ""), "role_id"));
    Path secretId =
        Files.writeString(
            own.resolve("secret-id"),
            BaoApi.text(bao.call("POST", "auth/approle/role/batch/secret-id", "{}"), "secret_id"));
    Path token = Files.writeString(own.resolve("token"), bao.token("1h"));
    for (String auth :
        List.of(
            "auth: approle, role-id-file: %s, secret-id-file: %s".formatted(roleId, secretId),
            "auth: token, token-file: " + token)) {
      try (Memory mount = new Memory();
          SidecarProcess sidecar =
              SidecarProcess.start(
                  own,
                  """
                  vault: {address: "%s", %s}
                  secrets:
                    user: {from: 'vault:database/creds/app#username'}
                  """
                      .formatted(bao.address(), auth),
                  mount.directory().toString())) {
        sidecar.awaitReady(Duration.ofSeconds(60));
        assertThat(leases()).isEqualTo(1);
        assertThat(sidecar.end()).isZero();
        // At once, and not by the end of their ten seconds.
        assertThat(leases()).as(sidecar.log()).isZero();
      }
    }
  }

  /** How many the server has. */
  private static int leases() throws Exception {
    String answer;
    try {
      answer = bao.call("LIST", "sys/leases/lookup/database/creds/app", "");
    } catch (AssertionError none) {
      return 0;
    }
    int keys = answer.indexOf("[", answer.indexOf("\"keys\""));
    return answer.substring(keys, answer.indexOf(']', keys)).split(",", -1).length;
  }

  private void run(Duration length, int pairsAtLeast) throws Exception {
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            start(
                "sidecar-" + pairsAtLeast,
                mount,
                "db: {from: 'vault:database/creds/app', format: properties}")) {
      sidecar.awaitReady(Duration.ofSeconds(60));
      int mostRoles = 0;
      Client client = new Client(mount);
      try (ScheduledExecutorService clients = Executors.newScheduledThreadPool(4)) {
        var _ =
            clients.scheduleAtFixedRate(
                client, 0, 1_000_000 / CONNECTIONS_PER_SECOND, TimeUnit.MICROSECONDS);
        long end = System.nanoTime() + length.toNanos();
        while (System.nanoTime() < end) {
          mostRoles = Math.max(mostRoles, postgres.leasedRoles());
          Thread.sleep(1000);
        }
      }
      System.out.printf(
          "figure database: %d connections in %d s with %d pairs of credentials, %d failed; at most"
              + " %d roles at a time; %.0f renewals%n",
          client.opened.get(),
          length.toSeconds(),
          client.users.size(),
          client.failures.size(),
          mostRoles,
          sidecar.metric("keyturn_renewals_total", "outcome=\"ok\""));

      assertThat(client.failures).isEmpty();
      assertThat(client.opened.get())
          .as("connections")
          .isGreaterThan((int) length.toSeconds() * CONNECTIONS_PER_SECOND / 2);
      assertThat(client.users.size()).as("pairs").isGreaterThanOrEqualTo(pairsAtLeast);
      // The one in use and the one before, which lives on until its own end.
      assertThat(mostRoles).isLessThanOrEqualTo(3);
      String password = client.credentials().getProperty("password");
      assertThat(sidecar.log()).doesNotContain(password);

      assertThat(sidecar.end()).isZero();
      Memory.await("no role of ours is left", () -> postgres.leasedRoles() == 0);
    }
  }

  /**
   * Opens a connection and closes it. Looks at the mount once a second, like the Java agent: so its
   * credentials may be a second older than what is published.
   */
  private static final class Client implements Runnable {
    private final Memory mount;
    private final AtomicInteger opened = new AtomicInteger();
    private final Set<String> users = ConcurrentHashMap.newKeySet();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private Properties known = new Properties();
    private long looked;

    Client(Memory mount) {
      this.mount = mount;
    }

    synchronized Properties credentials() throws IOException {
      if (known.isEmpty() || System.nanoTime() - looked > 1_000_000_000L) {
        Properties fresh = new Properties();
        fresh.load(new StringReader(mount.read("db")));
        known = fresh;
        looked = System.nanoTime();
      }
      return known;
    }

    @Override
    public void run() {
      try {
        Properties pair = credentials();
        String user = pair.getProperty("username");
        postgres.connect(user, pair.getProperty("password")).close();
        users.add(user);
        opened.incrementAndGet();
      } catch (SQLException | IOException e) {
        failures.add(String.valueOf(e.getMessage()));
      }
    }
  }
}
