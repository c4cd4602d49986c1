package dev.keyturn.webhook.server;

import java.time.Duration;
import java.util.concurrent.Executor;

/**
 * How long what an event loop reads now has been waiting, at least. A loop asks the kernel which
 * connections have something to read, and goes round them one after the other: the last of a round
 * has waited for all before it. Used by its loop's thread alone.
 */
final class Round {
  private final Executor loop;
  private boolean going;
  private long start;

  Round(Executor loop) {
    this.loop = loop;
  }

  /** Something has been read. */
  void read() {
    if (!going) {
      going = true;
      start = System.nanoTime();
      // The loop's tasks come after the connections of a round.
      loop.execute(() -> going = false);
    }
  }

  /** How long ago the round began. */
  Duration waited() {
    return going ? Duration.ofNanos(System.nanoTime() - start) : Duration.ZERO;
  }
}
