package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.source.SecretSource.Wake;
import java.time.Duration;
import java.util.Optional;

/** Wakes all who wait for the server's next news. Safe for use by several threads. */
final class Bell {
  private final int[] rung = new int[Wake.values().length];

  /** Rings for everyone who waits, or will before hearing of it. */
  synchronized void ring(Wake reason) {
    rung[reason.ordinal()]++;
    notifyAll();
  }

  /** One who listens, from now on. Used by one thread. */
  final class Listener {
    private final int[] heard = rungSoFar();

    /** Returns after the given time, or when there is news; of several the rarest counts. */
    Optional<Wake> await(Duration atMost) throws InterruptedException {
      long deadline = System.nanoTime() + nanos(atMost);
      synchronized (Bell.this) {
        while (true) {
          Wake news = null;
          for (Wake reason : Wake.values()) {
            if (heard[reason.ordinal()] != rung[reason.ordinal()]) {
              heard[reason.ordinal()] = rung[reason.ordinal()];
              news = reason;
            }
          }
          long millis = (deadline - System.nanoTime() + 999_999) / 1_000_000;
          if (news != null || millis <= 0) {
            return Optional.ofNullable(news);
          }
          Bell.this.wait(millis);
        }
      }
    }
  }

  Listener listener() {
    return new Listener();
  }

  private synchronized int[] rungSoFar() {
    return rung.clone();
  }

  /** A century at most: beyond, a long overflows. */
  private static long nanos(Duration atMost) {
    return Math.min(atMost.toSeconds(), 3_000_000_000L) * 1_000_000_000L + atMost.toNanosPart();
  }
}
