package dev.keyturn.sidecar.rotation;

import dev.keyturn.sidecar.source.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** Decides when to fetch a secret next. Pure: the loop, tests and simulations ask the same. */
public final class Rotation {
  private Rotation() {}

  /**
   * What is known of a secret after an attempt to fetch it.
   *
   * @param refresh how long a version without lease is taken as current
   * @param startedAt when the attempt began: what is written after that may have been missed
   * @param failures in a row; 0 when the attempt succeeded
   * @param lease of the version fetched
   */
  public record State(Duration refresh, Instant startedAt, int failures, Optional<Lease> lease) {}

  /**
   * How long to wait from now on. After a success up to a tenth less than the refresh, so that pods
   * that started together drift apart and still nobody waits longer than the refresh; a lease is
   * replaced when two thirds of it are over. After a failure, a {@link Backoff}.
   *
   * @return not negative
   */
  public static Duration pause(State state, Instant now, RandomGenerator random) {
    if (state.failures() > 0) {
      return Backoff.pause(state.failures(), random);
    }
    Duration interval =
        state
            .lease()
            .map(lease -> lease.duration().multipliedBy(2).dividedBy(3))
            .orElse(state.refresh());
    long millis = interval.toMillis();
    Duration due = Duration.ofMillis(millis - random.nextLong(millis / 10 + 1));
    Duration left = due.minus(Duration.between(state.startedAt(), now));
    return left.isNegative() ? Duration.ZERO : left;
  }
}
