package dev.keyturn.sidecar.rotation;

import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait after failures: exponential, with full jitter and a cap. */
public final class Backoff {
  /** The first wait is up to this. */
  static final Duration BASE = Duration.ofMillis(500);

  /**
   * No wait is longer, so that an outage is over for everyone soon after its end; a shorter one has
   * a server that comes back to 10,000 pods busier, and them waiting longer (docs/propagation.md).
   */
  static final Duration CAP = Duration.ofSeconds(30);

  /** No wait is shorter: the jitter may come out as next to nothing. */
  static final Duration FLOOR = Duration.ofMillis(50);

  private Backoff() {}

  /**
   * Draws a pause.
   *
   * @param failures in a row, from 1 on
   * @return {@link #FLOOR} to {@link #CAP}
   */
  public static Duration pause(int failures, RandomGenerator random) {
    long most = Math.min(CAP.toMillis(), BASE.toMillis() << Math.min(failures - 1, 20));
    return Duration.ofMillis(random.nextLong(FLOOR.toMillis(), most + 1));
  }
}
