package dev.keyturn.agenttests.tls;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.agenttests.frameworks.FrameworkLibraries;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers and clients that know nothing of rotations, with certificates that rotate: new handshakes
 * show the new one, no request fails, and a connection that was there before lives on.
 */
@Timeout(120)
class TlsIT {
  private static final String[] TOMCAT = {"tomcat-embed-core", "jakarta.annotation-api"};
  private static final String[] JETTY = {
    "jetty-server", "jetty-http", "jetty-io", "jetty-util", "slf4j-api"
  };
  private static final String[] NETTY = {
    "netty-handler",
    "netty-transport",
    "netty-buffer",
    "netty-common",
    "netty-resolver",
    "netty-codec-base",
    "netty-codec-compression",
    "netty-codec-http",
    "netty-transport-native-unix-common",
    "netty-tcnative-classes",
    "netty-tcnative-boringssl-static"
  };

  @TempDir static Path shared;
  @TempDir Path scratch;

  private static Identity first;
  private static Identity second;
  private static Identity visitor;
  private static Identity other;

  @BeforeAll
  static void makeCertificates() throws Exception {
    first = Identity.make("first", shared);
    second = Identity.make("second", shared);
    visitor = Identity.make("visitor", shared);
    other = Identity.make("other", shared);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void a_server_and_a_client_by_the_jvms_properties_follow_their_stores(Jvm jvm) throws Exception {
    // Java 8 before its update 301 can't open the PKCS#12 of today.
    String format = jvm.release() == 8 ? "jks" : "pkcs12";
    try (Application app =
        Application.of("tls/ServedByProperties")
            .jvm(jvm)
            .arguments(format)
            .start(scratch, first.file("web", format), Identity.trust("ca", format, first))) {
      assertThat(app.ask("connect")).isEqualTo("CN=first");

      app.rotate(second.file("web", format), Identity.trust("ca", format, second));
      assertThat(app.ask("connect")).isEqualTo("CN=second");
      assertThat(app.ask("on the first connection")).isEqualTo("HTTP/1.1 200 OK +");

      // Its own certificate is trusted no more.
      app.rotate(second.file("web", format), Identity.trust("ca", format, first));
      assertThat(app.tell("connect")).startsWith("failed javax.net.ssl.SSLHandshakeException");

      // What is no store changes nothing.
      app.rotate(File.of("web", format, "no store"), Identity.trust("ca", format, second));
      assertThat(app.ask("connect")).isEqualTo("CN=second");
      assertThat(app.err().lines())
          .singleElement()
          .asString()
          .startsWith("keyturn: secret 'web' can't be read as a key or trust store");

      app.rotate(first.file("web", format), Identity.trust("ca", format, first));
      assertThat(app.ask("connect")).isEqualTo("CN=first");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS", "PEM"})
  void tomcat_drops_no_request_while_its_certificate_rotates(String type) throws Exception {
    try (Application app =
        Application.of("tls/TomcatServer").with(TOMCAT).arguments(type).start(scratch, web(type))) {
      rotatesUnderLoad(app, type);
    }
  }

  @Test
  void tomcat_follows_the_trust_store_for_its_clients() throws Exception {
    try (Application app =
        Application.of("tls/TomcatServer")
            .with(TOMCAT)
            .arguments("PKCS12", "clients")
            .start(scratch, web("PKCS12"), Identity.trust("clients", "pkcs12", visitor))) {
      followsItsTrust(app, "pkcs12", "pkcs12");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PKCS12", "JKS"})
  void jetty_drops_no_request_while_its_certificate_rotates(String type) throws Exception {
    try (Application app =
        Application.of("tls/JettyServer").with(JETTY).arguments(type).start(scratch, web(type))) {
      rotatesUnderLoad(app, type);
    }
  }

  @ParameterizedTest
  @CsvSource({"JDK, PEM", "JDK, PKCS12", "OPENSSL, PKCS12"})
  void netty_drops_no_request_while_its_certificate_rotates(String provider, String type)
      throws Exception {
    try (Application app =
        Application.of("tls/NettyServer")
            .with(NETTY)
            .arguments(provider, type)
            .start(scratch, web(type))) {
      rotatesUnderLoad(app, type);
    }
  }

  @Test
  void netty_follows_the_trust_store_for_its_clients() throws Exception {
    try (Application app =
        Application.of("tls/NettyServer")
            .with(NETTY)
            .arguments("JDK", "PEM", "clients")
            .start(scratch, web("PEM"), Identity.trust("clients", "pem", visitor))) {
      followsItsTrust(app, "pem", "pem");
    }
  }

  @Test
  void spring_boots_ssl_bundle_follows_the_mount() throws Exception {
    try (Application app =
        Application.of("tls/SpringTlsApp")
            .with(FrameworkLibraries.boot())
            .arguments("false")
            .start(scratch, web("PEM"))) {
      rotatesUnderLoad(app, "PEM");
    }
  }

  @Test
  void spring_boots_own_watcher_and_config_tree_work_on_the_mount_without_the_agent()
      throws Exception {
    try (Application app =
        Application.of("tls/SpringTlsApp")
            .with(FrameworkLibraries.boot())
            .agentOptions("off")
            .arguments("true")
            .start(scratch, web("PEM"), File.of("token", "raw", "canary-token"))) {
      assertThat(app.ask("token")).isEqualTo("canary-token");
      Visitor visits = new Visitor(Integer.parseInt(app.ask("port")), null, first, second);
      assertThat(visits.name()).isEqualTo("CN=first");
      app.mount().publish(second.file("web", "pem"), File.of("token", "raw", "canary-token"));
      while (visits.name().equals("CN=first")) {
        Thread.sleep(50);
      }
      assertThat(visits.name()).isEqualTo("CN=second");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"SunX509", "NewSunX509"})
  void an_http_client_shows_its_new_certificate_and_trusts_the_new_server(String algorithm)
      throws Exception {
    try (MutualServer server = new MutualServer();
        Application app =
            Application.of("tls/MutualClient")
                .arguments(String.valueOf(server.port()), algorithm)
                .start(
                    scratch,
                    visitor.file("client", "pkcs12"),
                    Identity.trust("ca", "pkcs12", first))) {
      server.is(first, visitor, other);
      assertThat(app.ask("get")).isEqualTo("CN=visitor");

      app.rotate(other.file("client", "pkcs12"), Identity.trust("ca", "pkcs12", second));
      server.is(second, visitor, other);
      assertThat(app.ask("get")).isEqualTo("CN=other");

      server.is(first, visitor, other);
      assertThat(app.tell("get")).startsWith("failed javax.net.ssl.SSLHandshakeException");
    }
  }

  private static File web(String type) throws Exception {
    return first.file("web", type.toLowerCase(Locale.ROOT));
  }

  /** New connections, and one that is kept alive, are used all the time while it rotates twice. */
  private static void rotatesUnderLoad(Application app, String type) throws Exception {
    String format = type.toLowerCase(Locale.ROOT);
    Visitor visits = new Visitor(Integer.parseInt(app.ask("port")), null, first, second);
    assertThat(visits.name()).isEqualTo("CN=first");
    AtomicBoolean over = new AtomicBoolean();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        Visitor.Visit alive = visits.visit()) {
      Callable<Integer> load =
          () -> {
            int count = 0;
            for (; !over.get(); count++) {
              assertThat(visits.name()).isIn("CN=first", "CN=second");
              alive.get();
            }
            return count;
          };
      Future<Integer> loaded = threads.submit(load);
      try {
        app.rotate(second.file("web", format));
        assertThat(visits.name()).isEqualTo("CN=second");
        app.rotate(first.file("web", format));
        assertThat(visits.name()).isEqualTo("CN=first");
      } finally {
        over.set(true);
      }
      assertThat(loaded.get()).isPositive();
    }
    assertThat(app.err()).doesNotContain("keyturn:");
  }

  private static void followsItsTrust(Application app, String keyFormat, String trustFormat)
      throws Exception {
    int port = Integer.parseInt(app.ask("port"));
    assertThat(new Visitor(port, visitor, first).name()).isEqualTo("CN=first");
    assertThat(new Visitor(port, other, first).isLetIn()).isFalse();

    app.rotate(first.file("web", keyFormat), Identity.trust("clients", trustFormat, other));
    assertThat(new Visitor(port, other, first).name()).isEqualTo("CN=first");
    assertThat(new Visitor(port, visitor, first).isLetIn()).isFalse();
    assertThat(app.err()).doesNotContain("keyturn:");
  }
}
