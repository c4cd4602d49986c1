package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import com.unboundid.ldap.listener.InMemoryDirectoryServer;
import com.unboundid.ldap.listener.InMemoryDirectoryServerConfig;
import com.unboundid.ldap.listener.InMemoryListenerConfig;
import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class LdapIT {
  private static final String BASE = "dc=example,dc=com";

  private final Pair one = of(1);
  private final Pair two = of(2);
  private final Pair three = of(3);
  private InMemoryDirectoryServer server;

  @TempDir Path scratch;

  private static Pair of(int number) {
    return new Pair("cn=app-" + number + "," + BASE, Pair.version(number).password());
  }

  @BeforeEach
  void startServer() throws Exception {
    InMemoryDirectoryServerConfig config = new InMemoryDirectoryServerConfig(BASE);
    config.setListenerConfigs(
        InMemoryListenerConfig.createLDAPConfig(
            "loopback", InetAddress.getLoopbackAddress(), 0, null));
    config.setSchema(null);
    server = new InMemoryDirectoryServer(config);
    server.startListening();
    server.add("dn: " + BASE, "objectClass: domain", "dc: example");
    allow(one);
  }

  @AfterEach
  void stopServer() {
    server.shutDown(true);
  }

  private void allow(Pair pair) throws Exception {
    server.add(
        "dn: " + pair.user(), "objectClass: person", "sn: app", "userPassword: " + pair.password());
  }

  @ParameterizedTest
  @CsvSource({"simple, false, ''", "simple, true, ''", "PLAIN, false, dn:"})
  void contexts_and_reconnects_bind_with_the_current_pair(
      String authentication, String pooled, String prefix) throws Exception {
    try (Application app =
        application(authentication, pooled).start(scratch, prefixed(prefix, one))) {
      assertThat(app.ask("read")).isEqualTo("cn=app-1");
      server.delete(one.user());
      allow(two);
      app.rotate(prefixed(prefix, two));
      assertThat(app.ask("read")).isEqualTo("cn=app-2");
      // The open connections' write buffers still have the bind request.
      assertThat(app.onHeap(two.password())).containsExactly(two.password());
      server.delete(two.user());
      allow(three);
      assertThat(app.tell("read")).startsWith("failed").doesNotContain("canary");
    }
  }

  @Test
  void a_pair_that_the_server_does_not_know_yet_is_followed_by_the_one_before() throws Exception {
    try (Application app = application("simple", "false").start(scratch, one.secret("ldap"))) {
      assertThat(app.ask("read")).isEqualTo("cn=app-1");
      app.rotate(two.secret("ldap"));
      assertThat(app.ask("read")).isEqualTo("cn=app-1");
      assertThat(app.err()).contains("the newest version of [ldap] was refused");
    }
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void on_every_jvm(Jvm jvm) throws Exception {
    try (Application app =
        application("simple", "false").jvm(jvm).start(scratch, one.secret("ldap"))) {
      assertThat(app.ask("read")).isEqualTo("cn=app-1");
      allow(two);
      app.rotate(two.secret("ldap"));
      server.delete(one.user());
      assertThat(app.ask("read")).isEqualTo("cn=app-2");
    }
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  private static File prefixed(String prefix, Pair pair) {
    return new Pair(prefix + pair.user(), pair.password()).secret("ldap");
  }

  private Application.Builder application(String authentication, String pooled) {
    return Application.of("data/Ldap")
        .arguments(String.valueOf(server.getListenPort()), authentication, pooled);
  }
}
