package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.sidecar.Postgres;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** PostgreSQL's driver and data sources with a real server. */
@Timeout(120)
class PostgresIT {
  private static final String USER = "keyturn:db/username";
  private static final String PASSWORD = "keyturn:db/password";
  private static final String BY_DRIVER_MANAGER = "url URL " + USER + " " + PASSWORD;
  private static final String WHO = "use select session_user";

  private static Postgres server;
  private static String url;
  private static final Login ONE = Login.of("one");
  private static final Login TWO = Login.of("two");

  @TempDir Path scratch;

  @BeforeAll
  static void start() throws Exception {
    server = Postgres.start();
    url = "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres";
    server.execute(create(ONE), create(TWO));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static String create(Login login) {
    return "create role " + login.user() + " login password '" + login.password() + "'";
  }

  private static long refusals(String user) throws Exception {
    return server
        .log()
        .lines()
        .filter(line -> line.endsWith("password authentication failed for user \"" + user + "\""))
        .count();
  }

  private static Application.Builder databases() {
    return Application.of("jdbc/Databases").with("postgresql");
  }

  /** Each way in: the first connection has the first version, the next one the second. */
  private void followsARotation(Application.Builder builder, String source) throws Exception {
    try (Application app = builder.start(scratch, ONE.published())) {
      app.ask(source);
      String held = app.ask("open");
      assertThat(app.ask("query " + held + " select session_user")).isEqualTo("one");
      app.rotate(TWO.published());
      assertThat(app.ask(WHO)).isEqualTo("two");
      assertThat(app.ask("query " + held + " select session_user")).isEqualTo("one");
      app.ask("settle");
      assertThat(app.onHeap(ONE.password(), TWO.password())).isEmpty();
      assertThat(app.err()).isEmpty();
    }
  }

  static List<String> sources() {
    return List.of(
        BY_DRIVER_MANAGER,
        "url URL?user=" + USER + "&password=" + PASSWORD,
        "url URL?user=keyturn%3Adb%2Fusername&password=keyturn%3Adb%2Fpassword&ApplicationName=x",
        "driver org.postgresql.Driver URL user=" + USER + " password=" + PASSWORD,
        "driver org.postgresql.Driver URL loginTimeout=5 user=" + USER + " password=" + PASSWORD,
        "bean org.postgresql.ds.PGSimpleDataSource url=URL user=" + USER + " password=" + PASSWORD,
        "xa org.postgresql.xa.PGXADataSource url=URL user=" + USER + " password=" + PASSWORD,
        "pooled org.postgresql.ds.PGConnectionPoolDataSource url=URL user="
            + USER
            + " password="
            + PASSWORD);
  }

  @ParameterizedTest
  @MethodSource("sources")
  void the_next_connection_has_the_pair_of_the_rotation(String source) throws Exception {
    followsARotation(databases(), source.replace("URL", url));
  }

  static List<Jvm> jvms() {
    return Jvm.oldestAndNewest();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void in_a_class_loader_of_the_applications_own(Jvm jvm) throws Exception {
    followsARotation(
        databases().jvm(jvm).inChildLoader(),
        "driver org.postgresql.Driver URL user=USER password=PASSWORD"
            .replace("USER", USER)
            .replace("PASSWORD", PASSWORD)
            .replace("URL", url));
  }

  @Test
  void on_the_oldest_jvm() throws Exception {
    followsARotation(
        databases().jvm(Jvm.oldestAndNewest().getFirst()), BY_DRIVER_MANAGER.replace("URL", url));
  }

  @Test
  void on_the_module_path() throws Exception {
    followsARotation(databases().withModules(), BY_DRIVER_MANAGER.replace("URL", url));
  }

  @Test
  void the_pair_before_works_while_the_new_one_is_refused() throws Exception {
    Login wrong = new Login("one", "canary-wrong");
    try (Application app = databases().start(scratch, ONE.published())) {
      app.ask(BY_DRIVER_MANAGER.replace("URL", url));
      assertThat(app.ask(WHO)).isEqualTo("one");
      long before = refusals("one");
      app.rotate(wrong.published());
      assertThat(app.ask("opens 10")).isEqualTo("0");
      assertThat(refusals("one") - before).as("logins with the refused pair").isEqualTo(1);
      app.rotate(TWO.published());
      assertThat(app.ask(WHO)).isEqualTo("two");
    }
  }

  @Test
  void a_refusal_is_the_drivers_own_and_costs_few_logins() throws Exception {
    Login first = Login.of("nobody_1");
    Login second = Login.of("nobody_2");
    try (Application app = databases().start(scratch, first.published())) {
      app.ask(BY_DRIVER_MANAGER.replace("URL", url));
      assertThat(app.tell("open"))
          .contains("PSQLException", "password authentication failed for user \"nobody_1\"")
          .doesNotContain("keyturn", first.password());
      assertThat(refusals("nobody_1")).isEqualTo(1);
      app.rotate(second.published());
      assertThat(app.tell("open"))
          .contains("password authentication failed for user \"nobody_2\"")
          .doesNotContain("keyturn", second.password());
      assertThat(refusals("nobody_1") + refusals("nobody_2")).isEqualTo(3);
      assertThat(app.ask("opens 10")).isEqualTo("10");
      // No more than the application asked for.
      assertThat(refusals("nobody_1") + refusals("nobody_2")).isEqualTo(13);
      assertThat(app.err()).doesNotContain(first.password(), second.password());
    }
  }

  @Test
  void a_value_with_everything_that_a_url_could_take_amiss() throws Exception {
    Login odd = new Login("odd", "c?&=;%41+ #{}@/:");
    server.execute(create(odd));
    try (Application app = databases().start(scratch, odd.published())) {
      for (String source :
          List.of(
              BY_DRIVER_MANAGER, "url URL?user=" + USER + "&password=" + PASSWORD + "&ssl=false")) {
        app.ask(source.replace("URL", url));
        assertThat(app.ask(WHO)).isEqualTo("odd");
      }
    }
  }

  @Test
  void a_stand_in_among_other_text_and_one_that_names_nothing() throws Exception {
    try (Application app = databases().start(scratch, ONE.published())) {
      app.ask("url " + url + " " + USER + " keyturn:other/password");
      assertThat(app.tell("open")).contains("PSQLException");
      assertThat(app.err()).contains("no secret 'other' is in the mount").contains("sink jdbc");
      app.ask("url " + url + "?ApplicationName=of-" + USER + " " + USER + " " + PASSWORD);
      assertThat(app.ask("use show application_name")).isEqualTo("of-one");
    }
  }
}
