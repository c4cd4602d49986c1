package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.report.Retired;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Retires the connections of one pool, one by one: the time for it has a part for each, and each
 * goes at a random moment of its own, so that neither they nor all pods of a deployment come to the
 * database at once.
 */
final class Retirement extends Thread {
  private final Pool pool;
  private final Random random = new Random();
  private final long nanos =
      TimeUnit.MILLISECONDS.toNanos(Objects.requireNonNull(Agent.options()).retireMillis);
  private long start;
  private int parts;
  private int turn;

  Retirement(Pool pool) {
    super("keyturn-retire");
    setDaemon(true);
    this.pool = pool;
  }

  @Override
  public void run() {
    try {
      pool.retire(this);
      Retired.pool(pool.type);
    } catch (InterruptedException e) {
      // The application ends.
    } catch (Throwable e) {
      Problems.failed("pools", e);
    }
  }

  void begin(int connections) {
    start = System.nanoTime();
    parts = connections;
    turn = 0;
  }

  /** Waits for the next turn; with more turns than connections they have no wait. */
  void await() throws InterruptedException {
    if (turn < parts) {
      double at = (turn++ + random.nextDouble()) / parts;
      TimeUnit.NANOSECONDS.sleep((long) (nanos * at) - (System.nanoTime() - start));
    }
  }
}
