package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The drivers of MariaDB and MySQL, both with a real MariaDB. */
@Timeout(180)
class MariaDbIT {
  private static final String USER = "keyturn:db/username";
  private static final String PASSWORD = "keyturn:db/password";
  private static final String WHO = "use select substring_index(user(), '@', 1)";

  private static MariaDb server;
  private static final Login ONE = Login.of("one");
  private static final Login TWO = Login.of("two");

  @TempDir Path scratch;

  @BeforeAll
  static void start() throws Exception {
    server = MariaDb.start();
    server.execute(
        "create database app", create(ONE), create(TWO), "grant all on app.* to one, two");
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static String create(Login login) {
    return "create user " + login.user() + " identified by '" + login.password() + "'";
  }

  private static long refusals(String user) throws Exception {
    return server
        .log()
        .lines()
        .filter(line -> line.contains("Access denied for user '" + user + "'@"))
        .count();
  }

  private static String filled(String source) {
    return source
        .replace("MARIADB", "jdbc:mariadb://127.0.0.1:" + server.port() + "/app")
        .replace("MYSQL", "jdbc:mysql://127.0.0.1:" + server.port() + "/app")
        .replace("USER", USER)
        .replace("PASSWORD", PASSWORD);
  }

  private Application start(Jvm jvm, Login login) throws Exception {
    return Application.of("jdbc/Databases")
        .jvm(jvm)
        .with("mariadb-java-client", "mysql-connector-j", "slf4j-api")
        .start(scratch, login.published());
  }

  private void followsARotation(Jvm jvm, String source, boolean driverKeepsTheValue)
      throws Exception {
    try (Application app = start(jvm, ONE)) {
      app.ask(filled(source));
      app.ask("open");
      assertThat(app.ask(WHO)).isEqualTo("one");
      app.rotate(TWO.published());
      assertThat(app.ask(WHO)).isEqualTo("two");
      app.ask("settle");
      assertThat(app.onHeap(ONE.password(), TWO.password()))
          .isEqualTo(driverKeepsTheValue ? List.of(ONE.password()) : List.of());
      assertThat(app.err()).doesNotContain("keyturn:");
    }
  }

  static List<String> ofMariaDb() {
    return List.of(
        "url MARIADB USER PASSWORD",
        "url MARIADB?user=USER&password=PASSWORD",
        "bean org.mariadb.jdbc.MariaDbDataSource url=MARIADB user=USER password=PASSWORD",
        "bean org.mariadb.jdbc.MariaDbDataSource url=MARIADB?user=USER&password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("ofMariaDb")
  void mariadbs_driver_and_data_source(String source) throws Exception {
    // In what an open connection was authenticated with; configuration and pools have the stand-in.
    followsARotation(Jvm.own(), source, true);
  }

  static List<String> ofMySql() {
    return List.of(
        "url MYSQL USER PASSWORD",
        "url MYSQL?user=USER&password=PASSWORD",
        "url jdbc:mysql://keyturn%3Adb%2Fusername:keyturn%3Adb%2Fpassword@127.0.0.1:PORT/app",
        "driver com.mysql.cj.jdbc.NonRegisteringDriver MYSQL user=USER password=PASSWORD",
        "bean com.mysql.cj.jdbc.MysqlDataSource url=MYSQL user=USER password=PASSWORD",
        "xa com.mysql.cj.jdbc.MysqlXADataSource url=MYSQL user=USER password=PASSWORD",
        "pooled com.mysql.cj.jdbc.MysqlConnectionPoolDataSource url=MYSQL user=USER password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("ofMySql")
  void mysqls_driver_and_data_sources(String source) throws Exception {
    followsARotation(Jvm.own(), source.replace("PORT", String.valueOf(server.port())), false);
  }

  @Test
  void both_on_the_oldest_jvm() throws Exception {
    Jvm oldest = Jvm.oldestAndNewest().getFirst();
    followsARotation(oldest, "url MARIADB USER PASSWORD", true);
    followsARotation(oldest, "url MYSQL USER PASSWORD", false);
  }

  static List<String> both() {
    return List.of(
        "url MARIADB USER PASSWORD",
        "url MYSQL USER PASSWORD",
        "bean org.mariadb.jdbc.MariaDbDataSource url=MARIADB user=USER password=PASSWORD",
        "bean com.mysql.cj.jdbc.MysqlDataSource url=MYSQL user=USER password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("both")
  void the_pair_before_works_while_the_new_one_is_refused(String source) throws Exception {
    try (Application app = start(Jvm.own(), ONE)) {
      app.ask(filled(source));
      assertThat(app.ask(WHO)).isEqualTo("one");
      long before = refusals("one");
      app.rotate(new Login("one", "canary-wrong").published());
      assertThat(app.ask("opens 5")).isEqualTo("0");
      assertThat(refusals("one") - before).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("both")
  void a_refusal_is_the_drivers_own_and_costs_few_logins(String source) throws Exception {
    try (Application app = start(Jvm.own(), Login.of("nobody"))) {
      app.ask(filled(source));
      long before = refusals("nobody");
      app.rotate(Login.of("nobody").published());
      assertThat(app.tell("open")).contains("Access denied for user 'nobody'");
      assertThat(refusals("nobody") - before).isEqualTo(2);
      assertThat(app.ask("opens 5")).isEqualTo("5");
      assertThat(refusals("nobody") - before).isEqualTo(7);
    }
  }

  @Test
  void mariadbs_own_pool_opens_with_the_next_version() throws Exception {
    try (Application app = start(Jvm.own(), ONE)) {
      app.ask(
          filled(
              "bean org.mariadb.jdbc.MariaDbPoolDataSource"
                  + " url=MARIADB?minPoolSize=1&maxPoolSize=3 user=USER password=PASSWORD"));
      String held = app.ask("open");
      assertThat(app.ask("query " + held + " select substring_index(user(), '@', 1)"))
          .isEqualTo("one");
      app.rotate(TWO.published());
      assertThat(app.ask(WHO)).isEqualTo("two");
    }
  }
}
