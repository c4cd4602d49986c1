package dev.keyturn.sidecar.endpoint;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.endpoint.Endpoint.Address;
import dev.keyturn.sidecar.endpoint.Endpoint.Reply;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EndpointTest {
  @TempDir Path directory;

  private Endpoint open() throws IOException {
    return Endpoint.open(
        new Address.Unix(directory.resolve("s")),
        request -> {
          String path = request.path();
          if (path.equals("/broken")) {
            throw new IllegalStateException("a page that fails");
          }
          return new Reply(
              200,
              "text/plain",
              (request.method().equals("GET") ? path : request.toString())
                  + " ü".repeat(path.equals("/big") ? 500_000 : 1));
        });
  }

  private SocketChannel connect() throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    channel.connect(UnixDomainSocketAddress.of(directory.resolve("s")));
    return channel;
  }

  /** What comes back until the server closes the connection. */
  private static String rest(SocketChannel channel) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(2_000_000);
    while (true) {
      if (channel.read(all) < 0) {
        return new String(all.array(), 0, all.position(), StandardCharsets.UTF_8);
      }
    }
  }

  private String ask(String request) throws IOException {
    try (SocketChannel channel = connect()) {
      channel.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
      return rest(channel);
    }
  }

  @Test
  void answers_on_a_socket_for_its_owner_alone() throws Exception {
    try (Endpoint _ = open()) {
      assertThat(ask("GET /healthz?x=1 HTTP/1.1\r\nHost: x\r\n\r\n"))
          .isEqualTo(
              "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nConnection: close\r\n\r\n/healthz ü");
      assertThat(
              PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve("s"))))
          .isEqualTo("rw-------");
    }
    assertThat(directory.resolve("s")).doesNotExist();
  }

  @Test
  void passes_on_what_is_posted_and_its_query() throws Exception {
    try (Endpoint _ = open()) {
      assertThat(ask("POST /refresh?secret=db&x HTTP/1.1\r\nContent-Length: 0\r\n\r\n"))
          .contains("Request[method=POST, path=/refresh, query=secret=db&x]");
    }
  }

  @Test
  void takes_the_place_of_a_socket_that_a_killed_process_left() throws Exception {
    Files.createFile(directory.resolve("s"));
    try (Endpoint _ = open()) {
      assertThat(ask("GET / HTTP/1.1\r\n\r\n")).contains("200");
    }
  }

  @Test
  void sends_an_answer_that_is_longer_than_a_socket_buffer() throws Exception {
    try (Endpoint _ = open()) {
      assertThat(ask("GET /big HTTP/1.1\r\n\r\n")).endsWith(" ü".repeat(500_000));
    }
  }

  @Test
  void refuses_what_it_does_not_understand() throws Exception {
    try (Endpoint _ = open()) {
      assertThat(ask("PUT / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 405");
      assertThat(ask("hello\r\n\r\n")).startsWith("HTTP/1.1 400");
      assertThat(ask("GET /" + "x".repeat(Endpoint.MAX_REQUEST_BYTES - 5)))
          .startsWith("HTTP/1.1 431");
      assertThat(ask("GET /broken HTTP/1.1\r\n\r\n")).isEmpty();
      assertThat(ask("GET / HTTP/1.1\r\n\r\n")).as("it lives on").contains("200");
    }
  }

  @Test
  void drops_who_does_not_finish_and_answers_others_meanwhile() throws Exception {
    try (Endpoint _ = open();
        SocketChannel slow = connect()) {
      slow.write(ByteBuffer.wrap("GET / HT".getBytes(StandardCharsets.UTF_8)));
      assertThat(ask("GET / HTTP/1.1\r\n\r\n")).contains("200");
      assertThat(rest(slow)).as("closed by the server").isEmpty();
    }
  }

  @Test
  void takes_a_few_connections_at_a_time() throws Exception {
    List<SocketChannel> many = new ArrayList<>();
    try (Endpoint _ = open()) {
      for (int i = 0; i < Endpoint.MAX_CONNECTIONS; i++) {
        many.add(connect());
      }
      Memory.await("one too many", this::isRefused);
      Memory.await("room again", () -> !isRefused());
    } finally {
      for (SocketChannel channel : many) {
        channel.close();
      }
    }
  }

  private boolean isRefused() {
    try {
      return ask("GET / HTTP/1.1\r\n\r\n").isEmpty();
    } catch (IOException e) {
      return true;
    }
  }

  @Test
  void an_address_is_a_unix_socket_or_the_loopback() {
    assertThat(Address.parse("unix:/run/s")).contains(new Address.Unix(Path.of("/run/s")));
    assertThat(Address.parse("127.0.0.1:8080")).contains(new Address.Loopback(8080));
    for (String bad :
        List.of(
            "0.0.0.0:80",
            "localhost:80",
            "127.0.0.1:99999",
            ":80",
            "unix:s",
            "",
            "unix:/" + "x".repeat(107))) {
      assertThat(Address.parse(bad)).as(bad).isEmpty();
    }
  }
}
