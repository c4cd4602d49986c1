package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.source.FetchException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Stands before one server, for all that is asked of it. While the server is down one request at a
 * time is let through as a probe, with a {@link Backoff} between probes; the rest is held back
 * without being sent. When it answers again the others follow at a bounded rate, so that what
 * waited does not bring it down once more. Safe for use by several threads.
 */
final class Gate {
  /** Between two requests after an outage: 100 a second, of which a small server does thousands. */
  static final Duration PACE = Duration.ofMillis(10);

  /** How long that lasts: at 100 a second the 1,000 secrets of the largest plan need 10 s. */
  static final Duration PACED = Duration.ofSeconds(15);

  private static final Duration UNHURRIED = Duration.ofSeconds(5);

  private final InstantSource clock;
  private final RandomGenerator random;
  private final Listener listener;
  private final Pauses pauses;
  private @Nullable FetchException reason;
  private boolean probing;
  private int failures;
  private Instant nextProbe = Instant.MIN;
  private Instant lastAnswer = Instant.MIN;
  private Instant pacedUntil = Instant.MIN;
  private Instant nextSlot = Instant.MIN;

  /** How long to wait after failures: {@link Backoff#pause}, but where others are tried. */
  @FunctionalInterface
  interface Pauses {
    Duration draw(int failures, RandomGenerator random);
  }

  /** Is told, by the thread that found out. */
  interface Listener {
    /** The server does not answer any more. */
    void down(String reason);

    /** It answers again. */
    void up();
  }

  /** Leave to ask; ends with one of {@link #answered} and {@link #unanswered}, then close. */
  final class Pass implements AutoCloseable {
    private final Instant since;
    private final boolean probe;

    private Pass(Instant since, boolean probe) {
      this.since = since;
      this.probe = probe;
    }

    /** The server has answered for itself, whatever it said. */
    void answered() {
      if (Gate.this.answered()) {
        listener.up();
      }
    }

    /** It has not, or says that it is down. */
    void unanswered(FetchException why) {
      if (Gate.this.unanswered(this, why)) {
        listener.down(why.getMessage());
      }
    }

    @Override
    public void close() {
      if (probe) {
        probed();
      }
    }
  }

  Gate(InstantSource clock, RandomGenerator random, Listener listener) {
    this(clock, random, listener, Backoff::pause);
  }

  /** For simulations, which try other pauses. */
  Gate(InstantSource clock, RandomGenerator random, Listener listener, Pauses pauses) {
    this.clock = clock;
    this.random = random;
    this.listener = listener;
    this.pauses = pauses;
  }

  /**
   * Lets a request through, after a short wait when the server has just come back.
   *
   * @throws FetchException held, if the server is down and this is no probe
   */
  Pass enter() throws FetchException, InterruptedException {
    Duration wait = slot();
    if (wait.isPositive()) {
      Thread.sleep(wait);
    }
    return pass();
  }

  /** Whether the server answers, and not everything has to be asked of it at once. */
  synchronized boolean isOpen() {
    return reason == null && !clock.instant().isBefore(pacedUntil);
  }

  /** How long to wait before {@link #pass}. */
  synchronized Duration slot() {
    Instant now = clock.instant();
    if (reason != null || !now.isBefore(pacedUntil)) {
      return Duration.ZERO;
    }
    Instant slot = nextSlot.isAfter(now) ? nextSlot : now;
    nextSlot = slot.plus(PACE);
    return Duration.between(now, slot);
  }

  /** Leave to ask now; {@link #enter} without its wait, for who waits in virtual time. */
  synchronized Pass pass() throws FetchException {
    Instant now = clock.instant();
    if (reason == null) {
      return new Pass(now, false);
    }
    if (!probing && !now.isBefore(nextProbe)) {
      probing = true;
      return new Pass(now, true);
    }
    Duration left = Duration.between(now, nextProbe);
    // All who wait hear when the server is back: while a probe is on its way there is no hurry.
    throw reason.again(probing || left.isNegative() ? UNHURRIED : left);
  }

  private synchronized boolean answered() {
    lastAnswer = clock.instant();
    if (reason == null) {
      return false;
    }
    reason = null;
    failures = 0;
    pacedUntil = lastAnswer.plus(PACED);
    nextSlot = lastAnswer;
    return true;
  }

  /** A request that others have overtaken says nothing of the server as a whole. */
  private synchronized boolean unanswered(Pass pass, FetchException why) {
    boolean wasUp = reason == null;
    if (lastAnswer.isAfter(pass.since) || (!wasUp && !pass.probe)) {
      return false;
    }
    reason = why;
    nextProbe = clock.instant().plus(pauses.draw(++failures, random));
    return wasUp;
  }

  private synchronized void probed() {
    probing = false;
  }
}
