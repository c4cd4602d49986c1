package dev.keyturn.sidecar.vault;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** Accepts connections one after another; answers each request with the next text it was given. */
final class ScriptedServer implements AutoCloseable {
  private final ServerSocket server;
  private final List<String> requests = Collections.synchronizedList(new ArrayList<>());
  private final AtomicInteger connections = new AtomicInteger();

  /**
   * @param answers each ends its connection if it is followed by an empty one; a missing one is
   *     never sent
   */
  ScriptedServer(String... answers) throws IOException {
    server = new ServerSocket(0, 10, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    Thread.ofVirtual().start(() -> serve(new ArrayList<>(List.of(answers))));
  }

  private void serve(List<String> answers) {
    try {
      while (true) {
        Socket socket = server.accept();
        connections.incrementAndGet();
        BufferedReader in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.ISO_8859_1));
        String line;
        StringBuilder request = new StringBuilder();
        while ((line = in.readLine()) != null) {
          request.append(line).append('\n');
          if (line.isEmpty()) {
            requests.add(request.toString());
            request.setLength(0);
            if (answers.isEmpty()) {
              break;
            }
            socket
                .getOutputStream()
                .write(answers.removeFirst().getBytes(StandardCharsets.ISO_8859_1));
            if (!answers.isEmpty() && answers.getFirst().isEmpty()) {
              answers.removeFirst();
              socket.close();
              break;
            }
          }
        }
      }
    } catch (IOException e) {
      // Closed by the test.
    }
  }

  String address() {
    return "http://127.0.0.1:" + server.getLocalPort();
  }

  List<String> requests() {
    return requests;
  }

  int connections() {
    return connections.get();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
