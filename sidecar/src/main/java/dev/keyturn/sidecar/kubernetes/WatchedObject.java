package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.http.HttpConnection;
import dev.keyturn.sidecar.http.HttpConnection.Answer;
import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.source.Bell;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.source.Version;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * One Secret or ConfigMap, and the watch that follows it from the first read on (Kubernetes, "API
 * concepts: Efficient detection of changes"). The watch selects it by {@code metadata.name}, so
 * that a role which names the object is enough. It goes on where it broke off, by the last version
 * that an event or a bookmark told; where that is too old (410), it starts anew, and what it knew
 * is read again. Safe for use by several threads.
 */
final class WatchedObject implements AutoCloseable {
  /** Bookmarks come every minute; a connection that says nothing for this long is dead. */
  private static final Duration SILENCE = Duration.ofMinutes(5);

  /** How long the server is asked to let a watch last; a token is good for an hour. */
  private static final Duration LENGTH = Duration.ofMinutes(30);

  /** The same for a watch without bookmarks: shorter than {@link #SILENCE}. */
  private static final Duration LENGTH_WITHOUT_BOOKMARKS = Duration.ofMinutes(4);

  /** A watch that ends sooner was no watch. */
  private static final Duration SHORTEST = Duration.ofSeconds(1);

  /** Where the role lacks the verb: until somebody adds it, the object is read every refresh. */
  private static final Duration REFUSED = Duration.ofMinutes(5);

  private final ApiServer server;
  private final String name;
  private final String list;
  private final boolean secret;
  private final AuditLog audit;
  private final Bell bell = new Bell();
  private @Nullable Thread follower;
  private @Nullable HttpConnection connection;
  private boolean following;
  private boolean closed;

  /** What the watch told last; null where it has told nothing yet. */
  private @Nullable Found told;

  /** From where the watch goes on; empty for the present. */
  private String resume = "";

  /** Whether the server can send them: with an etcd before 3.5.8 it can't. */
  private boolean bookmarks = true;

  /**
   * What is there.
   *
   * @param version empty where there is no such object; the receiver closes it
   */
  record Found(Optional<Version> version, boolean immutable) {
    static final Found NOTHING = new Found(Optional.empty(), false);

    Found copy() {
      return new Found(version.map(Version::copy), immutable);
    }
  }

  WatchedObject(ApiServer server, String path, AuditLog audit) {
    this.server = server;
    this.audit = audit;
    int slash = path.indexOf('/');
    this.name = path.substring(slash + 1);
    this.secret = path.startsWith("secret/");
    this.list = "/api/v1/namespaces/%s/%ss".formatted(server.namespace(), path.substring(0, slash));
  }

  String namespace() {
    return server.namespace();
  }

  Bell.Listener listener() {
    return bell.listener();
  }

  /** What the watch knows; empty where it knows nothing, or is interrupted. */
  synchronized Optional<Found> told() {
    return following && told != null ? Optional.of(told.copy()) : Optional.empty();
  }

  /** Asks the server, and has the object followed from now on, if it can change. */
  Found read(Reference reference) throws FetchException {
    String path = list + "/" + name;
    Found found;
    try {
      long deadline = ApiServer.deadline();
      try (HttpConnection connection = server.connect(deadline)) {
        Answer answer = connection.get(server.uri(path), server.headers(), deadline);
        try {
          found =
              switch (answer.status()) {
                case 200 -> KubernetesJson.object(answer.body(), secret);
                case 404 -> Found.NOTHING;
                default -> throw refused(reference, "get", answer);
              };
        } finally {
          Arrays.fill(answer.body(), (byte) 0);
        }
      }
    } catch (IOException e) {
      server.reached(false, String.valueOf(e.getMessage()));
      throw FetchException.temporary(
          "%s: the API server %s does not answer (%s): it is asked again"
              .formatted(reference, server, e.getMessage()),
          e);
    } catch (JacksonException e) {
      // Its message quotes the input.
      throw FetchException.temporary(
          "%s: the answer of %s is no object".formatted(reference, server), null);
    }
    server.reached(true, "");
    if (!found.immutable()) {
      follow();
    }
    keep(found);
    return found;
  }

  /** While the watch has told nothing, this is what is known. */
  private synchronized void keep(Found found) {
    if (following && told == null) {
      told = found.copy();
    }
  }

  private FetchException refused(Reference reference, String verb, Answer answer) {
    int status = answer.status();
    server.reached(status / 100 != 5, "status " + status);
    String what = "%s: %s said %d".formatted(reference, server, status);
    return switch (status) {
      case 401 ->
          FetchException.temporary(
              what + ": it does not know the token; the file is read again at the next try", null);
      case 403 ->
          FetchException.permanent(
              "%s: the service account needs a Role with the verbs get and watch for '%s' in %s (it lacks %s); 'keyturn lint' prints it, or set kubernetes.access to volume"
                  .formatted(what, name, list, verb));
      default -> FetchException.temporary(what + ": it is asked again", null);
    };
  }

  private synchronized void follow() {
    if (follower == null && !closed) {
      follower = Thread.ofVirtual().name("watch " + name).start(this::run);
    }
  }

  private void run() {
    int failures = 0;
    try {
      while (true) {
        long began = System.nanoTime();
        Duration pause;
        try {
          if (watch(failures > 0)) {
            return;
          }
          failures = System.nanoTime() - began < SHORTEST.toNanos() ? failures + 1 : 0;
          pause = failures == 0 ? Duration.ZERO : pause(failures);
        } catch (RefusedException e) {
          audit.warning(
              "%s/%s cannot be watched (status %d), so it is read every refresh: give the role the verb watch"
                  .formatted(list, name, e.status));
          pause = REFUSED;
        } catch (IOException | JacksonException e) {
          failures++;
          pause = pause(failures);
          if (isCut(e)) {
            server.reached(false, String.valueOf(e.getMessage()));
          }
        }
        Thread.sleep(pause);
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  private static Duration pause(int failures) {
    return Backoff.pause(failures, ThreadLocalRandom.current());
  }

  /** A parser's message quotes what it read. */
  private static boolean isCut(Exception e) {
    return e instanceof IOException;
  }

  /** The role does not let us watch. */
  private static final class RefusedException extends IOException {
    private static final long serialVersionUID = 1L;

    private final int status;

    RefusedException(int status) {
      super("status " + status);
      this.status = status;
    }
  }

  /**
   * Follows the object until the server or the network ends it.
   *
   * @param again whether the one before failed
   * @return whether there is nothing to follow any more
   */
  private boolean watch(boolean again) throws IOException {
    long deadline = ApiServer.deadline();
    try (HttpConnection current = server.connect(deadline)) {
      Answer answer = current.follow(server.uri(query()), server.headers(), deadline);
      if (answer.status() == 410) {
        restart();
        return false;
      }
      if (answer.status() == 403) {
        throw new RefusedException(403);
      }
      if (answer.status() != 200) {
        throw new IOException("status " + answer.status());
      }
      begin(current, again);
      server.reached(true, "");
      for (byte[] line = current.line(next()); line != null; line = current.line(next())) {
        try {
          if (!take(KubernetesJson.event(line, secret))) {
            return false;
          }
          if (isImmutable()) {
            return true;
          }
        } finally {
          Arrays.fill(line, (byte) 0);
        }
      }
      return false;
    } finally {
      end();
    }
  }

  private static long next() {
    return System.nanoTime() + SILENCE.toNanos();
  }

  /** Without bookmarks and a version to go on from, it starts with what is there ({@code 0}). */
  private synchronized String query() {
    String from = bookmarks || !resume.isEmpty() ? resume : "0";
    return "%s?watch=1%s&fieldSelector=metadata.name%%3D%s&timeoutSeconds=%d%s"
        .formatted(
            list,
            bookmarks ? "&allowWatchBookmarks=true" : "",
            name,
            (bookmarks ? LENGTH : LENGTH_WITHOUT_BOOKMARKS).toSeconds(),
            from.isEmpty() ? "" : "&resourceVersion=" + from);
  }

  private synchronized void begin(HttpConnection current, boolean again) throws IOException {
    if (closed) {
      throw new IOException("closed");
    }
    connection = current;
    following = true;
    // What was read while nothing was followed may be newer than what was told before.
    forget(null);
    if (again) {
      bell.ring(Wake.RECOVERED);
    }
  }

  private synchronized void end() {
    connection = null;
    following = false;
  }

  private synchronized boolean isImmutable() {
    return told != null && told.immutable();
  }

  /** Nothing is known of the time between what was known and the present. */
  private synchronized void restart() {
    resume = "";
    forget(null);
    bell.ring(Wake.CHANGED);
  }

  private void forget(@Nullable Found next) {
    if (told != null) {
      told.version().ifPresent(Version::close);
    }
    told = next;
  }

  /**
   * Takes in what the server tells.
   *
   * @return whether more can come
   */
  private synchronized boolean take(KubernetesJson.Event event) {
    if (!event.resourceVersion().isEmpty()) {
      resume = event.resourceVersion();
    }
    switch (event.type()) {
      case "ADDED", "MODIFIED" -> {
        forget(event.found());
        bell.ring(Wake.CHANGED);
      }
      case "DELETED" -> {
        event.found().version().ifPresent(Version::close);
        forget(Found.NOTHING);
        bell.ring(Wake.CHANGED);
      }
      case "BOOKMARK" -> event.found().version().ifPresent(Version::close);
      default -> {
        // ERROR: 410 where the version to go on from is too old. A watch from the present has none,
        // so it is the bookmarks that this server can't send ("RequestWatchProgress is disabled").
        bookmarks &= !resume.isEmpty();
        restart();
        return false;
      }
    }
    return true;
  }

  /** Ends the connection that is there: another is made at once. */
  synchronized void hangUp() {
    if (connection != null) {
      connection.close();
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (follower != null) {
      follower.interrupt();
    }
    hangUp();
    forget(null);
  }
}
