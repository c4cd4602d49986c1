package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.mount.MountedFile;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A login with stand-ins, tried again where a rotation may be why it was refused: with what the
 * mount has now, if that is newer; then with the version before, if that may still be tried. So at
 * most three logins in a call. Accounts are locked after a few refusals, so for each secret one
 * thread at a time tries again and the others wait for what it finds; and after all versions were
 * refused nobody tries again for 10 s: the server gets as many logins as the application makes.
 */
public final class Attempts {
  private static final long PAUSE_NANOS = 10_000_000_000L;

  private static final int MAX_LOGINS = 3;

  private static final ThreadLocal<@Nullable Resolution> CURRENT = new ThreadLocal<>();
  private static final Map<String, Retries> RETRIES = new ConcurrentHashMap<>();

  private Attempts() {}

  /** One way to log in. */
  public abstract static class Attempt<T> {
    /** Logs in with what the resolution makes of the stand-ins; called up to three times. */
    public abstract T with(Resolution resolution) throws Throwable;

    /** Whether the server has refused who logged in, and not something else went wrong. */
    public abstract boolean refused(Throwable failure);
  }

  /** What is known of the refusals of some secrets that are used together. */
  private static final class Retries {
    final ReentrantLock lock = new ReentrantLock();
    Map<String, MountedFile> refused = Collections.emptyMap();
    long refusedAtNanos;
  }

  /** The attempt that this thread is in, so that what it calls takes the same versions. */
  static @Nullable Resolution current() {
    return CURRENT.get();
  }

  /**
   * Logs in.
   *
   * @throws Throwable the failure of the first attempt, if all fail
   */
  public static <T> T run(String sink, Attempt<T> attempt) throws Throwable {
    Resolution first = Resolution.ofCurrent(sink);
    try {
      return with(first, attempt);
    } catch (Throwable failure) {
      if (!first.used() || !attempt.refused(failure)) {
        throw failure;
      }
      return again(sink, attempt, first, failure);
    }
  }

  private static <T> T again(String sink, Attempt<T> attempt, Resolution first, Throwable failure)
      throws Throwable {
    String secrets = new TreeSet<>(first.secrets()).toString();
    Retries retries = RETRIES.get(secrets);
    if (retries == null) {
      retries = new Retries();
      Retries other = RETRIES.putIfAbsent(secrets, retries);
      retries = other == null ? retries : other;
    }
    retries.lock.lock();
    try {
      Watcher.lookNow();
      Snapshot now = Snapshot.current();
      Map<String, MountedFile> newest = now.versions(first.secrets(), false);
      if (System.nanoTime() - retries.refusedAtNanos < PAUSE_NANOS
          && same(newest, retries.refused)) {
        throw failure;
      }
      now.refused(first.versions());
      List<Map<String, MountedFile>> tried = new ArrayList<>();
      tried.add(first.versions());
      // What another thread found while this one waited, the newest, and the one before.
      for (int kind = 0; kind < 3 && tried.size() < MAX_LOGINS; kind++) {
        Map<String, MountedFile> next =
            kind == 0 ? now.preferred(newest) : now.versions(first.secrets(), kind == 2);
        if (!among(tried, next)) {
          tried.add(next);
          try {
            T result = with(new Resolution(sink, now, next), attempt);
            if (kind == 2) {
              now.prefer(next);
              Problems.once(
                  "the newest version of "
                      + secrets
                      + " was refused (sink "
                      + sink
                      + ") and the one before was not, which is used until another comes or until"
                      + " its window is over");
            }
            return result;
          } catch (Throwable again) {
            // The application is told of the first failure. What is no refusal may be the network.
            if (!attempt.refused(again)) {
              throw failure;
            }
          }
        }
      }
      retries.refused = newest;
      retries.refusedAtNanos = System.nanoTime();
      throw failure;
    } finally {
      retries.lock.unlock();
    }
  }

  private static boolean among(
      List<Map<String, MountedFile>> tried, Map<String, MountedFile> versions) {
    for (Map<String, MountedFile> one : tried) {
      if (same(one, versions)) {
        return true;
      }
    }
    return false;
  }

  private static boolean same(Map<String, MountedFile> one, Map<String, MountedFile> other) {
    if (!one.keySet().equals(other.keySet())) {
      return false;
    }
    for (Map.Entry<String, MountedFile> entry : one.entrySet()) {
      MountedFile file = other.get(entry.getKey());
      if (file == null || !entry.getValue().sameContent(file)) {
        return false;
      }
    }
    return true;
  }

  private static <T> T with(Resolution resolution, Attempt<T> attempt) throws Throwable {
    Resolution outer = CURRENT.get();
    CURRENT.set(resolution);
    try {
      return attempt.with(resolution);
    } finally {
      if (outer == null) {
        CURRENT.remove();
      } else {
        CURRENT.set(outer);
      }
    }
  }
}
