package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.mount.HandMadeMount.File;
import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Unmodified pools, configured with stand-ins, on a real PostgreSQL. */
@Timeout(120)
class PoolsIT {
  private static final String WHO = "select session_user";

  private static Postgres server;
  private static int logins;

  private final Login one = Login.of("one_" + ++logins);
  private final Login two = Login.of("two_" + logins);

  @TempDir Path scratch;

  @BeforeAll
  static void start() throws Exception {
    server = Postgres.start();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  static Stream<Arguments> pools() {
    return Stream.of(
        pool(
            "bean com.zaxxer.hikari.HikariDataSource jdbcUrl=URL username=USER password=PASSWORD"
                + " maximumPoolSize=4",
            "HikariCP",
            "slf4j-api"),
        pool(
            "bean org.apache.tomcat.jdbc.pool.DataSource url=URL username=USER password=PASSWORD"
                + " driverClassName=org.postgresql.Driver initialSize=4 minIdle=4 maxActive=4",
            "tomcat-jdbc",
            "tomcat-juli"),
        pool(
            "bean org.apache.commons.dbcp2.BasicDataSource url=URL username=USER password=PASSWORD"
                + " initialSize=4 minIdle=4 maxTotal=4",
            "commons-dbcp2",
            "commons-pool2",
            "commons-logging"),
        pool(
            "bean com.mchange.v2.c3p0.ComboPooledDataSource jdbcUrl=URL user=USER"
                + " password=PASSWORD initialPoolSize=4 minPoolSize=4 maxPoolSize=4",
            "c3p0",
            "mchange-commons-java"),
        pool(
            "agroal jdbcUrl=URL principal=USER credential=PASSWORD initialSize=4 minSize=4"
                + " maxSize=4",
            "agroal-pool",
            "agroal-api"));
  }

  private static Arguments pool(String source, String... libraries) {
    return Arguments.of(libraries[0], source, libraries);
  }

  private Application start(String source, String[] libraries) throws Exception {
    return start("retire=1s", source, libraries);
  }

  private Application start(String options, String source, String[] libraries) throws Exception {
    for (Login login : new Login[] {one, two}) {
      server.execute("create role " + login.user() + " login password '" + login.password() + "'");
    }
    String[] all =
        Stream.concat(Stream.of("postgresql"), Stream.of(libraries)).toArray(String[]::new);
    Application app =
        Application.of("jdbc/Databases")
            .with(all)
            .agentOptions(options)
            .start(scratch, one.published(), other("1"));
    app.ask(
        source
            .replace("URL", "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres")
            .replace("USER", "keyturn:db/username")
            .replace("PASSWORD", "keyturn:db/password"));
    return app;
  }

  private static File other(String value) {
    return File.of("other", "raw", value);
  }

  /** Connections of that login at the server. */
  private static int open(Login login) throws Exception {
    return server.count(
        "select count(*) from pg_stat_activity where usename='" + login.user() + "'");
  }

  private static void awaitOpen(Login login, int count) throws Exception {
    Memory.await(login.user() + " has " + count, () -> open(login) == count);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pools")
  void after_a_rotation_idle_connections_are_replaced_and_none_in_use_is_cut(
      String name, String source, String[] libraries) throws Exception {
    try (Application app = start(source, libraries)) {
      String held = app.ask("open");
      String returned = app.ask("open");
      awaitOpen(one, 4);
      app.ask("close " + returned);
      app.rotate(two.published(), other("1"));

      awaitOpen(one, 1);
      assertThat(app.ask("query " + held + " " + WHO)).isEqualTo(one.user());
      assertThat(app.ask("use " + WHO)).isEqualTo(two.user());
      app.ask("close " + held);
      awaitOpen(one, 0);
      assertThat(app.ask("use " + WHO)).isEqualTo(two.user());

      app.ask("settle");
      assertThat(app.onHeap(one.password(), two.password())).isEmpty();
      assertThat(app.err()).doesNotContain("keyturn:", "Exception");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pools")
  void connections_go_one_by_one_over_the_time_for_it(
      String name, String source, String[] libraries) throws Exception {
    // Long enough for each number to be seen, as often as we look.
    try (Application app = start("retire=8s", source, libraries)) {
      app.ask("use " + WHO);
      awaitOpen(one, 4);
      CompletableFuture<Set<Integer>> counts = CompletableFuture.supplyAsync(this::untilNoneIsLeft);
      app.rotate(two.published(), other("1"));
      assertThat(counts.get()).containsExactly(4, 3, 2, 1, 0);
      assertThat(app.ask("use " + WHO)).isEqualTo(two.user());
      assertThat(app.err()).doesNotContain("keyturn:", "Exception");
    }
  }

  /** How many there were, in that order. */
  private Set<Integer> untilNoneIsLeft() {
    Set<Integer> seen = new LinkedHashSet<>();
    try {
      Memory.await(
          "none is left",
          Duration.ofMinutes(1),
          () -> {
            int now = open(one);
            seen.add(now);
            return now == 0;
          });
    } catch (Exception e) {
      throw new AssertionError("after " + seen, e);
    }
    return seen;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("pools")
  void a_pool_that_does_not_use_the_secret_is_left_alone(
      String name, String source, String[] libraries) throws Exception {
    try (Application app = start(source, libraries)) {
      String process = app.ask("use select pg_backend_pid()");
      awaitOpen(one, 4);
      String all = processes(one);
      app.rotate(one.published(), other("2"));
      // Longer than retire.
      Thread.sleep(1500);
      assertThat(processes(one)).isEqualTo(all).contains(process);
    }
  }

  @Test
  void oracles_ucp_opens_connections_with_the_current_version_and_keeps_the_old_ones()
      throws Exception {
    // It opens them in a thread of its own, for which it waits 3 s unless told otherwise.
    String source =
        "bean oracle.ucp.jdbc.PoolDataSourceImpl url=URL user=USER password=PASSWORD"
            + " connectionFactoryClassName=org.postgresql.Driver connectionWaitTimeout=60"
            + " initialPoolSize=1";
    try (Application app = start(source, new String[] {"ucp", "ojdbc8"})) {
      String held = app.ask("open");
      app.rotate(two.published(), other("1"));
      String next = app.ask("open");
      assertThat(app.ask("query " + held + " " + WHO)).isEqualTo(one.user());
      assertThat(app.ask("query " + next + " " + WHO)).isEqualTo(two.user());
      app.ask("settle");
      assertThat(app.onHeap(one.password(), two.password())).isEmpty();
      assertThat(app.err()).doesNotContain("keyturn:", "Exception");
    }
  }

  private static String processes(Login login) throws Exception {
    return server.query(
        "select string_agg(pid::text, ' ' order by pid) from pg_stat_activity where usename='"
            + login.user()
            + "'");
  }
}
