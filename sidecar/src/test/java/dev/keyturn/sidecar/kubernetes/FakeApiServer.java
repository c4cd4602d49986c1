package dev.keyturn.sidecar.kubernetes;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;

/**
 * A few lines of an API server for the faults that a real one shows rarely: a watch that breaks, a
 * version too old to go on from, a role that lacks a verb. One namespace, {@code shop}; Secrets and
 * ConfigMaps by {@code secrets/NAME}.
 */
final class FakeApiServer implements AutoCloseable {
  private final Map<String, String> objects = new TreeMap<>();
  private final List<OutputStream> watches = new CopyOnWriteArrayList<>();
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final List<String> tokens = new CopyOnWriteArrayList<>();
  private HttpServer server;
  private int port;
  private int version = 100;
  private volatile int watchStatus = 200;
  private volatile int getStatus = 200;
  private volatile boolean oldStorage;

  FakeApiServer() throws IOException {
    start();
  }

  final void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
    port = server.getAddress().getPort();
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/api/v1/namespaces/shop/", this::answer);
    server.start();
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  /** All so far, with their queries. */
  List<String> requests() {
    return List.copyOf(requests);
  }

  List<String> watchRequests() {
    return requests.stream().filter(request -> request.contains("watch=1")).toList();
  }

  List<String> tokens() {
    return List.copyOf(tokens);
  }

  void watchesAnswer(int status) {
    watchStatus = status;
  }

  void readsAnswer(int status) {
    getStatus = status;
  }

  /** As an API server of 1.34 says it whose etcd is older than 3.5.8. */
  void hasOldStorage() {
    oldStorage = true;
  }

  static String base64(String value) {
    return Base64.getEncoder().encodeToString(value.getBytes(StandardCharsets.UTF_8));
  }

  /** Creates or replaces an object; {@code more} are further properties, as JSON. */
  synchronized void put(String path, Map<String, String> data, String more) {
    version++;
    StringBuilder entries = new StringBuilder();
    data.forEach(
        (key, value) ->
            entries
                .append(entries.isEmpty() ? "" : ",")
                .append("\"%s\":\"%s\"".formatted(key, value)));
    boolean there = objects.containsKey(path);
    objects.put(
        path,
        """
        {"apiVersion":"v1","data":{%s},"metadata":{"name":"%s","labels":{"a":"b"},"resourceVersion":"%d"}%s}"""
            .formatted(entries, path.substring(path.indexOf('/') + 1), version, more));
    tell(there ? "MODIFIED" : "ADDED", objects.get(path));
  }

  synchronized void delete(String path) {
    version++;
    tell("DELETED", objects.remove(path));
  }

  /** Says how far a watch has come, without a change. */
  synchronized void bookmark() {
    version += 10;
    tell(
        "BOOKMARK",
        "{\"kind\":\"Secret\",\"metadata\":{\"resourceVersion\":\"%d\"}}".formatted(version));
  }

  synchronized int version() {
    return version;
  }

  /** Says on the watches that are there that what they know is too old. */
  synchronized void expire() {
    tell("ERROR", "{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\"}");
  }

  private void tell(String type, String object) {
    byte[] line =
        "{\"type\":\"%s\",\"object\":%s}\n"
            .formatted(type, object)
            .getBytes(StandardCharsets.UTF_8);
    watches.removeIf(watch -> !hears(watch, line));
  }

  private static boolean hears(OutputStream watch, byte[] line) {
    try {
      watch.write(line);
      watch.flush();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends all connections in the middle. */
  void cut() {
    server.stop(0);
    watches.clear();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String uri = exchange.getRequestURI().toString();
    requests.add(uri);
    tokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
    String path = exchange.getRequestURI().getPath().substring("/api/v1/namespaces/shop/".length());
    if (uri.contains("watch=1")) {
      watch(exchange, path, uri);
      return;
    }
    String object;
    synchronized (this) {
      object = objects.get(path);
    }
    int status = getStatus != 200 ? getStatus : object == null ? 404 : 200;
    byte[] body =
        (status == 200 ? object : "{\"kind\":\"Status\",\"code\":" + status + "}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length);
    try (exchange) {
      exchange.getResponseBody().write(body);
    }
  }

  private void watch(HttpExchange exchange, String kind, String uri) throws IOException {
    if (watchStatus != 200) {
      exchange.sendResponseHeaders(watchStatus, -1);
      exchange.close();
      return;
    }
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    String name = uri.replaceAll(".*metadata.name%3D([^&]*).*", "$1");
    synchronized (this) {
      List<String> events = new ArrayList<>();
      String object = objects.get(kind + "/" + name);
      boolean present = !uri.contains("resourceVersion=") || uri.endsWith("resourceVersion=0");
      if (oldStorage && present && uri.contains("allowWatchBookmarks")) {
        try (exchange) {
          out.write(
              "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\",\"code\":500}}\n"
                  .getBytes(StandardCharsets.UTF_8));
        }
        return;
      }
      if (present && object != null) {
        events.add("{\"type\":\"ADDED\",\"object\":%s}\n".formatted(object));
      }
      for (String event : events) {
        out.write(event.getBytes(StandardCharsets.UTF_8));
      }
      out.flush();
      watches.add(out);
    }
  }

  /** How many follow now. */
  int followers() {
    return watches.size();
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
