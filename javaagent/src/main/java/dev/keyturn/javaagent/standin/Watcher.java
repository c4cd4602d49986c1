package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.guard.Known;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.report.Uses;
import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountReader;
import dev.keyturn.mount.MountedFile;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows the mount: reads it when it is made, and then from a daemon thread. What can't be read is
 * said once, and what was served stays.
 */
public final class Watcher implements Runnable {
  /** A look costs some microseconds, so a rotation may as well be seen in half a second. */
  private static final long LOOK_EVERY_MILLIS = 500;

  private static @Nullable Watcher only;

  private final MountReader mount;
  private final Map<String, String> realEnvironment;
  private final long windowNanos;
  private final Runnable afterLook;
  private @Nullable Generation served;

  private Watcher(
      MountReader mount, Map<String, String> realEnvironment, long windowMillis, Runnable after) {
    this.mount = mount;
    this.realEnvironment = realEnvironment;
    this.windowNanos = windowMillis * 1_000_000;
    this.afterLook = after;
  }

  /**
   * Reads the mount. Called once.
   *
   * @param windowMillis how long a version that was replaced may still be tried
   * @param afterLook called by the watcher's thread after each look
   */
  public static Watcher first(
      MountReader mount,
      Map<String, String> realEnvironment,
      long windowMillis,
      Runnable afterLook) {
    Watcher watcher = new Watcher(mount, realEnvironment, windowMillis, afterLook);
    Snapshot.publish(new Snapshot(realEnvironment, mount.directory()));
    only = watcher;
    watcher.look();
    return watcher;
  }

  /** Looks from now on. */
  public void start() {
    Thread thread = new Thread(this, "keyturn-mount");
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    thread.start();
  }

  /** Looks at once, in the caller's thread: {@link Snapshot#current} is then what is published. */
  static void lookNow() {
    Watcher watcher = only;
    if (watcher != null) {
      watcher.look();
    }
  }

  static boolean windowIsOver(long sinceNanos) {
    Watcher watcher = only;
    return watcher == null || System.nanoTime() - sinceNanos > watcher.windowNanos;
  }

  @Override
  public void run() {
    while (true) {
      try {
        Thread.sleep(LOOK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        // Nobody has a reason to; a look too early does no harm.
      }
      look();
      Snapshot.current().forgetFormer();
      try {
        afterLook.run();
      } catch (Throwable e) {
        Problems.failed("keyturn-mount", e);
      }
    }
  }

  private synchronized void look() {
    try {
      Generation published = mount.current();
      if (published != served && !lost(published)) {
        Snapshot before = Snapshot.current();
        Snapshot next = Snapshot.of(realEnvironment, mount.directory(), published, before);
        for (String problem : next.problems()) {
          Problems.once(problem);
        }
        Known.learn(next.files());
        Snapshot.publish(next);
        Uses.loaded(next.id(), next.files());
        served = published;
        Rotations.tell(before, next);
      }
    } catch (MountException e) {
      Problems.once(e.getMessage() + "; looking again every half second");
    } catch (Throwable e) {
      // Out of memory, say: the next look may do better, and the application has what was served.
      Problems.once("looking at the mount failed: " + e);
    }
  }

  /** Whether what is served could be read, and now can't: out of file descriptors, say. */
  private boolean lost(Generation published) {
    if (served != null) {
      for (MountedFile before : served.files()) {
        MountedFile now = published.file(before.name());
        if (before.problem() == null && now != null && now.problem() != null) {
          Problems.once(
              "secret '"
                  + now.name()
                  + "' was replaced, but can't be read: "
                  + now.problem()
                  + "; the values from before stay, looking again every half second");
          return true;
        }
      }
    }
    return false;
  }
}
