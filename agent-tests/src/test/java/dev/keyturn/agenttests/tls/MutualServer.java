package dev.keyturn.agenttests.tls;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** A server that demands a certificate, and answers with its name. Each request is a connection. */
final class MutualServer implements AutoCloseable {
  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private volatile SSLContext context;

  MutualServer() throws IOException {
    Thread.ofVirtual()
        .start(
            () -> {
              while (true) {
                try (Socket socket = server.accept()) {
                  answer(socket);
                } catch (IOException e) {
                  if (server.isClosed()) {
                    return;
                  }
                }
              }
            });
  }

  int port() {
    return server.getLocalPort();
  }

  /** From now on it is that one. */
  void is(Identity own, Identity... trusted) {
    context = Visitor.context(own, trusted);
  }

  private void answer(Socket plain) throws IOException {
    SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(plain, null, true);
    socket.setNeedClientAuth(true);
    BufferedReader in =
        new BufferedReader(
            new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    while (!in.readLine().isEmpty()) {}
    X509Certificate client = (X509Certificate) socket.getSession().getPeerCertificates()[0];
    String name = client.getSubjectX500Principal().getName();
    String answer =
        "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(name.length(), name);
    socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
    socket.close();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
