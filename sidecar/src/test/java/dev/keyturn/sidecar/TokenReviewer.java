package dev.keyturn.sidecar;

import com.sun.net.httpserver.HttpServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;

/** What a cluster's API server answers to the question whose token it is. */
final class TokenReviewer implements AutoCloseable {
  private final HttpServer server;

  private TokenReviewer(HttpServer server) {
    this.server = server;
  }

  /** Knows one token and its user. */
  static TokenReviewer start(String token, String user) throws Exception {
    HttpServer server =
        HttpServer.create(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
    server.createContext(
        "/apis/authentication.k8s.io/v1/tokenreviews",
        exchange -> {
          String review =
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
          boolean known = review.contains(token);
          byte[] answer =
              """
              {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
               "status": {"authenticated": %s, "audiences": ["vault"],
                          "user": {"username": "%s", "uid": "1", "groups": ["system:serviceaccounts"]}}}
              """
                  .formatted(known, user)
                  .getBytes(StandardCharsets.UTF_8);
          exchange.getResponseHeaders().add("Content-Type", "application/json");
          exchange.sendResponseHeaders(201, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    server.start();
    return new TokenReviewer(server);
  }

  String address() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
