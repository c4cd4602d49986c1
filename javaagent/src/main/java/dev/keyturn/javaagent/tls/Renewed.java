package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.standin.Snapshot;
import java.security.UnrecoverableKeyException;
import org.jspecify.annotations.Nullable;

/**
 * A key or trust manager that is made anew when the mount has other certificates. The first
 * handshake after a rotation makes it. Any thread.
 */
abstract class Renewed<M> {
  private volatile M manager;
  private volatile @Nullable String generation;

  /** Starts with the manager that the application would have got. */
  Renewed(M manager) {
    this.manager = manager;
  }

  /** The manager for what is in the mount now; the one before if that fails, which is said once. */
  final M current() {
    String now = Snapshot.current().id();
    if (!now.equals(generation)) {
      synchronized (this) {
        if (!now.equals(generation)) {
          renew();
          generation = now;
        }
      }
    }
    return manager;
  }

  private void renew() {
    Boolean outer = OwnCalls.begin();
    try {
      M next = next();
      if (next != null) {
        manager = next;
      }
    } catch (Throwable e) {
      Problems.once(
          "secrets "
              + secrets()
              + " have other certificates now, but no manager for TLS can be made of them ("
              + e.getClass().getName()
              + (e instanceof UnrecoverableKeyException
                  ? ": the password is not the one that the application used, nor 'changeit'"
                  : "")
              + "): TLS goes on with those before");
    } finally {
      OwnCalls.end(outer);
    }
  }

  /** Another manager, or null if its certificates are the same. */
  abstract @Nullable M next() throws Exception;

  /** The names of the files it is made of. */
  abstract Object secrets();
}
