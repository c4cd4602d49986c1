package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SQL Server's driver and data sources; the login packet shows what they send. */
@Timeout(120)
class SqlServerIT {
  private static final Login ONE = Login.of("one");
  private static final Login TWO = Login.of("two");

  @TempDir Path scratch;

  static List<String> sources() {
    String url = "jdbc:sqlserver://127.0.0.1:PORT;encrypt=false";
    String bean = " url=" + url + " user=USER password=PASSWORD";
    return List.of(
        "url " + url + " USER PASSWORD",
        "url " + url + ";user=USER;password={PASSWORD}",
        "bean com.microsoft.sqlserver.jdbc.SQLServerDataSource" + bean,
        "bean com.microsoft.sqlserver.jdbc.SQLServerDataSource url="
            + url
            + ";user=USER;password=PASSWORD",
        "pooled com.microsoft.sqlserver.jdbc.SQLServerConnectionPoolDataSource" + bean);
  }

  private Application start(SqlServer server, String source) throws Exception {
    Application app =
        Application.of("jdbc/Databases").with("mssql-jdbc").start(scratch, ONE.published());
    app.ask(
        source
            .replace("PORT", String.valueOf(server.port()))
            .replace("USER", "keyturn:db/username")
            .replace("PASSWORD", "keyturn:db/password"));
    return app;
  }

  @ParameterizedTest
  @MethodSource("sources")
  void the_login_packet_has_the_pair_of_the_rotation(String source) throws Exception {
    try (SqlServer server = new SqlServer(login -> true);
        Application app = start(server, source)) {
      app.ask("open");
      app.rotate(TWO.published());
      app.ask("open");
      assertThat(server.logins).containsExactly(ONE, TWO);
      app.ask("settle");
      // In what each open connection knows of itself.
      assertThat(app.onHeap(ONE.password(), TWO.password()))
          .containsExactly(ONE.password(), TWO.password());
      assertThat(app.err()).doesNotContain("keyturn:");
    }
  }

  @ParameterizedTest
  @MethodSource("sources")
  void the_pair_before_is_tried_once_the_new_one_is_refused(String source) throws Exception {
    try (SqlServer server = new SqlServer(ONE::equals);
        Application app = start(server, source)) {
      app.ask("open");
      app.rotate(TWO.published());
      app.ask("open");
      assertThat(server.logins).containsExactly(ONE, TWO, ONE);
    }
  }

  @ParameterizedTest
  @MethodSource("sources")
  void a_refusal_is_the_drivers_own_and_costs_few_logins(String source) throws Exception {
    try (SqlServer server = new SqlServer(login -> false);
        Application app = start(server, source)) {
      app.rotate(TWO.published());
      assertThat(app.tell("open")).contains("SQLServerException", "Login failed for user 'two'");
      assertThat(server.logins).containsExactly(TWO, ONE);
      assertThat(app.ask("opens 3")).isEqualTo("3");
      assertThat(server.logins).hasSize(5);
    }
  }

  @Test
  void an_xa_connection_which_is_two_takes_both_from_one_version() throws Exception {
    try (SqlServer server = new SqlServer(ONE::equals);
        Application app =
            start(
                server,
                "xa com.microsoft.sqlserver.jdbc.SQLServerXADataSource"
                    + " url=jdbc:sqlserver://127.0.0.1:PORT;encrypt=false user=USER"
                    + " password=PASSWORD")) {
      app.ask("open");
      app.rotate(TWO.published());
      app.ask("open");
      assertThat(server.logins).containsExactly(ONE, ONE, TWO, ONE, ONE);
    }
  }
}
