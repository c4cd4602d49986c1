package dev.keyturn.sidecar.health;

import dev.keyturn.plan.SecretSpec;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Whether every required secret is published, and what is in the way. Once ready it stays so: what
 * is published stays published. Safe for use by several threads.
 */
public final class Readiness {
  private sealed interface Status {
    record Waiting() implements Status {}

    record Fetched() implements Status {}

    record Failing(String reason, boolean permanent) implements Status {}
  }

  /**
   * A secret that is not as it should be.
   *
   * @param reason why; never a value
   */
  public record Trouble(String secret, String reference, boolean required, String reason) {
    @Override
    public String toString() {
      return secret + ": " + reason;
    }
  }

  private static final class Entry {
    final SecretSpec spec;
    Status status = new Status.Waiting();

    Entry(SecretSpec spec) {
      this.spec = spec;
    }
  }

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private int unpublishedMounts;
  private boolean agentMissing;

  /**
   * Nothing is published yet.
   *
   * @param mounts how many mounts have to be published
   * @param agent whether the Java agent has to be put in place
   */
  public Readiness(List<SecretSpec> secrets, int mounts, boolean agent) {
    for (SecretSpec spec : secrets) {
      entries.put(spec.name(), new Entry(spec));
    }
    unpublishedMounts = mounts;
    agentMissing = agent;
  }

  /** The secret was fetched, and is published in every mount that is. */
  public synchronized void fetched(SecretSpec secret) {
    set(secret, new Status.Fetched());
  }

  /** The last attempt to bring the secret up to date failed. */
  public synchronized void failed(SecretSpec secret, String reason, boolean permanent) {
    set(secret, new Status.Failing(reason, permanent));
  }

  private void set(SecretSpec secret, Status status) {
    Objects.requireNonNull(entries.get(secret.name())).status = status;
    notifyAll();
  }

  /** A mount has its first generation. */
  public synchronized void mountPublished() {
    unpublishedMounts--;
    notifyAll();
  }

  /** The agent is in place. */
  public synchronized void agentInPlace() {
    agentMissing = false;
    notifyAll();
  }

  /** Whether the workload may start. */
  public synchronized boolean isReady() {
    return unpublishedMounts == 0 && !agentMissing;
  }

  /**
   * Waits until the workload may start.
   *
   * @return false when the time is over
   */
  public synchronized boolean await(Duration atMost) throws InterruptedException {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!isReady()) {
      long millis = (deadline - System.nanoTime()) / 1_000_000;
      if (millis <= 0) {
        return false;
      }
      wait(millis);
    }
    return true;
  }

  /**
   * Waits until the workload may start, or until that needs somebody to correct something first.
   *
   * @return whether it may start
   */
  public synchronized boolean awaitSettled() throws InterruptedException {
    while (!isReady() && !isStuck()) {
      wait();
    }
    return isReady();
  }

  /** Every secret was tried, and what a required one waits for does not come by itself. */
  public synchronized boolean isStuck() {
    boolean stuck = false;
    for (Entry entry : entries.values()) {
      boolean required = entry.spec.required();
      switch (entry.status) {
        case Status.Waiting() -> {
          return false;
        }
        case Status.Fetched() -> {}
        case Status.Failing(String reason, boolean permanent) -> {
          if (required && !permanent) {
            return false;
          }
          stuck |= required;
        }
      }
    }
    return stuck;
  }

  /** What is in the way, or stale, in the order of the plan. */
  public synchronized List<Trouble> troubles() {
    List<Trouble> troubles = new ArrayList<>();
    for (Entry entry : entries.values()) {
      SecretSpec spec = entry.spec;
      String reason =
          switch (entry.status) {
            case Status.Waiting() -> "not fetched yet";
            case Status.Fetched() -> "";
            case Status.Failing(String why, boolean permanent) -> why;
          };
      if (!reason.isEmpty()) {
        troubles.add(new Trouble(spec.name(), spec.from().toString(), spec.required(), reason));
      }
    }
    return troubles;
  }
}
