package dev.keyturn.javaagent.pool;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.core.Options;
import dev.keyturn.javaagent.report.Problems;
import java.util.List;
import java.util.Objects;
import java.util.Random;

/**
 * Retires pools one by one, each at a random moment: so that all pods of a deployment do not come
 * to the database at once.
 */
final class Retirement extends Thread {
  private final List<Pool> due;

  Retirement(List<Pool> due) {
    super("keyturn-retire");
    setDaemon(true);
    this.due = due;
  }

  @Override
  public void run() {
    Options options = Objects.requireNonNull(Agent.options());
    long end = System.nanoTime() + options.retireMillis * 1_000_000;
    Random random = new Random();
    for (int i = 0; i < due.size(); i++) {
      long left = (end - System.nanoTime()) / 1_000_000;
      try {
        if (left > 0) {
          // Of the time left, a share for each pool that is left.
          Thread.sleep((long) (random.nextDouble() * left / (due.size() - i)));
        }
        due.get(i).retire();
      } catch (InterruptedException e) {
        return;
      } catch (Throwable e) {
        Problems.failed("pools", e);
      }
    }
  }
}
