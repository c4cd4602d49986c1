package dev.keyturn.sidecar.refresh;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.refresh.Refreshes.By;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long a sidecar waits before it follows a hint that others may have got with it. Pure: the
 * sidecar and the simulation of a fleet draw the same.
 */
public final class Spread {
  /**
   * Where the hint does not say: the shortest at which 10,000 pods with three secrets each, poked
   * in the same instant, ask a server for less than 5,000 requests a second (docs/propagation.md).
   */
  public static final Duration DEFAULT = Duration.ofSeconds(10);

  private Spread() {}

  /** Draws a pause, evenly; none for who asks one sidecar alone. */
  public static Duration draw(RefreshHint hint, By by, RandomGenerator random) {
    Duration most = hint.within().orElse(by == By.ANNOTATION ? DEFAULT : Duration.ZERO);
    return Duration.ofMillis(random.nextLong(most.toMillis() + 1));
  }
}
