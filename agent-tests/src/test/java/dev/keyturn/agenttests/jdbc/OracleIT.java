package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Oracle's driver and data sources, without a server: one that takes the connection and never
 * answers shows what the driver goes to log in with, since that is on its heap meanwhile, and
 * nothing of it was before.
 */
@Timeout(120)
class OracleIT {
  private static final Login ONE = Login.of("canary-user-one");
  private static final Login TWO = Login.of("canary-user-two");

  @TempDir Path scratch;

  static List<String> sources() {
    String address = "@//127.0.0.1:PORT/app";
    String url = "jdbc:oracle:thin:" + address;
    return List.of(
        "url " + url + " USER PASSWORD",
        "url jdbc:oracle:thin:USER/PASSWORD" + address,
        "driver oracle.jdbc.OracleDriver " + url + " user=USER password=PASSWORD",
        "bean oracle.jdbc.pool.OracleDataSource url=" + url + " user=USER password=PASSWORD",
        "xa oracle.jdbc.xa.client.OracleXADataSource url=" + url + " user=USER password=PASSWORD");
  }

  @ParameterizedTest
  @MethodSource("sources")
  void a_login_under_way_has_the_pair_of_the_rotation(String source) throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        Application app =
            Application.of("jdbc/Databases")
                .jvm(Jvm.own())
                .with("ojdbc8")
                .start(scratch, ONE.published())) {
      app.ask(
          source
              .replace("PORT", String.valueOf(silent.getLocalPort()))
              .replace("USER", "keyturn:db/username")
              .replace("PASSWORD", "keyturn:db/password"));
      app.rotate(TWO.published());
      app.ask("settle");
      assertThat(app.onHeap(ONE.user(), TWO.user(), ONE.password(), TWO.password())).isEmpty();
      silent.setSoTimeout(20_000);
      app.ask("start");
      try (var driver = silent.accept()) {
        driver.setSoTimeout(20_000);
        assertThat(driver.getInputStream().read()).as("the first byte of a login").isNotNegative();
        assertThat(app.onHeap(ONE.user(), TWO.user(), ONE.password(), TWO.password()))
            .containsExactly(TWO.user(), TWO.password());
      }
    }
  }
}
