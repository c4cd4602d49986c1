package dev.keyturn;

import dev.keyturn.mount.MountReader;
import java.util.function.Consumer;

/**
 * The secrets of this process's mount, with or without the Java agent:
 *
 * <pre>{@code
 * Secret db = Secrets.get("db");
 * connect(db.get("username"), db.get("password"));
 * Secrets.onRotate("db", changed -> pool.reconnect(changed.get("username"), changed.get("password")));
 * }</pre>
 *
 * <p>The mount is the agent's; without one, the directory that the system property {@code
 * keyturn.mount} names, else the environment variable {@code KEYTURN_MOUNT}, else {@code
 * /keyturn/secrets}. Safe for use by several threads.
 */
public final class Secrets {
  /** Made on first use, so that an application may set the system property before. */
  private static final class Default {
    static final Rotations MOUNT = new Rotations(new MountReader(MountReader.defaultDirectory()));
  }

  private Secrets() {}

  /** What {@link #onRotate} began; closing it ends it. */
  public interface Subscription extends AutoCloseable {
    /** No call of the listener starts after this returns. */
    @Override
    void close();
  }

  /**
   * The secret as it is now. A look at the mount costs some microseconds: ask each time rather than
   * keep it.
   *
   * @param name the plan's name for it
   * @throws SecretException if there is no such secret or no mount, or it can't be read
   */
  public static Secret get(String name) {
    return Default.MOUNT.get(name);
  }

  /**
   * One value of a secret. Two values that belong together are to be had from one {@link
   * #get(String)}.
   *
   * @throws SecretException as {@link #get(String)} and {@link Secret#get}
   */
  public static String get(String name, String key) {
    return get(name).get(key);
  }

  /**
   * Has the listener called each time the secret's bytes have changed from what they are now,
   * within a second. If there is no such secret yet, also when it comes. Calls for one listener
   * follow one another, on a daemon thread of its own; when it is slower than the rotations it gets
   * the newest. What it throws goes to that thread's uncaught-exception handler, and the next
   * rotation calls it again.
   */
  public static Subscription onRotate(String name, Consumer<? super Secret> listener) {
    return Default.MOUNT.onRotate(name, listener);
  }
}
