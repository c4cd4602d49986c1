package dev.keyturn.agenttests.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each client over HTTP/1.1: its headers, to which hosts, and what its heap has afterwards. */
class HttpClientsIT {
  private static final String[] APACHE_4 = {
    "httpclient", "httpcore", "commons-codec", "commons-logging"
  };
  private static final String[] APACHE_5 = {
    "httpclient5", "httpcore5", "httpcore5-h2", "slf4j-api"
  };

  /** What a client leaves on its heap while its connection is kept. */
  enum Remains {
    NOTHING,
    THE_LAST_REQUEST,
    /** In buffers that all connections share: when they are written again depends. */
    PERHAPS_SOME
  }

  @SuppressWarnings("ImmutableEnumChecker") // the array is never changed
  enum Client {
    URL_CONNECTION("http/UrlConnection", Remains.THE_LAST_REQUEST),
    JAVA_NET_HTTP("http/JavaNetHttp", Remains.NOTHING),
    APACHE_4("http/Apache4", Remains.THE_LAST_REQUEST, HttpClientsIT.APACHE_4),
    APACHE_4_ASYNC(
        "http/Apache4Async",
        Remains.THE_LAST_REQUEST,
        with(HttpClientsIT.APACHE_4, "httpasyncclient", "httpcore-nio")),
    APACHE_5("http/Apache5", Remains.THE_LAST_REQUEST, HttpClientsIT.APACHE_5),
    APACHE_5_ASYNC("http/Apache5Async", Remains.THE_LAST_REQUEST, HttpClientsIT.APACHE_5),
    OK_HTTP_3("http/OkHttp", Remains.PERHAPS_SOME, "okhttp", "okio"),
    OK_HTTP_5("http/OkHttp", Remains.PERHAPS_SOME, "okhttp-jvm", "okio-jvm", "kotlin-stdlib");

    private final String source;
    private final Remains remains;
    private final String[] libraries;

    Client(String source, Remains remains, String... libraries) {
      this.source = source;
      this.remains = remains;
      this.libraries = libraries;
    }

    Application.Builder builder() {
      Application.Builder builder = Application.of(source).with(libraries);
      return this == APACHE_5_ASYNC ? builder.arguments("FORCE_HTTP_1") : builder;
    }
  }

  @TempDir Path scratch;

  private static String[] with(String[] some, String... more) {
    List<String> all = new ArrayList<>(List.of(some));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }

  @ParameterizedTest
  @EnumSource
  void a_reused_client_and_request_send_the_current_version_to_the_hosts_that_may_have_it(
      Client client) throws Exception {
    try (RecordingServer server = new RecordingServer();
        Application app = client.builder().start(scratch, Api.ONE.to("localhost"))) {
      sendsTheCurrentVersion(server, app);
      if (client.remains != Remains.PERHAPS_SOME) {
        assertThat(app.onHeap(Api.ONE.canaries())).isEmpty();
        assertThat(app.onHeap(Api.TWO.canaries()).isEmpty())
            .isEqualTo(client.remains == Remains.NOTHING);
      }

      // Another host of the same server gets the stand-in, and that is said once.
      app.ask("get " + server.url("127.0.0.1"));
      app.ask("get " + server.url("127.0.0.1"));
      assertSent(server.last(), Api.STAND_INS);
      assertThat(app.err().lines().filter(line -> line.startsWith("keyturn: s")))
          .singleElement()
          .asString()
          .startsWith(
              "keyturn: secret 'api' is not for host 127.0.0.1, so the stand-in for it stays")
          .contains("its plan's 'hosts' are [localhost]");

      // One that may have it sends the client on to one that may not.
      app.tell("get " + server.url("localhost") + "?to=" + server.url("127.0.0.1") + "landed");
      if (server.last().target().equals("/landed")) {
        assertThat(server.last().headers().values())
            .noneMatch(value -> value.contains("canary") || value.equals(Api.TWO.basic()));
      }
      assertThat(server.requests().stream().filter(one -> one.target().startsWith("/?to=")))
          .isNotEmpty()
          .allSatisfy(request -> assertSent(request, Api.TWO));

      System.out.println(
          "HEAP " + client + app.onHeap(Api.ONE.canaries()) + app.onHeap(Api.TWO.canaries()));
    }
  }

  private static void sendsTheCurrentVersion(RecordingServer server, Application app)
      throws Exception {
    assertThat(app.ask("get " + server.url("localhost"))).startsWith("ok 200");
    assertSent(server.last(), Api.ONE);
    app.rotate(Api.TWO.to("localhost"));
    assertThat(app.ask("get " + server.url("localhost"))).startsWith("ok 200");
    assertSent(server.last(), Api.TWO);
    // What it sends besides headers is its own.
    assertThat(server.last().body()).isIn("", "sent keyturn:api/token");
  }

  private static void assertSent(RecordingServer.Request request, Api expected) {
    assertThat(request.header("X-Token")).isEqualTo(expected.token());
    assertThat(request.header("Authorization")).isEqualTo(expected.basic());
  }

  @ParameterizedTest
  @EnumSource(names = {"URL_CONNECTION", "APACHE_4", "APACHE_4_ASYNC", "OK_HTTP_3", "OK_HTTP_5"})
  void they_do_so_on_Java_8(Client client) throws Exception {
    onJvm(Jvm.all().getFirst(), client, builder -> builder);
  }

  @Test
  void java_net_http_does_so_on_11_and_17_and_21() throws Exception {
    for (Jvm jvm : Jvm.withModules()) {
      onJvm(jvm, Client.JAVA_NET_HTTP, builder -> builder);
    }
  }

  @Test
  void the_JDKs_own_does_so_on_11_and_17_and_21() throws Exception {
    for (Jvm jvm : Jvm.withModules()) {
      onJvm(jvm, Client.URL_CONNECTION, builder -> builder);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"APACHE_4_ASYNC", "APACHE_5", "OK_HTTP_5"})
  void they_do_so_in_a_class_loader_of_an_application_server(Client client) throws Exception {
    onJvm(Jvm.own(), client, Application.Builder::inChildLoader);
  }

  @ParameterizedTest
  @EnumSource(names = {"APACHE_5", "OK_HTTP_5"})
  void they_do_so_as_modules(Client client) throws Exception {
    onJvm(Jvm.own(), client, Application.Builder::withModules);
  }

  private void onJvm(Jvm jvm, Client client, UnaryOperator<Application.Builder> way)
      throws Exception {
    try (RecordingServer server = new RecordingServer();
        Application app =
            way.apply(client.builder().jvm(jvm)).start(scratch, Api.ONE.to("localhost"))) {
      sendsTheCurrentVersion(server, app);
      assertThat(app.err()).doesNotContain("keyturn: s");
    }
  }
}
