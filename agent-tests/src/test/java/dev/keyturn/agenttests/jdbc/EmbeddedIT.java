package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Locale;
import org.h2.tools.Server;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** H2 and HSQLDB with their servers in this JVM, and Derby. */
@Timeout(120)
class EmbeddedIT {
  private static final Login ONE = Login.of("one");
  private static final Login TWO = Login.of("two");
  private static final String H2_WHO = "use select lower(current_user)";
  private static final String HSQLDB_WHO = "use values(current_user)";

  private static Server h2;
  private static org.hsqldb.server.Server hsqldb;
  private static Connection h2Database;
  private static Connection hsqldbDatabase;

  @TempDir Path scratch;

  @BeforeAll
  static void start() throws Exception {
    h2Database = DriverManager.getConnection("jdbc:h2:mem:app;DB_CLOSE_DELAY=-1", "sa", "admin");
    h2 = Server.createTcpServer("-tcpPort", "0").start();
    hsqldbDatabase = DriverManager.getConnection("jdbc:hsqldb:mem:app", "sa", "admin");
    hsqldb = new org.hsqldb.server.Server();
    hsqldb.setDatabaseName(0, "app");
    hsqldb.setDatabasePath(0, "mem:app;user=sa;password=admin");
    hsqldb.setAddress("127.0.0.1");
    hsqldb.setPort(freePort());
    hsqldb.setSilent(true);
    hsqldb.setLogWriter(null);
    hsqldb.start();
    for (Login login : List.of(ONE, TWO)) {
      execute(h2Database, "create user " + login.user() + " password '" + login.password() + "'");
      execute(
          hsqldbDatabase,
          "create user \"" + login.user() + "\" password '" + login.password() + "'");
    }
  }

  @AfterAll
  static void stop() throws Exception {
    h2Database.close();
    h2.stop();
    hsqldb.stop();
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String filled(String source) {
    return source
        .replace("H2", "jdbc:h2:tcp://127.0.0.1:" + h2.getPort() + "/mem:app")
        .replace("HSQLDB", "jdbc:hsqldb:hsql://127.0.0.1:" + hsqldb.getPort() + "/app")
        .replace("USER", "keyturn:db/username")
        .replace("PASSWORD", "keyturn:db/password");
  }

  private void followsARotation(String library, String source, String who) throws Exception {
    try (Application app =
        Application.of("jdbc/Databases").with(library).start(scratch, ONE.published())) {
      app.ask(filled(source));
      app.ask("open");
      assertThat(app.ask(who)).isEqualTo("one");
      app.rotate(TWO.published());
      assertThat(app.ask(who)).isEqualTo("two");
      app.ask("settle");
      assertThat(app.onHeap(ONE.password(), TWO.password())).isEmpty();
      assertThat(app.err()).isEmpty();

      app.rotate(new Login("two", "canary-wrong").published());
      assertThat(app.ask(who)).as("with the version before").isEqualTo("two");
    }
  }

  static List<String> ofH2() {
    return List.of(
        "url H2 USER PASSWORD",
        "url H2;user=USER;password=PASSWORD",
        "bean org.h2.jdbcx.JdbcDataSource url=H2 user=USER password=PASSWORD",
        "bean org.h2.jdbcx.JdbcDataSource url=H2;user=USER;password=PASSWORD",
        "xa org.h2.jdbcx.JdbcDataSource url=H2 user=USER password=PASSWORD",
        "pooled org.h2.jdbcx.JdbcDataSource url=H2 user=USER password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("ofH2")
  void h2(String source) throws Exception {
    followsARotation("h2", source, H2_WHO);
  }

  static List<String> ofHsqldb() {
    return List.of(
        "url HSQLDB USER PASSWORD",
        "url HSQLDB;user=USER;password=PASSWORD",
        "bean org.hsqldb.jdbc.JDBCDataSource url=HSQLDB user=USER password=PASSWORD",
        "xa org.hsqldb.jdbc.pool.JDBCXADataSource url=HSQLDB user=USER password=PASSWORD",
        "pooled org.hsqldb.jdbc.pool.JDBCPooledDataSource url=HSQLDB user=USER password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("ofHsqldb")
  void hsqldb(String source) throws Exception {
    followsARotation("hsqldb", source, HSQLDB_WHO);
  }

  @Test
  void databases_in_the_same_jvm() throws Exception {
    try (Application app =
        Application.of("jdbc/Databases")
            .with("h2", "derby", "derbyshared")
            .jvmOptions("-Dderby.stream.error.file=" + scratch.resolve("derby.log"))
            .start(scratch, ONE.published())) {
      for (String url :
          List.of(
              "jdbc:h2:mem:x",
              "jdbc:derby:memory:x;create=true;dataEncryption=true;bootPassword=PASSWORD")) {
        app.ask("url " + filled(url + " USER PASSWORD"));
        String first = app.ask("open");
        assertThat(app.ask("user " + first).toLowerCase(Locale.ROOT)).isEqualTo("one");
      }
    }
  }

  @Test
  void the_oldest_jvm_for_h2_and_hsqldb() throws Exception {
    Jvm eleven = Jvm.all().get(1);
    try (Application app =
        Application.of("jdbc/Databases")
            .jvm(eleven)
            .with("h2", "hsqldb")
            .inChildLoader()
            .start(scratch, ONE.published())) {
      app.ask(filled("bean org.h2.jdbcx.JdbcDataSource url=H2 user=USER password=PASSWORD"));
      assertThat(app.ask(H2_WHO)).isEqualTo("one");
      app.ask(filled("bean org.hsqldb.jdbc.JDBCDataSource url=HSQLDB user=USER password=PASSWORD"));
      assertThat(app.ask(HSQLDB_WHO)).isEqualTo("one");
    }
  }
}
