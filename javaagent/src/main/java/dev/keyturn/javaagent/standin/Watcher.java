package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.guard.Known;
import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.report.Uses;
import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountReader;
import dev.keyturn.mount.MountedFile;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Follows the mount from a daemon thread, which reads it first while the JVM starts. What can't be
 * read is said once, and what was served stays.
 */
public final class Watcher implements Runnable {
  /** A look costs some microseconds, so a rotation may as well be seen in half a second. */
  private static final long LOOK_EVERY_MILLIS = 500;

  private static @Nullable Watcher only;

  private final MountReader mount;
  private final long windowNanos;
  private Map<String, String> realEnvironment = Collections.emptyMap();
  private volatile @Nullable Runnable afterLook;
  private @Nullable Generation served;
  private boolean looked;

  private Watcher(MountReader mount, long windowMillis) {
    this.mount = mount;
    this.windowNanos = windowMillis * 1_000_000;
  }

  /**
   * Looks from now on. Called once.
   *
   * @param windowMillis how long a version that was replaced may still be tried
   */
  public static Watcher start(MountReader mount, long windowMillis) {
    Watcher watcher = of(mount, windowMillis);
    Thread thread = new Thread(watcher, "keyturn-mount");
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    thread.start();
    return watcher;
  }

  /** The one that is asked from now on; {@link #firstLook} is still to be called. */
  static Watcher of(MountReader mount, long windowMillis) {
    Watcher watcher = new Watcher(mount, windowMillis);
    only = watcher;
    return watcher;
  }

  /**
   * Looks for the first time.
   *
   * @param realEnvironment what this process was given
   */
  void firstLook(Map<String, String> realEnvironment) {
    this.realEnvironment = realEnvironment;
    Snapshot.publish(new Snapshot(realEnvironment, mount.directory()));
    look();
  }

  /**
   * Waits until the mount was looked at.
   *
   * @param then called by the watcher's thread after each further look
   */
  public synchronized void awaitFirstLook(Runnable then) throws InterruptedException {
    while (!looked) {
      wait();
    }
    afterLook = then;
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
    // Here, since the JDK takes milliseconds to read them.
    firstLook(System.getenv());
    synchronized (this) {
      looked = true;
      notifyAll();
    }
    if (!Snapshot.current().files().isEmpty()) {
      // Before the first line that is to be masked asks for it.
      Mask.prepare();
    }
    while (true) {
      try {
        Thread.sleep(LOOK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        // Nobody has a reason to; a look too early does no harm.
      }
      look();
      Snapshot.current().forgetFormer();
      Runnable then = afterLook;
      try {
        if (then != null) {
          then.run();
        }
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
