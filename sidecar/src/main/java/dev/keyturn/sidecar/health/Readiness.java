package dev.keyturn.sidecar.health;

import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Whether every required secret is published, and what is in the way. Once ready it stays so: what
 * is published stays published. Safe for use by several threads.
 */
public final class Readiness {
  /** Where a secret is in its life, as {@code docs/lifecycle.md} draws it. */
  public enum State {
    /** It was not fetched yet. */
    WAITING,
    /** What is published is what its source holds, as far as was asked. */
    FRESH,
    /** The last attempt failed: what is published, if anything, is the last good version. */
    STALE,
    /** Its source answers again, and its turn to be fetched has not come yet. */
    RECOVERING;

    /** For audit lines, metrics and pages. */
    public String text() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * A secret that is not as it should be.
   *
   * @param reason why; never a value
   */
  public record Trouble(
      String secret, String reference, boolean required, State state, String reason) {
    @Override
    public String toString() {
      return secret + ": " + reason;
    }
  }

  private static final class Entry {
    final SecretSpec spec;
    State state = State.WAITING;
    String reason = "not fetched yet";
    boolean permanent;

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

  /**
   * Says where a secret is.
   *
   * @param reason of {@link State#STALE}; never a value
   * @param permanent whether somebody has to correct something first
   * @return whether it was somewhere else before
   */
  public synchronized boolean set(
      SecretSpec secret, State state, String reason, boolean permanent) {
    Entry entry = Objects.requireNonNull(entries.get(secret.name()));
    boolean changed = entry.state != state;
    entry.state = state;
    // While it recovers, what was in the way is still the reason why it is not fresh.
    if (state != State.RECOVERING) {
      entry.reason = reason;
      entry.permanent = permanent;
    }
    notifyAll();
    return changed;
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

  /**
   * Whether the workload may start, and nothing is about to happen to a secret without being asked
   * for: each is fresh, or was tried in vain.
   */
  public synchronized boolean isAtRest() {
    for (Entry entry : entries.values()) {
      if (entry.state != State.FRESH && entry.state != State.STALE) {
        return false;
      }
    }
    return isReady();
  }

  /** Called while it {@link #isAtRest}. */
  public synchronized void save(StateWriter out) {
    for (Entry entry : entries.values()) {
      out.constant(entry.state).text(entry.reason).flag(entry.permanent);
    }
  }

  /** Is as it was: every mount is published, and the agent in place. */
  public synchronized void restore(StateReader in) {
    for (Entry entry : entries.values()) {
      entry.state = in.constant(State.class);
      entry.reason = in.text();
      entry.permanent = in.flag();
    }
    unpublishedMounts = 0;
    agentMissing = false;
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
      if (entry.state == State.WAITING || entry.state == State.RECOVERING) {
        return false;
      }
      if (entry.state == State.STALE && entry.spec.required()) {
        if (!entry.permanent) {
          return false;
        }
        stuck = true;
      }
    }
    return stuck;
  }

  /** What is in the way, or stale, in the order of the plan. */
  public synchronized List<Trouble> troubles() {
    List<Trouble> troubles = new ArrayList<>();
    for (Entry entry : entries.values()) {
      if (entry.state != State.FRESH) {
        SecretSpec spec = entry.spec;
        troubles.add(
            new Trouble(spec.name(), spec.origin(), spec.required(), entry.state, entry.reason));
      }
    }
    return troubles;
  }
}
