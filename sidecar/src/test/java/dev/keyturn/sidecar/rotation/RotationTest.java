package dev.keyturn.sidecar.rotation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.rotation.Rotation.Next;
import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.rotation.Rotation.Step;
import dev.keyturn.sidecar.source.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RotationTest {
  private static final Instant START = Instant.parse("2026-11-24T06:00:00Z");
  private static final Duration REFRESH = Duration.ofSeconds(10);
  private static final Duration HOUR = Duration.ofHours(1);

  private static Stream<Next> next(State state, Duration taken) {
    return IntStream.range(0, 1000)
        .mapToObj(seed -> Rotation.next(state, START.plus(taken), new Random(seed)));
  }

  private static State polled() {
    return new State(true, Optional.of(REFRESH), START, Optional.empty(), 0, Optional.empty());
  }

  private static State held(Held held) {
    return new State(true, Optional.empty(), START, Optional.of(held), 0, Optional.empty());
  }

  private static State failed(int failures, Optional<Duration> retryAfter) {
    return new State(false, Optional.empty(), START, Optional.empty(), failures, retryAfter);
  }

  private static Lease lease(Duration duration, boolean renewable) {
    return new Lease(Optional.of("id"), duration, renewable);
  }

  @Test
  void what_is_not_there_is_fetched_at_once() {
    assertThat(next(State.initial(START), Duration.ZERO))
        .containsOnly(new Next(Step.FETCH, Duration.ZERO));
  }

  @Test
  void nobody_waits_longer_than_the_refresh_counted_from_the_start_of_the_last_look() {
    Duration taken = Duration.ofMillis(300);
    assertThat(next(polled(), taken))
        .allSatisfy(
            next -> {
              assertThat(next.step()).isEqualTo(Step.REFRESH);
              assertThat(next.pause().plus(taken))
                  .isBetween(REFRESH.multipliedBy(9).dividedBy(10), REFRESH);
            });
  }

  @Test
  void pods_that_started_together_drift_apart() {
    assertThat(next(polled(), Duration.ZERO).distinct()).hasSizeGreaterThan(100);
  }

  @Test
  void a_look_that_took_longer_than_the_refresh_is_followed_by_the_next() {
    assertThat(next(polled(), Duration.ofSeconds(30)))
        .containsOnly(new Next(Step.REFRESH, Duration.ZERO));
  }

  @Test
  void a_lease_is_renewed_before_two_thirds_of_it_are_over() {
    assertThat(next(held(Held.first(lease(HOUR, true), START)), Duration.ZERO))
        .allSatisfy(
            next -> {
              assertThat(next.step()).isEqualTo(Step.RENEW);
              assertThat(next.pause()).isBetween(Duration.ofMinutes(36), Duration.ofMinutes(40));
            });
  }

  @Test
  void one_that_cannot_be_renewed_is_replaced_then() {
    assertThat(next(held(Held.first(lease(HOUR, false), START)), Duration.ZERO))
        .allSatisfy(
            next -> {
              assertThat(next.step()).isEqualTo(Step.FETCH);
              assertThat(next.pause()).isBetween(Duration.ofMinutes(36), Duration.ofMinutes(40));
            });
  }

  @Test
  void a_renewal_that_is_cut_short_is_followed_by_the_replacement_while_the_old_one_lives() {
    Held held =
        Held.first(lease(HOUR, true), START).renewed(lease(Duration.ofMinutes(9), true), START);
    assertThat(next(held(held), Duration.ZERO))
        .allSatisfy(
            next -> {
              assertThat(next.step()).isEqualTo(Step.FETCH);
              assertThat(next.pause()).isBetween(Duration.ofSeconds(161), Duration.ofMinutes(3));
            });
  }

  @Test
  void a_renewal_that_grants_the_whole_is_followed_by_the_next() {
    Held held = Held.first(lease(HOUR, true), START).renewed(lease(HOUR, true), START);
    assertThat(next(held(held), Duration.ZERO).map(Next::step)).containsOnly(Step.RENEW);
  }

  @Test
  void a_lease_that_is_over_is_not_renewed_but_replaced_at_once() {
    assertThat(next(held(Held.first(lease(HOUR, true), START)), Duration.ofHours(2)))
        .containsOnly(new Next(Step.FETCH, Duration.ZERO));
  }

  @Test
  void a_lease_is_looked_up_in_between() {
    State state =
        new State(
            true,
            Optional.of(REFRESH),
            START,
            Optional.of(Held.first(lease(HOUR, true), START)),
            0,
            Optional.empty());
    assertThat(next(state, Duration.ZERO))
        .allSatisfy(
            next -> {
              assertThat(next.step()).isEqualTo(Step.REFRESH);
              assertThat(next.pause()).isLessThanOrEqualTo(REFRESH);
            });
  }

  @Test
  void leases_of_a_second_and_of_ten_thousand_years_have_their_time() {
    assertThat(next(held(Held.first(lease(Duration.ofSeconds(1), true), START)), Duration.ZERO))
        .allSatisfy(
            next ->
                assertThat(next.pause()).isBetween(Duration.ofMillis(599), Duration.ofMillis(667)));
    assertThat(
            next(held(Held.first(lease(Duration.ofDays(3_650_000), true), START)), Duration.ZERO))
        .allSatisfy(next -> assertThat(next.pause()).isGreaterThan(Duration.ofDays(2000)));
  }

  @Test
  void failures_wait_longer_and_longer_up_to_the_cap() {
    for (int failures = 1; failures <= 100; failures++) {
      Duration doubled = Backoff.BASE.multipliedBy(1L << Math.min(failures - 1, 20));
      Duration most = doubled.compareTo(Backoff.CAP) < 0 ? doubled : Backoff.CAP;
      assertThat(next(failed(failures, Optional.empty()), Duration.ZERO))
          .allSatisfy(next -> assertThat(next.pause()).isBetween(Backoff.FLOOR, most));
    }
  }

  @Test
  void the_jitter_of_a_backoff_is_full() {
    assertThat(next(failed(20, Optional.empty()), Duration.ZERO).map(Next::pause))
        .anySatisfy(pause -> assertThat(pause).isLessThan(Duration.ofSeconds(1)))
        .anySatisfy(pause -> assertThat(pause).isGreaterThan(Duration.ofSeconds(29)));
  }

  @Test
  void what_the_source_asks_for_is_waited_for_and_not_by_all_to_the_same_moment() {
    assertThat(next(failed(1, Optional.of(REFRESH)), Duration.ZERO).map(Next::pause))
        .allSatisfy(pause -> assertThat(pause).isBetween(REFRESH, Duration.ofSeconds(15)))
        .anySatisfy(pause -> assertThat(pause).isGreaterThan(Duration.ofSeconds(14)));
  }

  @Test
  void a_lease_that_is_due_when_the_backoff_ends_is_renewed_then() {
    Held held = Held.first(lease(Duration.ofSeconds(30), true), START);
    State state = new State(true, Optional.empty(), START, Optional.of(held), 1, Optional.empty());
    assertThat(next(state, Duration.ofSeconds(21)).map(Next::step)).containsOnly(Step.RENEW);
    assertThat(next(state, Duration.ofSeconds(31)).map(Next::step)).containsOnly(Step.FETCH);
    assertThat(next(state, Duration.ofSeconds(1)).map(Next::step)).containsOnly(Step.REFRESH);
  }
}
