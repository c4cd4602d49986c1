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

/** R2DBC with a real PostgreSQL. */
@Timeout(120)
class R2dbcIT {
  private static final Login ONE = Login.of("one");
  private static final Login TWO = Login.of("two");

  private static Postgres server;

  @TempDir Path scratch;

  @BeforeAll
  static void start() throws Exception {
    server = Postgres.start();
    for (Login login : List.of(ONE, TWO)) {
      server.execute("create role " + login.user() + " login password '" + login.password() + "'");
    }
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private Application start(Jvm jvm) throws Exception {
    return Application.of("jdbc/R2dbc")
        .jvm(jvm)
        .with(
            "r2dbc-postgresql",
            "r2dbc-pool",
            "r2dbc-spi",
            "reactor-pool",
            "reactor-core",
            "reactor-netty-core",
            "reactive-streams",
            "netty-common",
            "netty-buffer",
            "netty-transport",
            "netty-transport-native-unix-common",
            "netty-handler",
            "netty-handler-proxy",
            "netty-resolver",
            "netty-resolver-dns",
            "netty-codec-base",
            "netty-codec-dns",
            "scram-client",
            "scram-common",
            "saslprep",
            "stringprep")
        .start(scratch, ONE.published());
  }

  private static String url(String credentials) {
    return "postgresql://" + credentials + "127.0.0.1:" + server.port() + "/postgres";
  }

  static List<String> sources() {
    String encoded = "keyturn%3Adb%2Fusername:keyturn%3Adb%2Fpassword@";
    String options = " keyturn:db/username keyturn:db/password";
    return List.of(
        "r2dbc:" + url("") + options,
        "r2dbc:" + url(encoded),
        "r2dbc:pool:" + url("") + "?initialSize=0&maxSize=2" + options);
  }

  private void followsARotation(Jvm jvm, String source) throws Exception {
    try (Application app = start(jvm)) {
      app.ask("url " + source);
      String held = app.ask("open");
      assertThat(app.ask("query " + held + " select session_user::text")).isEqualTo("one");
      app.rotate(TWO.published());
      assertThat(app.ask("use select session_user::text")).isEqualTo("two");
      assertThat(app.ask("query " + held + " select session_user::text")).isEqualTo("one");
      app.ask("settle");
      // An open connection keeps what it logged in with.
      assertThat(app.onHeap(ONE.password(), TWO.password())).contains(ONE.password());
    }
  }

  static List<String> all() throws Exception {
    return List.of("options", "url", "pool");
  }

  @ParameterizedTest
  @MethodSource("all")
  void the_next_connection_has_the_pair_of_the_rotation(String way) throws Exception {
    followsARotation(Jvm.own(), sources().get(all().indexOf(way)));
  }

  @Test
  void on_the_oldest_jvm() throws Exception {
    // On Java 8 this driver calls a method of Java 9 when the server asks for SCRAM.
    followsARotation(Jvm.all().get(1), sources().getFirst());
  }
}
