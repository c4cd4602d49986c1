package dev.keyturn.agenttests.http;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ServerSocketFactory;

/** An HTTP/1.1 server, or proxy, on the loopback interface that remembers what it was sent. */
final class RecordingServer implements AutoCloseable {
  record Request(String line, Map<String, String> headers, String body) {
    String header(String name) {
      return headers.getOrDefault(name, "(none)");
    }

    String target() {
      return line.split(" ", -1)[1];
    }
  }

  private final ServerSocket socket;
  private final Function<Request, String> answers;
  private final List<Request> requests = new CopyOnWriteArrayList<>();

  /**
   * @param answers a status line, headers and an empty line, with CRLF; null for a plain 200
   */
  RecordingServer(ServerSocketFactory factory, Function<Request, String> answers)
      throws IOException {
    this.socket = factory.createServerSocket();
    this.answers = answers;
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual().start(this::accept);
  }

  RecordingServer() throws IOException {
    this(ServerSocketFactory.getDefault(), RecordingServer::redirect);
  }

  /** Sends on to where the query says. */
  private static String redirect(Request request) {
    int to = request.target().indexOf("?to=");
    return to < 0
        ? null
        : "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n"
            .formatted(request.target().substring(to + 4));
  }

  int port() {
    return socket.getLocalPort();
  }

  /** {@code http://localhost:PORT/}, say. */
  String url(String host) {
    return "http://" + host + ":" + port() + "/";
  }

  List<Request> requests() {
    return requests;
  }

  Request last() {
    return requests.getLast();
  }

  private void accept() {
    while (!socket.isClosed()) {
      try {
        Socket connection = socket.accept();
        Thread.ofVirtual().start(() -> serve(connection));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection) {
    try (connection;
        InputStream in = new BufferedInputStream(connection.getInputStream())) {
      OutputStream out = connection.getOutputStream();
      for (Request request = read(in); request != null; request = read(in)) {
        requests.add(request);
        String answer = answers.apply(request);
        if (answer == null && request.line().startsWith("CONNECT ")) {
          answer = "HTTP/1.1 200 OK\r\n\r\n";
        }
        out.write(
            (answer == null ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" : answer)
                .getBytes(StandardCharsets.UTF_8));
        out.flush();
      }
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static Request read(InputStream in) throws IOException {
    String line = line(in);
    if (line.isEmpty()) {
      return null;
    }
    Map<String, String> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String header = line(in); !header.isEmpty(); header = line(in)) {
      int colon = header.indexOf(':');
      if (colon < 0) {
        // TLS, through a tunnel that ends here.
        return null;
      }
      headers.merge(
          header.substring(0, colon),
          header.substring(colon + 1).trim(),
          (one, other) -> one + ", " + other);
    }
    int length = Integer.parseInt(headers.getOrDefault("Content-Length", "0"));
    return new Request(line, headers, new String(in.readNBytes(length), StandardCharsets.UTF_8));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int c = in.read(); c >= 0 && c != '\n'; c = in.read()) {
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
