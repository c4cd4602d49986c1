package dev.keyturn.sidecar.rotation;

import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/**
 * Decides what to do next about something that ages, a secret or the login, and when. Pure: the
 * loops, tests and simulations ask the same.
 */
public final class Rotation {
  /** Longer ones are cut: nobody waits for their end, and no sum of times overflows. */
  private static final Duration LONGEST = Duration.ofDays(3650);

  private Rotation() {}

  /** What can be done about it. */
  public enum Step {
    /** Have a version, in place of the one there is. */
    FETCH,
    /** Look whether the one there is is still the one to use. */
    REFRESH,
    /** Have its lease extended. */
    RENEW
  }

  /**
   * What to do next.
   *
   * @param pause from now on; not negative
   */
  public record Next(Step step, Duration pause) {}

  /**
   * A lease in its life.
   *
   * @param lease as granted last
   * @param grantedAt when that was
   * @param asked for how long the first grant was, and so each renewal asks for
   */
  public record Held(Lease lease, Instant grantedAt, Duration asked) {

    /** The first grant. */
    public static Held first(Lease lease, Instant now) {
      return new Held(lease, now, lease.duration());
    }

    /** The next grant. */
    public Held renewed(Lease next, Instant now) {
      return new Held(next, now, asked);
    }

    /** Reads what {@link #save} wrote. */
    public static Held restore(StateReader in) {
      return new Held(Lease.restore(in), in.instant(), in.duration());
    }

    /** For a process that sleeps. */
    public void save(StateWriter out) {
      lease.save(out);
      out.instant(grantedAt).duration(asked);
    }

    /** When nothing of it is left. */
    public Instant end() {
      return grantedAt.plus(min(lease.duration(), LONGEST));
    }

    /**
     * Whether to have another in its place rather than to renew it: the source does not renew it,
     * or grants less and less, as it does shortly before the maximum that it allows.
     */
    boolean isLast() {
      return !lease.renewable() || isShortened();
    }

    private boolean isShortened() {
      return lease.duration().compareTo(asked.multipliedBy(3).dividedBy(4)) < 0;
    }

    /**
     * Two thirds of it, so that the rest is there for a source that is down just then; a renewal
     * that was cut short is followed by the replacement at once, in its first third.
     */
    Duration use() {
      Duration third = min(lease.duration(), LONGEST).dividedBy(3);
      return isShortened() ? third : third.multipliedBy(2);
    }
  }

  /**
   * What is known after an attempt.
   *
   * @param fetched whether there is a version
   * @param look how often to look whether it is still the one to use; empty for never
   * @param lookedAt when the last attempt began: what is written after that may have been missed
   * @param lease of the version
   * @param failures in a row; 0 when the last attempt succeeded
   * @param retryAfter what the source itself asks for after a failure
   */
  public record State(
      boolean fetched,
      Optional<Duration> look,
      Instant lookedAt,
      Optional<Held> lease,
      int failures,
      Optional<Duration> retryAfter) {

    /** Nothing was tried yet. */
    public static State initial(Instant now) {
      return new State(false, Optional.empty(), now, Optional.empty(), 0, Optional.empty());
    }

    static State restore(StateReader in) {
      return new State(
          in.flag(),
          in.optional(StateReader::duration),
          in.instant(),
          in.optional(Held::restore),
          (int) in.number(),
          in.optional(StateReader::duration));
    }

    void save(StateWriter out) {
      out.flag(fetched).optional(look, StateWriter::duration).instant(lookedAt);
      out.optional(lease, (it, held) -> held.save(it));
      out.number(failures).optional(retryAfter, StateWriter::duration);
    }
  }

  /**
   * Chooses the next step. A look comes up to a tenth before its time, so that pods that started
   * together drift apart and still nobody waits longer than that; so does a renewal or replacement,
   * which is due when two thirds of the lease are over. After a failure the pause is a {@link
   * Backoff}, or what the source asks for and up to half of that more; a lease that runs out is not
   * waited for longer than it lasts.
   */
  public static Next next(State state, Instant now, RandomGenerator random) {
    if (!state.fetched()) {
      return new Next(Step.FETCH, state.failures() == 0 ? Duration.ZERO : retry(state, random));
    }
    Instant leaseDue = Instant.MAX;
    Step leaseStep = Step.FETCH;
    if (state.lease().isPresent()) {
      Held held = state.lease().get();
      leaseDue = held.grantedAt().plus(early(held.use(), random));
      leaseStep = held.isLast() || !now.isBefore(held.end()) ? Step.FETCH : Step.RENEW;
    }
    if (state.failures() > 0) {
      Duration pause = retry(state, random);
      Instant at = now.plus(pause);
      return new Next(leaseDue.isAfter(at) ? Step.REFRESH : leaseStep, pause);
    }
    Instant lookDue = Instant.MAX;
    if (state.look().isPresent()) {
      lookDue = state.lookedAt().plus(early(state.look().get(), random));
    }
    boolean lease = !leaseDue.isAfter(lookDue);
    Instant due = lease ? leaseDue : lookDue;
    return new Next(
        lease ? leaseStep : Step.REFRESH,
        due.isBefore(now) ? Duration.ZERO : min(Duration.between(now, due), LONGEST));
  }

  private static Duration retry(State state, RandomGenerator random) {
    Duration backoff = Backoff.pause(state.failures(), random);
    if (state.retryAfter().isEmpty()) {
      return backoff;
    }
    Duration asked = state.retryAfter().get();
    return asked.plusMillis(random.nextLong(asked.toMillis() / 2 + 1));
  }

  private static Duration early(Duration interval, RandomGenerator random) {
    long millis = interval.toMillis();
    return Duration.ofMillis(millis - random.nextLong(millis / 10 + 1));
  }

  private static Duration min(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
