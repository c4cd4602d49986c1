package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.http.Dialer;
import dev.keyturn.sidecar.http.HttpConnection;
import dev.keyturn.sidecar.http.Server;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SourceContext;
import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The API server, as the pod's service account. The token's file is read at each connection: the
 * kubelet replaces it. Safe for use by several threads.
 */
final class ApiServer implements AutoCloseable {
  /** What the webhook mounts in the sidecar alone. */
  private static final String DIRECTORY = "/keyturn/kubernetes/";

  /** Of a request and its answer. */
  private static final Duration TIMEOUT = Duration.ofSeconds(10);

  private final Place place;
  private final Dialer dialer;
  private final AuditLog audit;
  private final Map<String, WatchedObject> objects = new HashMap<>();
  private boolean up = true;

  /**
   * Where it is, and who we are to it.
   *
   * @param tokenFile empty where a proxy says who we are ({@code kubectl proxy})
   * @param namespace whose objects are read
   */
  record Place(URI address, Optional<String> tokenFile, Optional<String> caFile, String namespace) {

    /**
     * By the plan's settings, else as a pod finds it.
     *
     * @throws FetchException if neither says
     */
    static Place of(SourceContext context, Reference reference) throws FetchException {
      Plan plan = context.plan();
      Optional<String> written = plan.setting("kubernetes", "address");
      String host = System.getenv("KUBERNETES_SERVICE_HOST");
      String port = System.getenv("KUBERNETES_SERVICE_PORT");
      String namespace =
          plan.setting("kubernetes", "namespace").orElse(context.workload().namespace());
      if ((written.isEmpty() && (host == null || port == null)) || namespace.isEmpty()) {
        throw FetchException.permanent(
            "%s: this is no pod, so nothing says where the API server is: set kubernetes.address and kubernetes.namespace"
                .formatted(reference));
      }
      if (written.isEmpty()) {
        String literal = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return new Place(
            URI.create("https://" + literal + ":" + port),
            Optional.of(DIRECTORY + "token"),
            Optional.of(DIRECTORY + "ca.crt"),
            namespace);
      }
      try {
        return new Place(
            new URI(written.get()),
            plan.setting("kubernetes", "token-file"),
            plan.setting("kubernetes", "ca-file"),
            namespace);
      } catch (URISyntaxException e) {
        throw FetchException.permanent(reference + ": kubernetes.address is no URL");
      }
    }
  }

  ApiServer(Place place, AuditLog audit) {
    this.place = place;
    this.audit = audit;
    this.dialer =
        new Dialer(
            new Server(
                place.address(),
                Optional.empty(),
                place.caFile(),
                Optional.empty(),
                Optional.empty()));
  }

  String namespace() {
    return place.namespace();
  }

  /**
   * The one that all references to an object share.
   *
   * @param path {@code secret/NAME} or {@code configmap/NAME}
   */
  synchronized WatchedObject object(String path) {
    WatchedObject object = objects.get(path);
    if (object == null) {
      object = new WatchedObject(this, path, audit);
      objects.put(path, object);
    }
    return object;
  }

  static long deadline() {
    return System.nanoTime() + TIMEOUT.toNanos();
  }

  HttpConnection connect(long deadline) throws IOException {
    return new HttpConnection(dialer.dial(deadline));
  }

  URI uri(String pathAndQuery) {
    return place.address().resolve(pathAndQuery);
  }

  /** Header lines, with the token as it is now. */
  CharSequence headers() throws IOException {
    StringBuilder lines = new StringBuilder("Accept: application/json\r\n");
    if (place.tokenFile().isPresent()) {
      Path file = Path.of(place.tokenFile().get());
      try {
        String token = Files.readString(file).strip();
        if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
          throw new IOException("the file " + file + " holds no token");
        }
        lines.append("Authorization: Bearer ").append(token).append("\r\n");
      } catch (NoSuchFileException e) {
        throw new IOException("there is no token file " + file, e);
      }
    }
    return lines;
  }

  /** Says once when it goes, and once when it is back. */
  synchronized void reached(boolean reached, String why) {
    if (up != reached) {
      up = reached;
      audit.server(place.address().toString(), reached, reached ? null : why);
    }
  }

  @Override
  public synchronized void close() {
    objects.values().forEach(WatchedObject::close);
  }

  /** The machine was suspended for a while: connections may have died without a word. */
  synchronized void resumed() {
    objects.values().forEach(WatchedObject::hangUp);
  }

  @Override
  public String toString() {
    return place.address().toString();
  }
}
