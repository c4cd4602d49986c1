package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.source.SecretSource.Wake;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;

/** Wakes all who wait for a server's next news. Safe for use by several threads. */
public final class Bell {
  private final Map<Wake, Integer> rung = new EnumMap<>(Wake.class);

  /** Rings for everyone who waits, or will before hearing of it. */
  public synchronized void ring(Wake reason) {
    rung.merge(reason, 1, Integer::sum);
    notifyAll();
  }

  /** One who listens, from now on. Used by one thread. */
  public final class Listener {
    private final Map<Wake, Integer> heard = rungSoFar();

    /** Returns after the given time, or when there is news; of several the rarest counts. */
    public Optional<Wake> await(Duration atMost) throws InterruptedException {
      long deadline = System.nanoTime() + nanos(atMost);
      synchronized (Bell.this) {
        while (true) {
          Wake news = null;
          for (var entry : rung.entrySet()) {
            if (!entry.getValue().equals(heard.put(entry.getKey(), entry.getValue()))) {
              news = entry.getKey();
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

  /** A new one. */
  public Listener listener() {
    return new Listener();
  }

  private synchronized Map<Wake, Integer> rungSoFar() {
    return new EnumMap<>(rung);
  }

  /** A century at most: beyond, a long overflows. */
  private static long nanos(Duration atMost) {
    return Math.min(atMost.toSeconds(), 3_000_000_000L) * 1_000_000_000L + atMost.toNanosPart();
  }
}
