package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.HttpProtocol;
import reactor.netty.http.server.HttpServer;

/** Clients that speak HTTP/2, without TLS, and Reactor Netty with either. */
class Http2IT {
  static final String[] WEB_CLIENT = {
    "spring-webflux",
    "spring-web",
    "spring-core",
    "spring-beans",
    "spring-context",
    "commons-logging",
    "jspecify",
    "micrometer-observation",
    "micrometer-commons",
    "reactor-core",
    "reactive-streams",
    "reactor-netty-core",
    "reactor-netty-http",
    "netty-buffer",
    "netty-codec-classes-quic",
    "netty-codec-base",
    "netty-codec-compression",
    "netty-codec-dns",
    "netty-codec-http",
    "netty-codec-http2",
    "netty-codec-socks",
    "netty-common",
    "netty-handler",
    "netty-handler-proxy",
    "netty-resolver",
    "netty-resolver-dns",
    "netty-transport",
    "netty-transport-native-unix-common",
  };

  @TempDir Path scratch;

  record Seen(String protocol, String authorization, String token) {}

  private final List<Seen> seen = new CopyOnWriteArrayList<>();

  private DisposableServer server() {
    return HttpServer.create()
        .host("127.0.0.1")
        .protocol(HttpProtocol.HTTP11, HttpProtocol.H2C)
        .handle(
            (request, response) -> {
              seen.add(
                  new Seen(
                      request.protocol(),
                      request.requestHeaders().get("authorization"),
                      request.requestHeaders().get("x-token")));
              return response.sendString(Mono.just("ok"));
            })
        .bindNow();
  }

  private static Seen sent(String protocol, Api api) {
    return new Seen(protocol, api.basic(), api.token());
  }

  private void sendsTheCurrentVersion(Application.Builder client, String protocol, boolean remains)
      throws Exception {
    DisposableServer server = server();
    try (Application app = client.start(scratch, Api.ONE.to("localhost:" + server.port()))) {
      String url = "http://%s:" + server.port() + "/";
      // The first request of java.net.http is an HTTP/1.1 one, which asks for HTTP/2.
      app.ask("get " + url.formatted("localhost"));
      app.ask("get " + url.formatted("localhost"));
      assertThat(seen).last().isEqualTo(sent(protocol, Api.ONE));
      app.rotate(Api.TWO.to("localhost:" + server.port()));
      app.ask("get " + url.formatted("localhost"));
      assertThat(seen).last().isEqualTo(sent(protocol, Api.TWO));
      app.ask("get " + url.formatted("127.0.0.1"));
      app.ask("get " + url.formatted("127.0.0.1"));
      assertThat(seen).last().isEqualTo(sent(protocol, Api.STAND_INS));
      assertThat(app.err().lines().filter(line -> line.startsWith("keyturn: s")))
          .singleElement()
          .asString()
          .contains("is not for host 127.0.0.1");
      // The table that compresses headers (RFC 7541) has what was sent, until it is full.
      assertThat(app.onHeap(Api.ONE.canaries()).isEmpty()).isEqualTo(!remains);
      assertThat(app.onHeap(Api.TWO.canaries()).isEmpty()).isEqualTo(!remains);
    } finally {
      server.disposeNow();
    }
  }

  @Test
  void java_net_http() throws Exception {
    sendsTheCurrentVersion(Application.of("http/JavaNetHttp"), "HTTP/2.0", false);
  }

  @Test
  void ok_http() throws Exception {
    sendsTheCurrentVersion(
        Application.of("http/OkHttp")
            .with("okhttp-jvm", "okio-jvm", "kotlin-stdlib")
            .arguments("H2_PRIOR_KNOWLEDGE"),
        "HTTP/2.0",
        true);
  }

  @Test
  void apache_5_asynchronous() throws Exception {
    sendsTheCurrentVersion(
        Application.of("http/Apache5Async")
            .with("httpclient5", "httpcore5", "httpcore5-h2", "slf4j-api")
            .arguments("FORCE_HTTP_2"),
        "HTTP/2.0",
        false);
  }

  @Test
  void web_client_on_reactor_netty() throws Exception {
    sendsTheCurrentVersion(
        Application.of("http/WebClientApp").with(WEB_CLIENT).arguments("H2C"), "HTTP/2.0", true);
  }

  @Test
  void web_client_on_reactor_netty_with_http_1() throws Exception {
    sendsTheCurrentVersion(
        Application.of("http/WebClientApp").with(WEB_CLIENT).arguments("HTTP11"),
        "HTTP/1.1",
        false);
  }

  @Test
  void web_client_follows_to_another_host_without_the_value() throws Exception {
    try (RecordingServer server = new RecordingServer();
        Application app =
            Application.of("http/WebClientApp")
                .with(WEB_CLIENT)
                .arguments("HTTP11")
                .start(scratch, Api.ONE.to("localhost"))) {
      app.ask("get " + server.url("localhost") + "?to=" + server.url("127.0.0.1") + "landed");
      assertThat(server.requests().getFirst().header("X-Token")).isEqualTo(Api.ONE.token());
      assertThat(server.last().target()).isEqualTo("/landed");
      assertThat(server.last().headers().values())
          .noneMatch(value -> value.contains("canary") || value.equals(Api.ONE.basic()));
    }
  }

  @Test
  void rest_client_and_rest_template() throws Exception {
    String[] libraries = {
      "spring-web",
      "spring-core",
      "spring-beans",
      "commons-logging",
      "jspecify",
      "micrometer-observation",
      "micrometer-commons"
    };
    try (RecordingServer server = new RecordingServer();
        Application app =
            Application.of("http/RestClientApp")
                .with(libraries)
                .start(scratch, Api.ONE.to("localhost"))) {
      for (String command : List.of("get ", "template ")) {
        app.rotate(Api.ONE.to("localhost"));
        app.ask(command + server.url("localhost"));
        assertThat(server.last().header("Authorization")).isEqualTo(Api.ONE.basic());
        app.rotate(Api.TWO.to("localhost"));
        app.ask(command + server.url("localhost"));
        assertThat(server.last().header("Authorization")).isEqualTo(Api.TWO.basic());
        assertThat(server.last().header("X-Token")).isEqualTo(Api.TWO.token());
      }
    }
  }

  @Test
  void a_netty_server_sends_stand_ins_as_they_are() throws Exception {
    try (Application app =
        Application.of("http/NettyServer").with(WEB_CLIENT).start(scratch, Api.ONE.to("*.test"))) {
      assertThat(app.ask("start")).isEqualTo("keyturn:api/token");
      assertThat(app.err()).doesNotContain("keyturn: s");
    }
  }
}
