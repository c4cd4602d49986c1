package dev.keyturn.sidecar.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.sidecar.http.Dialer;
import dev.keyturn.sidecar.http.Server;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SocketHttpClientTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static SocketHttpClient client(String address) {
    return new SocketHttpClient(
        new Dialer(
            new Server(
                URI.create(address),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty())),
        Duration.ofSeconds(1));
  }

  private static HttpRequest get(ScriptedServer server) {
    return HttpRequest.newBuilder(URI.create(server.address() + "/v1/a?b=c"))
        .header("X-Test", "1")
        .build();
  }

  private static HttpResponse<String> ask(String answer) throws Exception {
    try (ScriptedServer server = new ScriptedServer(answer, "");
        SocketHttpClient client = client(server.address())) {
      return client.send(get(server), BodyHandlers.ofString());
    }
  }

  @Test
  void sends_what_HTTP_asks_for() throws Exception {
    try (ScriptedServer server = new ScriptedServer(OK);
        SocketHttpClient client = client(server.address())) {
      client.send(get(server), BodyHandlers.ofString());
      assertThat(server.requests())
          .containsExactly(
              "GET /v1/a?b=c HTTP/1.1\nHost: "
                  + server.address().substring("http://".length())
                  + "\nX-Test: 1\n\n");
    }
  }

  @Test
  void keeps_a_connection_for_the_next_request() throws Exception {
    try (ScriptedServer server = new ScriptedServer(OK, OK);
        SocketHttpClient client = client(server.address())) {
      client.send(get(server), BodyHandlers.ofString());
      assertThat(client.send(get(server), BodyHandlers.ofString()).body()).isEqualTo("ok");
      assertThat(server.connections()).isEqualTo(1);
    }
  }

  @Test
  void reads_again_where_the_server_closed_an_idle_connection() throws Exception {
    try (ScriptedServer server = new ScriptedServer(OK, "", OK);
        SocketHttpClient client = client(server.address())) {
      client.send(get(server), BodyHandlers.ofString());
      assertThat(client.send(get(server), BodyHandlers.ofString()).body()).isEqualTo("ok");
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void never_sends_a_login_twice() throws Exception {
    try (ScriptedServer server = new ScriptedServer(OK, "", "", "");
        SocketHttpClient client = client(server.address())) {
      client.send(get(server), BodyHandlers.ofString());
      HttpRequest login =
          HttpRequest.newBuilder(URI.create(server.address() + "/v1/auth/x/login"))
              .POST(BodyPublishers.ofByteArray(new byte[] {'\n'}))
              .build();
      assertThatThrownBy(() -> client.send(login, BodyHandlers.ofString()))
          .isInstanceOf(IOException.class);
      assertThat(server.requests()).filteredOn(it -> it.startsWith("POST")).hasSizeLessThan(2);
    }
  }

  @Test
  void reads_chunks() throws Exception {
    assertThat(
            ask("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n")
                .body())
        .isEqualTo("abcde");
  }

  @Test
  void skips_an_interim_answer_and_takes_one_without_body() throws Exception {
    assertThat(ask("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK).statusCode()).isEqualTo(200);
    assertThat(ask("HTTP/1.1 204 No Content\r\n\r\n").body()).isEmpty();
  }

  @Test
  void refuses_an_answer_that_is_too_long_or_malformed() {
    for (String answer :
        new String[] {
          "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n-1\r\n\r\n0\r\n\r\n",
          "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
          "HTTP/1.1 200 OK\r\nX: " + "x".repeat(70_000) + "\r\n\r\n",
          "HTTP/1.1 200 OK\r\nno header\r\n\r\n",
          "HTTP/1.1 200 OK\r\n\r\nno length",
          "SSH-2.0-OpenSSH\r\n\r\n",
          "HTTP/1.1 abc\r\n\r\n",
          "\r\n\r\n"
        }) {
      assertThatThrownBy(() -> ask(answer)).as(answer).isInstanceOf(IOException.class);
    }
  }

  @Test
  void gives_up_on_a_server_that_does_not_answer_or_drips() throws Exception {
    try (ScriptedServer server = new ScriptedServer();
        SocketHttpClient client = client(server.address())) {
      assertThatThrownBy(() -> client.send(get(server), BodyHandlers.ofString()))
          .isInstanceOf(HttpTimeoutException.class);
    }
    try (ScriptedServer server =
            new ScriptedServer("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx");
        SocketHttpClient client = client(server.address())) {
      assertThatThrownBy(() -> client.send(get(server), BodyHandlers.ofString()))
          .isInstanceOf(HttpTimeoutException.class);
    }
  }

  @Test
  void an_interrupt_ends_a_wait() throws Exception {
    try (ScriptedServer server = new ScriptedServer();
        SocketHttpClient client =
            new SocketHttpClient(
                new Dialer(
                    new Server(
                        URI.create(server.address()),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty())),
                Duration.ofMinutes(10))) {
      Thread waiting =
          Thread.ofVirtual()
              .start(
                  () ->
                      assertThatThrownBy(() -> client.send(get(server), BodyHandlers.ofString()))
                          .isInstanceOf(Exception.class));
      while (server.requests().isEmpty()) {
        Thread.sleep(5);
      }
      waiting.interrupt();
      assertThat(waiting.join(Duration.ofSeconds(10))).isTrue();
    }
  }

  @Test
  void says_how_long_a_server_with_too_many_requests_wants_to_be_left_alone() {
    assertThatThrownBy(
            () -> ask("HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n"))
        .isInstanceOfSatisfying(
            SocketHttpClient.ThrottledException.class,
            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(7)));
    for (String value : new String[] {"0", "-5", "soon", "99999999999999999999"}) {
      assertThatThrownBy(
              () ->
                  ask(
                      "HTTP/1.1 429 Too Many\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n"
                          .formatted(value)))
          .as(value)
          .isInstanceOfSatisfying(
              SocketHttpClient.ThrottledException.class,
              e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofSeconds(1)));
    }
    assertThatThrownBy(
            () -> ask("HTTP/1.1 429 Too Many\r\nRetry-After: 86400\r\nContent-Length: 0\r\n\r\n"))
        .isInstanceOfSatisfying(
            SocketHttpClient.ThrottledException.class,
            e -> assertThat(e.retryAfter()).isEqualTo(Duration.ofMinutes(5)));
  }

  private static String redirect(String to) {
    return "HTTP/1.1 307 Temporary Redirect\r\nLocation: " + to + "\r\nContent-Length: 0\r\n\r\n";
  }

  @Test
  void follows_a_standby_to_the_active_server_once() throws Exception {
    try (ScriptedServer active = new ScriptedServer(OK);
        ScriptedServer standby = new ScriptedServer(redirect(active.address() + "/v1/a?b=c"));
        SocketHttpClient client = client(standby.address())) {
      assertThat(client.send(get(standby), BodyHandlers.ofString()).body()).isEqualTo("ok");
      assertThat(active.requests())
          .singleElement()
          .asString()
          .contains("GET /v1/a?b=c", "X-Test: 1");
    }
    try (ScriptedServer other = new ScriptedServer(redirect("http://127.0.0.1:1/v1/a"));
        ScriptedServer standby = new ScriptedServer(redirect(other.address() + "/v1/a"));
        SocketHttpClient client = client(standby.address())) {
      assertThat(client.send(get(standby), BodyHandlers.ofString()).statusCode()).isEqualTo(307);
    }
  }

  @Test
  void is_not_led_to_another_scheme() throws Exception {
    for (String elsewhere : new String[] {"https://127.0.0.1:1/v1/a", "file:///etc/passwd", "%%"}) {
      assertThat(ask(redirect(elsewhere)).statusCode()).as(elsewhere).isEqualTo(307);
    }
  }

  @Test
  void shows_the_state_that_a_write_left_to_the_next_server() throws Exception {
    String written = "HTTP/1.1 200 OK\r\nX-Vault-Index: v1:abc\r\nContent-Length: 2\r\n\r\nok";
    try (ScriptedServer server = new ScriptedServer(written, OK);
        SocketHttpClient client = client(server.address())) {
      client.send(get(server), BodyHandlers.ofString());
      client.send(get(server), BodyHandlers.ofString());
      assertThat(server.requests().getFirst()).doesNotContain("X-Vault-Index");
      assertThat(server.requests().getLast()).contains("X-Vault-Index: v1:abc");
    }
  }
}
