package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.stream.Stream;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A proxy's credentials are for the proxy's host, and the other headers for the host behind it. */
class ProxiesIT {
  @TempDir Path scratch;

  private static final String GATE_1 = "Bearer canary-gate-1";
  private static final String STAND_IN = "Bearer keyturn:gate/token";
  private static final File GATE = gate("localhost");

  private static File gate(String host) {
    return File.of("gate", "json", "{\"token\":\"canary-gate-1\"}").standIn().hosts(host);
  }

  private static String askFor(RecordingServer.Request request) {
    return request.headers().containsKey("Proxy-Authorization")
        ? null
        : "HTTP/1.1 407 Asks\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
  }

  private void sendsEachItsOwn(Application.Builder client, String inTunnel) throws Exception {
    try (RecordingServer proxy =
            new RecordingServer(ServerSocketFactory.getDefault(), ProxiesIT::askFor);
        Application app = client.start(scratch, Api.ONE.to("behind.test"), GATE)) {
      app.ask("through http://behind.test/ " + proxy.port());
      assertThat(proxy.last().line()).contains("http://behind.test/");
      assertThat(proxy.last().header("Proxy-Authorization")).isEqualTo(GATE_1);
      assertThat(proxy.last().header("X-Token")).isEqualTo(Api.ONE.token());
      // What opens a tunnel is for the proxy. There is nothing behind it.
      app.tell("through https://behind.test/ " + proxy.port());
      assertThat(proxy.last().line()).startsWith("CONNECT behind.test:443 ");
      assertThat(proxy.last().header("Proxy-Authorization")).isEqualTo(inTunnel);
      assertThat(proxy.last().headers()).doesNotContainKey("X-Token");
      if (inTunnel.contains("keyturn:")) {
        assertThat(app.err()).contains("secret 'gate' is not for host (unknown)");
      } else {
        assertThat(app.err()).doesNotContain("keyturn: s");
      }
    }
  }

  static Stream<Arguments> clientsOfTheJdk() {
    return Stream.of(
        Arguments.of("http/UrlConnection", Jvm.oldestAndNewest().getFirst()),
        Arguments.of("http/UrlConnection", Jvm.own()),
        Arguments.of("http/JavaNetHttp", Jvm.own()));
  }

  private static Application.Builder clientOfTheJdk(String client, Jvm jvm) {
    return Application.of(client).jvm(jvm).jvmOptions("-Djdk.http.auth.tunneling.disabledSchemes=");
  }

  /** HttpURLConnection opens a tunnel with what an Authenticator answers, and nothing else. */
  private static String inTunnel(String client, String header) {
    return client.equals("http/JavaNetHttp")
        ? header
        : basic("gate:" + header.substring("Bearer ".length()));
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("clientsOfTheJdk")
  void clients_of_the_JDK(String client, Jvm jvm) throws Exception {
    sendsEachItsOwn(clientOfTheJdk(client, jvm), inTunnel(client, GATE_1));
  }

  @ParameterizedTest
  @MethodSource("clientsOfTheJdk")
  void a_proxy_that_may_not_have_it_gets_the_stand_in_which_is_reported(String client, Jvm jvm)
      throws Exception {
    try (RecordingServer proxy =
            new RecordingServer(ServerSocketFactory.getDefault(), ProxiesIT::askFor);
        Application app =
            clientOfTheJdk(client, jvm)
                .start(
                    scratch,
                    Api.ONE.to("behind.test"),
                    // The host behind the proxy is not the proxy.
                    gate("behind.test"))) {
      app.ask("through http://behind.test/ " + proxy.port());
      assertThat(proxy.last().header("Proxy-Authorization")).isEqualTo(STAND_IN);
      assertThat(proxy.last().header("X-Token")).isEqualTo(Api.ONE.token());
      app.tell("through https://behind.test/ " + proxy.port());
      assertThat(proxy.last().line()).startsWith("CONNECT behind.test:443 ");
      assertThat(proxy.last().header("Proxy-Authorization")).isEqualTo(inTunnel(client, STAND_IN));
      assertThat(app.err()).contains("secret 'gate' is not for host localhost");
    }
  }

  @Test
  void apache_4() throws Exception {
    sendsEachItsOwn(
        Application.of("http/Apache4")
            .with("httpclient", "httpcore", "commons-codec", "commons-logging"),
        "(none)");
  }

  @Test
  void apache_5() throws Exception {
    sendsEachItsOwn(
        Application.of("http/Apache5")
            .with("httpclient5", "httpcore5", "httpcore5-h2", "slf4j-api"),
        "(none)");
  }

  @Test
  void ok_http_3_but_for_tunnels() throws Exception {
    sendsEachItsOwn(Application.of("http/OkHttp").with("okhttp", "okio"), STAND_IN);
  }

  @Test
  void ok_http_5_also_through_a_tunnel() throws Exception {
    sendsEachItsOwn(
        Application.of("http/OkHttp").with("okhttp-jvm", "okio-jvm", "kotlin-stdlib"), GATE_1);
  }

  @Test
  void web_client_tunnels_everything() throws Exception {
    try (RecordingServer proxy = new RecordingServer();
        Application app =
            Application.of("http/WebClientApp")
                .with(Http2IT.WEB_CLIENT)
                .arguments("HTTP11")
                .start(scratch, Api.ONE.to("behind.test"), GATE)) {
      app.ask("through http://behind.test/ " + proxy.port());
      assertThat(proxy.requests().getFirst().line()).startsWith("CONNECT behind.test:80 ");
      assertThat(proxy.requests().getFirst().header("Proxy-Authorization"))
          .isEqualTo(basic("gate:canary-gate-1"));
      assertThat(proxy.last().target()).isEqualTo("/");
      assertThat(proxy.last().header("X-Token")).isEqualTo(Api.ONE.token());
      assertThat(app.err()).doesNotContain("keyturn: s");
    }
  }
}
