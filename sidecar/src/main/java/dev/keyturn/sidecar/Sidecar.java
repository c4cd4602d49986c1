package dev.keyturn.sidecar;

import java.time.Duration;

/**
 * A running sidecar, in this process: what {@code Main} runs in a pod and the command line runs on
 * a laptop.
 */
public final class Sidecar implements AutoCloseable {

  private Sidecar() {}

  /** Opens the mounts and starts one loop per secret. */
  public static Sidecar start(SidecarConfig config) {
    throw new UnsupportedOperationException(config.toString());
  }

  /**
   * Waits until every required secret is published.
   *
   * @return false when the time is over
   */
  public boolean awaitReady(Duration atMost) throws InterruptedException {
    throw new UnsupportedOperationException(atMost.toString());
  }

  /**
   * Stops the loops and lets go of the mounts; what is published stays. Returns within a second.
   */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}
