package dev.keyturn.sidecar.rotation;

import org.jspecify.annotations.Nullable;

/**
 * Ends a thread's wait early, whatever it waits in, and tells that from the thread's end: both are
 * interruptions. Safe for use by several threads.
 */
final class Nudge {
  private @Nullable Thread waiting;
  private boolean given;
  private boolean ended;

  /** What a thread waits in. */
  interface Wait {
    void run() throws InterruptedException;
  }

  /** Ends the wait, or the next one, if none is under way. */
  synchronized void give() {
    given = true;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  /** From now on every wait ends with an {@link InterruptedException}. */
  synchronized void end() {
    ended = true;
    if (waiting != null) {
      waiting.interrupt();
    }
  }

  /**
   * Waits.
   *
   * @return whether that was ended by {@link #give}
   * @throws InterruptedException if the thread is to end
   */
  boolean during(Wait wait) throws InterruptedException {
    if (begin()) {
      return true;
    }
    try {
      wait.run();
    } catch (InterruptedException e) {
      if (!over()) {
        throw e;
      }
      return true;
    }
    return over();
  }

  private synchronized boolean begin() throws InterruptedException {
    if (given || ended) {
      return over();
    }
    waiting = Thread.currentThread();
    return false;
  }

  private synchronized boolean over() throws InterruptedException {
    boolean nudged = given;
    waiting = null;
    given = false;
    if (ended) {
      throw new InterruptedException();
    }
    if (nudged) {
      // It came while the wait ended by itself.
      Thread.interrupted();
    }
    return nudged;
  }
}
