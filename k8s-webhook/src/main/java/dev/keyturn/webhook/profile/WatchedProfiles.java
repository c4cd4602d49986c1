package dev.keyturn.webhook.profile;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.webhook.kubernetes.ApiServer;
import dev.keyturn.webhook.kubernetes.KubernetesException;
import dev.keyturn.webhook.log.Log;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import tools.jackson.databind.JsonNode;

/**
 * Profiles of a file that may change, and the namespaces of a cluster that name them: both are
 * followed by threads of their own, so that an answer never waits. Where namespaces can't be
 * followed any more, the last that was known holds for some minutes, and then nothing does.
 */
public final class WatchedProfiles implements ProfileSource, AutoCloseable {
  /** A mounted ConfigMap takes the kubelet a minute anyway. */
  private static final Duration LOOK = Duration.ofSeconds(10);

  /** How long one watch lasts: a new one shows that the API server is still there. */
  private static final Duration WATCH = Duration.ofSeconds(60);

  /** A watch that ends sooner was refused, and is not tried again at once. */
  private static final Duration SHORT = Duration.ofSeconds(1);

  /** An API server that restarts is away for less. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /**
   * What a namespace says.
   *
   * @param profile the one that it names
   * @param annotations those that are Keyturn's
   */
  private record Said(Optional<String> profile, Map<String, String> annotations) {}

  private final Path file;
  private final Map<String, String> vault;
  private final ApiServer api;
  private final Log log;
  private final LongSupplier nanoTime;
  private final Duration pause;

  private final Map<String, Said> namespaces = new ConcurrentHashMap<>();

  private volatile Profiles profiles;
  private volatile long heard;
  private String text;
  private String lastFailure = "";
  private final Thread looking;
  private final Thread watching;

  /**
   * Starts following both, once they are known.
   *
   * @param vault what the webhook's own settings say for all
   * @throws IOException if the file can't be read
   * @throws PlanException with everything that is wrong with it
   * @throws KubernetesException if the namespaces can't be read
   */
  public WatchedProfiles(Path file, Map<String, String> vault, ApiServer api, Log log)
      throws IOException, KubernetesException, InterruptedException {
    this(file, vault, api, log, System::nanoTime, LOOK, WATCH);
  }

  WatchedProfiles(
      Path file,
      Map<String, String> vault,
      ApiServer api,
      Log log,
      LongSupplier nanoTime,
      Duration pause,
      Duration watch)
      throws IOException, KubernetesException, InterruptedException {
    this.file = file;
    this.vault = vault;
    this.api = api;
    this.log = log;
    this.nanoTime = nanoTime;
    this.pause = pause;
    this.text = Files.readString(file);
    this.profiles = Profiles.parse(text, vault);
    String version = list();
    this.looking = Thread.ofVirtual().name("profiles").start(this::look);
    this.watching = Thread.ofVirtual().name("namespaces").start(() -> watch(version, watch));
  }

  @Override
  public Profile of(String namespace) throws ProfileException {
    if (nanoTime.getAsLong() - heard > PATIENCE.toNanos()) {
      throw new ProfileException(
          "the webhook has not been able to read the cluster's namespaces for "
              + PATIENCE.toMinutes()
              + " minutes, so it does not know what this one allows: its log says why");
    }
    Said said = namespaces.get(namespace);
    if (said == null) {
      throw new ProfileException(
          "the namespace is so new that the webhook does not know it yet: try again");
    }
    return profiles.of(namespace, said.profile(), said.annotations());
  }

  private void look() {
    try {
      while (true) {
        Thread.sleep(pause);
        String failure = "";
        try {
          String now = Files.readString(file);
          if (!now.equals(text)) {
            profiles = Profiles.parse(now, vault);
            text = now;
            log.info("profiles-replaced").with("profiles", profiles.byName().size()).write();
          }
        } catch (IOException | PlanException e) {
          failure = String.valueOf(e.getMessage());
          if (!failure.equals(lastFailure)) {
            log.warning("profiles-not-replaced").with(e).write();
          }
        }
        lastFailure = failure;
      }
    } catch (InterruptedException e) {
      // The end: close() asks for it.
    }
  }

  private String list() throws KubernetesException, InterruptedException {
    var found = new HashMap<String, Said>();
    String version = api.namespaces(namespace -> take(namespace, found));
    namespaces.putAll(found);
    namespaces.keySet().retainAll(found.keySet());
    heard = nanoTime.getAsLong();
    return version;
  }

  private void watch(String first, Duration length) {
    String version = first;
    try {
      while (true) {
        try {
          if (version.isEmpty()) {
            version = list();
          }
          long start = System.nanoTime();
          version = follow(version, length);
          if (System.nanoTime() - start < SHORT.toNanos()) {
            Thread.sleep(SHORT);
          }
        } catch (KubernetesException e) {
          log.warning("namespaces-not-read").with(e).write();
          version = "";
          Thread.sleep(pause);
        }
      }
    } catch (InterruptedException e) {
      // The end: close() asks for it.
    }
  }

  /** Follows for a while; answers the version reached, or nothing where it is too old now. */
  private String follow(String from, Duration length)
      throws KubernetesException, InterruptedException {
    String[] reached = {from};
    api.watchNamespaces(
        from,
        length,
        event -> {
          JsonNode object = event.path("object");
          heard = nanoTime.getAsLong();
          switch (event.path("type").asString("")) {
            case "ADDED", "MODIFIED" -> take(object, namespaces);
            case "DELETED" -> namespaces.remove(name(object));
            default -> {
              reached[0] = ""; // an error, such as 410: too old
              return;
            }
          }
          reached[0] = object.path("metadata").path("resourceVersion").asString("");
        });
    if (!reached[0].isEmpty()) {
      heard = nanoTime.getAsLong();
    }
    return reached[0];
  }

  private static void take(JsonNode namespace, Map<String, Said> to) {
    JsonNode metadata = namespace.path("metadata");
    String label = metadata.path("labels").path(Profiles.LABEL).asString("");
    var annotations = new HashMap<String, String>();
    for (var annotation : metadata.path("annotations").properties()) {
      if (annotation.getKey().startsWith(PodPlan.PREFIX)) {
        annotations.put(annotation.getKey(), annotation.getValue().asString(""));
      }
    }
    to.put(
        name(namespace),
        new Said(label.isEmpty() ? Optional.empty() : Optional.of(label), annotations));
  }

  private static String name(JsonNode namespace) {
    return namespace.path("metadata").path("name").asString("");
  }

  @Override
  public void close() {
    looking.interrupt();
    watching.interrupt();
  }
}
