package dev.keyturn.webhook.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.keyturn.webhook.certificate.ServerCertificate;
import dev.keyturn.webhook.certificate.TestCertificates;
import dev.keyturn.webhook.patch.PatchApplier;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The few calls of an API server, with what can go wrong in them. The real one is for the
 * end-to-end tests.
 */
public final class FakeApiServer implements AutoCloseable {
  private static final JsonMapper JSON = JsonMapper.shared();

  public final Map<String, ObjectNode> objects = new ConcurrentHashMap<>();

  /** {@code METHOD path}, in order. */
  public final List<String> calls = new CopyOnWriteArrayList<>();

  /** What happens just before a call is answered, once each: by somebody else. */
  public final List<Runnable> meanwhile = new ArrayList<>();

  /** What a watch of namespaces is told, as it comes; one without a type ends the watch. */
  public final BlockingQueue<ObjectNode> namespaceEvents = new LinkedBlockingQueue<>();

  /** Answered to everything, where not 0. */
  public volatile int status;

  private final HttpsServer server;
  private final Path directory;
  private int version;

  public FakeApiServer(Path directory) throws Exception {
    this.directory = directory;
    var certificates = new TestCertificates();
    certificates.writeAuthority(directory.resolve("ca.crt"));
    Files.writeString(directory.resolve("token"), "first\n");
    server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context(certificates.forLocalhost())));
    server.createContext("/", this::answer);
    server.createContext("/api/v1/namespaces", this::answerOnNamespaces);
    server.setExecutor(Thread::startVirtualThread);
    server.start();
  }

  public ApiServer client() throws KubernetesException {
    return new ApiServer(
        URI.create("https://localhost:" + server.getAddress().getPort()),
        directory.resolve("token"),
        directory.resolve("ca.crt"));
  }

  /** Puts an object there, of a new version. */
  public synchronized void put(String path, ObjectNode object) {
    object.withObjectProperty("metadata").put("resourceVersion", Integer.toString(++version));
    objects.put(path, object);
  }

  public void putConfiguration(String name, String... webhooks) {
    ObjectNode configuration = JSON.createObjectNode();
    for (String webhook : webhooks) {
      configuration
          .withArrayProperty("webhooks")
          .addObject()
          .put("name", webhook)
          .putObject("clientConfig")
          .putObject("service")
          .put("path", "/mutate");
    }
    put(configurationPath(name), configuration);
  }

  public static String configurationPath(String name) {
    return "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + name;
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String method = exchange.getRequestMethod();
    String token = Files.readString(directory.resolve("token")).strip();
    byte[] body = exchange.getRequestBody().readAllBytes();
    calls.add(method + " " + path);
    synchronized (this) {
      if (!meanwhile.isEmpty()) {
        meanwhile.removeFirst().run();
      }
      int code;
      if (!("Bearer " + token).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
        code = 401;
      } else if (status != 0) {
        code = status;
      } else {
        code = act(method, path, body);
      }
      byte[] answer =
          JSON.writeValueAsBytes(
              code == 200 && objects.containsKey(path)
                  ? objects.get(path)
                  : JSON.createObjectNode().put("message", "this is a fake"));
      exchange.sendResponseHeaders(code, answer.length);
      exchange.getResponseBody().write(answer);
    }
    exchange.close();
  }

  private void answerOnNamespaces(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String query = String.valueOf(exchange.getRequestURI().getQuery());
    if (!path.equals("/api/v1/namespaces") || status != 0) {
      answer(exchange);
      return;
    }
    calls.add("GET " + path + "?" + query.replaceAll("&?(limit|timeoutSeconds)=[0-9]+&?", ""));
    exchange.sendResponseHeaders(200, 0);
    try (OutputStream body = exchange.getResponseBody()) {
      if (query.contains("watch=1")) {
        body.flush();
        for (ObjectNode event = take(); event.has("type"); event = take()) {
          body.write((event + "\n").getBytes(UTF_8));
          body.flush();
        }
      } else {
        body.write(JSON.writeValueAsBytes(page(query)));
      }
    }
  }

  private ObjectNode take() {
    try {
      return namespaceEvents.take();
    } catch (InterruptedException e) {
      return JSON.createObjectNode();
    }
  }

  /** One namespace a page. */
  private synchronized ObjectNode page(String query) {
    List<ObjectNode> all =
        objects.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith("/api/v1/namespaces/"))
            .map(Map.Entry::getValue)
            .sorted(Comparator.comparing(ObjectNode::toString))
            .toList();
    int at =
        query.contains("continue=") ? Integer.parseInt(query.replaceAll(".*continue=", "")) : 0;
    ObjectNode page = JSON.createObjectNode();
    ObjectNode metadata = page.putObject("metadata").put("resourceVersion", "7");
    if (at < all.size()) {
      page.putArray("items").add(all.get(at));
      if (at + 1 < all.size()) {
        metadata.put("continue", Integer.toString(at + 1));
      }
    }
    return page;
  }

  private int act(String method, String path, byte[] body) {
    return switch (method) {
      case "GET" -> objects.containsKey(path) ? 200 : 404;
      case "POST" -> create(path, (ObjectNode) JSON.readTree(body));
      case "PUT" -> replace(path, (ObjectNode) JSON.readTree(body));
      default -> patch(path, (ArrayNode) JSON.readTree(body));
    };
  }

  private int create(String path, ObjectNode object) {
    String name = path + "/" + object.path("metadata").path("name").asString();
    if (objects.containsKey(name)) {
      return 409;
    }
    put(name, object);
    return 201;
  }

  private int replace(String path, ObjectNode object) {
    ObjectNode there = objects.get(path);
    if (there == null || !versionOf(object).equals(versionOf(there))) {
      return 409;
    }
    put(path, object);
    return 200;
  }

  private int patch(String path, ArrayNode patch) {
    ObjectNode there = objects.get(path);
    JsonNode test = patch.remove(0);
    if (there == null || !there.at(test.path("path").asString()).equals(test.path("value"))) {
      return 422;
    }
    put(path, PatchApplier.apply(patch, there));
    return 200;
  }

  private static JsonNode versionOf(ObjectNode object) {
    return object.path("metadata").path("resourceVersion");
  }

  private static SSLContext context(ServerCertificate certificate) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setKeyEntry(
        "key", certificate.key(), new char[0], certificate.chain().toArray(X509Certificate[]::new));
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(store, new char[0]);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    return context;
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
