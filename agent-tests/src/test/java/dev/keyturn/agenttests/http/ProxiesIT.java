package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A proxy's credentials are for the proxy's host, and the other headers for the host behind it. */
class ProxiesIT {
  @TempDir Path scratch;

  private static final String GATE_1 = "Bearer canary-gate-1";
  private static final File GATE =
      File.of("gate", "json", "{\"token\":\"canary-gate-1\"}").standIn().hosts("localhost");

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
    sendsEachItsOwn(
        Application.of("http/OkHttp").with("okhttp", "okio"), "Bearer keyturn:gate/token");
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
          .isEqualTo(
              "Basic "
                  + Base64.getEncoder()
                      .encodeToString("gate:canary-gate-1".getBytes(StandardCharsets.UTF_8)));
      assertThat(proxy.last().target()).isEqualTo("/");
      assertThat(proxy.last().header("X-Token")).isEqualTo(Api.ONE.token());
      assertThat(app.err()).doesNotContain("keyturn: s");
    }
  }
}
