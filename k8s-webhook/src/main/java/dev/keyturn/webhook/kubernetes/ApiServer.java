package dev.keyturn.webhook.kubernetes;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The API server of the cluster that we run in, as our service account. Any thread. */
public final class ApiServer {
  /** Where every pod has them (Kubernetes, "Accessing the API from within a pod"). */
  private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  private static final JsonMapper JSON = JsonMapper.shared();
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private static final String NAMESPACES = "/api/v1/namespaces";

  /** Without what is more than names, labels and annotations (Kubernetes, "API concepts"). */
  private static final String METADATA = "application/json;as=PartialObjectMetadata";

  private static final String META = "g=meta.k8s.io;v=v1";

  /** So that no answer is large, whatever the cluster. */
  private static final int PAGE = 500;

  private static final int PAGE_OF_PODS = 50;

  private final URI address;
  private final Path tokenFile;
  private final HttpClient client;

  /**
   * @param address where it is, without a path
   * @param tokenFile read at each call, since the kubelet replaces it
   * @param caFile certificates that vouch for the server
   * @throws KubernetesException if the certificates can't be read
   */
  public ApiServer(URI address, Path tokenFile, Path caFile) throws KubernetesException {
    this.address = address;
    this.tokenFile = tokenFile;
    this.client =
        HttpClient.newBuilder().connectTimeout(TIMEOUT).sslContext(trusting(caFile)).build();
  }

  /**
   * The one of this pod.
   *
   * @param environment the process's
   * @throws KubernetesException if this is no pod with a service account's token
   */
  public static ApiServer ofThisPod(Map<String, String> environment) throws KubernetesException {
    String host = environment.get("KUBERNETES_SERVICE_HOST");
    String port = environment.get("KUBERNETES_SERVICE_PORT");
    if (host == null || port == null) {
      throw new KubernetesException(
          "this is no pod of a cluster (KUBERNETES_SERVICE_HOST is not set), which a self-made"
              + " certificate and profiles need: set KEYTURN_CERTIFICATE=files, and no"
              + " KEYTURN_PROFILES");
    }
    String literal = host.indexOf(':') < 0 ? host : "[" + host + "]";
    return new ApiServer(
        URI.create("https://" + literal + ":" + port),
        ACCOUNT.resolve("token"),
        ACCOUNT.resolve("ca.crt"));
  }

  /** A secret's whole object; empty where there is none. */
  public Optional<ObjectNode> secret(String namespace, String name)
      throws KubernetesException, InterruptedException {
    return get(secrets(namespace) + "/" + name);
  }

  /**
   * Creates a secret.
   *
   * @return false if there is one of that name now
   */
  public boolean createSecret(String namespace, ObjectNode secret)
      throws KubernetesException, InterruptedException {
    return change("POST", secrets(namespace), "application/json", secret);
  }

  /**
   * Replaces the secret of the version that the object carries.
   *
   * @return false if somebody else changed it meanwhile
   */
  public boolean replaceSecret(String namespace, String name, ObjectNode secret)
      throws KubernetesException, InterruptedException {
    return change("PUT", secrets(namespace) + "/" + name, "application/json", secret);
  }

  private static String secrets(String namespace) {
    return "/api/v1/namespaces/" + namespace + "/secrets";
  }

  /** What came of {@link #trust}. */
  public enum Trust {
    /** It was so already. */
    ALREADY,
    /** It is so since just now. */
    NOW,
    /** Not done: somebody else changed the configuration meanwhile. */
    NOT_YET
  }

  /**
   * Has the API server trust certificate authorities for all webhooks of a configuration.
   *
   * @param bundle makes the caBundle, PEM, of the one that is there (empty where there is none)
   */
  public Trust trust(String configuration, UnaryOperator<byte[]> bundle)
      throws KubernetesException, InterruptedException {
    String path =
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/" + configuration;
    JsonNode there =
        get(path)
            .orElseThrow(
                () ->
                    new KubernetesException(
                        "there is no MutatingWebhookConfiguration '"
                            + configuration
                            + "': install it, or set KEYTURN_WEBHOOK_CONFIGURATION to its name"));
    ArrayNode patch = JSON.createArrayNode();
    // The patch is for this version of the list only: somebody else may be changing it.
    patch
        .addObject()
        .put("op", "test")
        .put("path", "/metadata/resourceVersion")
        .set("value", there.path("metadata").path("resourceVersion"));
    int index = 0;
    for (JsonNode webhook : there.path("webhooks")) {
      String before = webhook.path("clientConfig").path("caBundle").asString("");
      String wanted = Base64.getEncoder().encodeToString(bundle.apply(decoded(before)));
      if (!before.equals(wanted)) {
        patch
            .addObject()
            .put("op", "add")
            .put("path", "/webhooks/" + index + "/clientConfig/caBundle")
            .put("value", wanted);
      }
      index++;
    }
    if (patch.size() == 1) {
      return Trust.ALREADY;
    }
    return change("PATCH", path, "application/json-patch+json", patch) ? Trust.NOW : Trust.NOT_YET;
  }

  private static byte[] decoded(String base64) {
    try {
      return Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      return new byte[0]; // nothing that could be kept
    }
  }

  /**
   * The metadata of all namespaces, page by page.
   *
   * @param each told of each namespace
   * @return the version that this was, for {@link #watchNamespaces}
   */
  public String namespaces(Consumer<JsonNode> each)
      throws KubernetesException, InterruptedException {
    return pages(NAMESPACES + "?limit=" + PAGE, each);
  }

  /**
   * The metadata of all pods that have not ended, page by page; an annotation of theirs can be much
   * longer than a namespace's.
   *
   * @param each told of each pod's metadata
   */
  public void pods(Consumer<JsonNode> each) throws KubernetesException, InterruptedException {
    pages(
        "/api/v1/pods?fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed&limit="
            + PAGE_OF_PODS,
        pod -> each.accept(pod.path("metadata")));
  }

  private String pages(String list, Consumer<JsonNode> each)
      throws KubernetesException, InterruptedException {
    String next = "";
    String version;
    do {
      String path = list + (next.isEmpty() ? "" : "&continue=" + next);
      HttpResponse<byte[]> response =
          send(HttpRequest.newBuilder().GET(), "GET", path, METADATA + "List;" + META);
      if (response.statusCode() != 200) {
        throw refused("GET", path, response);
      }
      JsonNode page = tree(response.body(), path);
      page.path("items").forEach(each);
      version = page.path("metadata").path("resourceVersion").asString("");
      next = page.path("metadata").path("continue").asString("");
    } while (!next.isEmpty());
    return version;
  }

  /**
   * Warns about a pod in an Event; does nothing if there is one of that name.
   *
   * @param reason a word
   * @param message for people
   */
  public void createEvent(
      String namespace,
      String name,
      String pod,
      String uid,
      String reason,
      String message,
      Instant now)
      throws KubernetesException, InterruptedException {
    ObjectNode event = JSON.createObjectNode().put("apiVersion", "v1").put("kind", "Event");
    event.putObject("metadata").put("name", name).put("namespace", namespace);
    event
        .putObject("involvedObject")
        .put("apiVersion", "v1")
        .put("kind", "Pod")
        .put("namespace", namespace)
        .put("name", pod)
        .put("uid", uid);
    String time = now.truncatedTo(ChronoUnit.SECONDS).toString();
    event.put("type", "Warning").put("reason", reason).put("message", message).put("count", 1);
    event.put("firstTimestamp", time).put("lastTimestamp", time);
    event.putObject("source").put("component", "keyturn");
    change("POST", "/api/v1/namespaces/" + namespace + "/events", "application/json", event);
  }

  /**
   * Follows the metadata of all namespaces for a while, which ends with a failure or without.
   *
   * @param version to start from
   * @param length whole seconds
   * @param each told of each event as it comes; {@code type} and {@code object}
   */
  public void watchNamespaces(String version, Duration length, Consumer<JsonNode> each)
      throws KubernetesException, InterruptedException {
    String path =
        NAMESPACES
            + "?watch=1&resourceVersion="
            + version
            + "&timeoutSeconds="
            + length.toSeconds();
    try {
      HttpRequest request =
          request(HttpRequest.newBuilder().GET(), path, METADATA + ";" + META).build();
      HttpResponse<InputStream> response = client.send(request, BodyHandlers.ofInputStream());
      if (response.statusCode() != 200) {
        response.body().close();
        throw new KubernetesException("GET " + path + ": status " + response.statusCode());
      }
      // A connection that has died without a word would be waited on for ever.
      Thread guard = Thread.ofVirtual().start(() -> closeLater(response.body(), length));
      try (var lines = new BufferedReader(new InputStreamReader(response.body(), UTF_8))) {
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
          each.accept(tree(line.getBytes(UTF_8), path));
        }
      } finally {
        guard.interrupt();
      }
    } catch (IOException e) {
      throw new KubernetesException("GET " + path + " at " + address + ": " + e, e);
    }
  }

  private static void closeLater(InputStream body, Duration length) {
    try {
      Thread.sleep(length.plus(TIMEOUT));
      body.close();
    } catch (InterruptedException | IOException e) {
      // It has ended by itself.
    }
  }

  private static JsonNode tree(byte[] body, String path) throws KubernetesException {
    try {
      return JSON.readTree(body);
    } catch (JacksonException e) {
      // Not as the cause: its message repeats parts of the body.
      throw new KubernetesException("GET " + path + ": the answer is no JSON");
    }
  }

  private Optional<ObjectNode> get(String path) throws KubernetesException, InterruptedException {
    HttpResponse<byte[]> response = send(HttpRequest.newBuilder().GET(), "GET", path);
    if (response.statusCode() == 404) {
      return Optional.empty();
    }
    if (response.statusCode() != 200) {
      throw refused("GET", path, response);
    }
    if (tree(response.body(), path) instanceof ObjectNode object) {
      return Optional.of(object);
    }
    throw new KubernetesException("GET " + path + ": the answer is no JSON object");
  }

  private boolean change(String method, String path, String type, JsonNode body)
      throws KubernetesException, InterruptedException {
    var request =
        HttpRequest.newBuilder()
            .header("Content-Type", type)
            .method(method, BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)));
    HttpResponse<byte[]> response = send(request, method, path);
    int status = response.statusCode();
    // 422: a JSON patch whose test does not hold (apiserver's jsonPatcher).
    if (status == 409 || (status == 422 && method.equals("PATCH"))) {
      return false;
    }
    if (status != 200 && status != 201) {
      throw refused(method, path, response);
    }
    return true;
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request, String method, String path)
      throws KubernetesException, InterruptedException {
    return send(request, method, path, "application/json");
  }

  private HttpResponse<byte[]> send(
      HttpRequest.Builder request, String method, String path, String accept)
      throws KubernetesException, InterruptedException {
    try {
      return client.send(request(request, path, accept).build(), BodyHandlers.ofByteArray());
    } catch (IOException e) {
      throw new KubernetesException(method + " " + path + " at " + address + ": " + e, e);
    }
  }

  private HttpRequest.Builder request(HttpRequest.Builder request, String path, String accept)
      throws IOException {
    return request
        .uri(address.resolve(path))
        .timeout(TIMEOUT)
        .header("Authorization", "Bearer " + Files.readString(tokenFile).strip())
        .header("Accept", accept);
  }

  private static KubernetesException refused(
      String method, String path, HttpResponse<byte[]> response) {
    String why;
    try {
      why = JSON.readTree(response.body()).path("message").asString("");
    } catch (JacksonException e) {
      why = "";
    }
    String todo =
        response.statusCode() == 403 ? "; the service account's role lacks this, see deploy/" : "";
    return new KubernetesException(
        method + " " + path + ": status " + response.statusCode() + " " + why + todo);
  }

  private static SSLContext trusting(Path caFile) throws KubernetesException {
    try (var in = Files.newInputStream(caFile)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (var certificate : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca" + number++, certificate);
      }
      var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (IOException | GeneralSecurityException e) {
      throw new KubernetesException(
          "cannot read the cluster's certificates in "
              + caFile
              + ": the pod needs its service account's token (automountServiceAccountToken)",
          e);
    }
  }
}
