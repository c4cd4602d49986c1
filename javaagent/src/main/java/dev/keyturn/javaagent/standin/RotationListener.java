package dev.keyturn.javaagent.standin;

import java.util.Set;

/** Who wants to hear that secrets have changed. Called one at a time, on a daemon thread. */
public abstract class RotationListener {
  /**
   * Secrets have changed, or are new.
   *
   * @param now what is current; it may be older than {@link Snapshot#current} by the time it is
   *     told
   * @param changed the secrets' names, at least one
   */
  public abstract void rotated(Snapshot before, Snapshot now, Set<String> changed);
}
