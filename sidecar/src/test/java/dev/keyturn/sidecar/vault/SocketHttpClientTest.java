package dev.keyturn.sidecar.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.VaultAuth;
import dev.keyturn.plan.VaultSettings;
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
            new VaultSettings(
                URI.create(address),
                new VaultAuth.TokenFile("/token", false),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                true,
                Duration.ofSeconds(10))),
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
                    new VaultSettings(
                        URI.create(server.address()),
                        new VaultAuth.TokenFile("/token", false),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        Duration.ofSeconds(10))),
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
}
