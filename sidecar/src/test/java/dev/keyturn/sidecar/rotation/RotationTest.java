package dev.keyturn.sidecar.rotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.source.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RotationTest {
  private static final Instant START = Instant.parse("2026-11-24T06:00:00Z");
  private static final Duration REFRESH = Duration.ofSeconds(10);

  private static Duration pause(State state, Duration taken, int seed) {
    return Rotation.pause(state, START.plus(taken), new Random(seed));
  }

  private static IntStream seeds() {
    return IntStream.range(0, 1000);
  }

  private static State good(Optional<Lease> lease) {
    return new State(REFRESH, START, 0, lease);
  }

  @Test
  void nobody_waits_longer_than_the_refresh_counted_from_the_start_of_the_last_fetch() {
    Duration taken = Duration.ofMillis(300);
    assertThat(seeds().mapToObj(seed -> pause(good(Optional.empty()), taken, seed)))
        .allSatisfy(
            pause ->
                assertThat(pause.plus(taken))
                    .isBetween(REFRESH.multipliedBy(9).dividedBy(10), REFRESH));
  }

  @Test
  void pods_that_started_together_drift_apart() {
    assertThat(
            seeds().mapToObj(seed -> pause(good(Optional.empty()), Duration.ZERO, seed)).distinct())
        .hasSizeGreaterThan(100);
  }

  @Test
  void a_fetch_that_took_longer_than_the_refresh_is_followed_by_the_next() {
    assertThat(pause(good(Optional.empty()), Duration.ofSeconds(30), 1)).isZero();
  }

  @Test
  void a_lease_is_replaced_before_two_thirds_of_it_are_over() {
    Lease lease = new Lease("id", Duration.ofMinutes(60), true);
    assertThat(seeds().mapToObj(seed -> pause(good(Optional.of(lease)), Duration.ZERO, seed)))
        .allSatisfy(
            pause -> assertThat(pause).isBetween(Duration.ofMinutes(36), Duration.ofMinutes(40)));
  }

  @Test
  void failures_wait_longer_and_longer_up_to_the_cap() {
    for (int failures = 1; failures <= 100; failures++) {
      State state = new State(REFRESH, START, failures, Optional.empty());
      Duration most =
          failures > 10
              ? Backoff.CAP
              : Backoff.BASE.multipliedBy(1L << (failures - 1)).compareTo(Backoff.CAP) < 0
                  ? Backoff.BASE.multipliedBy(1L << (failures - 1))
                  : Backoff.CAP;
      assertThat(seeds().mapToObj(seed -> pause(state, Duration.ZERO, seed)))
          .allSatisfy(pause -> assertThat(pause).isBetween(Backoff.FLOOR, most));
    }
  }

  @Test
  void the_jitter_of_a_backoff_is_full() {
    State state = new State(REFRESH, START, 20, Optional.empty());
    assertThat(seeds().mapToObj(seed -> pause(state, Duration.ZERO, seed)))
        .anySatisfy(pause -> assertThat(pause).isLessThan(Duration.ofSeconds(1)))
        .anySatisfy(pause -> assertThat(pause).isGreaterThan(Duration.ofSeconds(29)));
  }
}
