package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.management.remote.JMXAuthenticator;
import javax.management.remote.JMXConnectorServer;
import javax.management.remote.JMXConnectorServerFactory;
import javax.management.remote.JMXServiceURL;
import javax.security.auth.Subject;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the JDK itself has: login modules, and JMX over RMI. */
class JaasIT {
  private final Pair one = Pair.version(1);
  private final Pair two = Pair.version(22);

  @TempDir Path scratch;

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void a_login_module_is_given_the_current_pair(Jvm jvm) throws Exception {
    try (Application app =
        Application.of("data/Jaas").jvm(jvm).start(scratch, one.secret("jaas"))) {
      assertThat(app.ask("login")).isEqualTo(one.user() + " " + one.password().length());
      app.rotate(two.secret("jaas"));
      assertThat(app.ask("login")).isEqualTo(two.user() + " " + two.password().length());
      assertThat(app.onHeap(one.password(), two.password())).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void a_sasl_login_that_a_rotation_divides_keeps_its_pair(Jvm jvm) throws Exception {
    try (Application app =
        Application.of("data/Scram").jvm(jvm).start(scratch, one.secret("sasl"))) {
      assertThat(app.ask("first")).isEqualTo(one.user());
      app.rotate(two.secret("sasl"));
      assertThat(app.ask("last")).isEqualTo(String.valueOf(one.password().length()));
      assertThat(app.ask("first")).isEqualTo(two.user());
      assertThat(app.ask("last")).isEqualTo(String.valueOf(two.password().length()));
    }
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void a_jmx_client_logs_in_with_the_current_pair(Jvm jvm) throws Exception {
    List<String> logins = new CopyOnWriteArrayList<>();
    JMXAuthenticator authenticator =
        credentials -> {
          logins.add(String.join(" ", (String[]) credentials));
          return new Subject();
        };
    JMXConnectorServer server =
        JMXConnectorServerFactory.newJMXConnectorServer(
            new JMXServiceURL("service:jmx:rmi:///"),
            Map.of(JMXConnectorServer.AUTHENTICATOR, authenticator),
            ManagementFactory.getPlatformMBeanServer());
    server.start();
    try (Application app =
        Application.of("data/Jmx")
            .jvm(jvm)
            .arguments(server.getAddress().toString())
            .start(scratch, one.secret("jmx"))) {
      assertThat(app.ask("read")).isEqualTo("Java Virtual Machine Specification");
      app.rotate(two.secret("jmx"));
      app.ask("read");
      assertThat(logins)
          .containsExactly(one.user() + " " + one.password(), two.user() + " " + two.password());
      assertThat(app.onHeap(one.password(), two.password())).isEmpty();
    } finally {
      server.stop();
    }
  }
}
