package dev.keyturn.sidecar.rotation;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class SteadyClockTest {
  private long nanos;
  private long uptimeMillis = 1_000_000;
  private final SteadyClock clock =
      new SteadyClock(() -> nanos, () -> OptionalLong.of(uptimeMillis));

  private void pass(Duration running, Duration suspended) {
    nanos += running.toNanos();
    uptimeMillis += running.plus(suspended).toMillis();
  }

  @Test
  void time_in_which_the_machine_was_suspended_counts() {
    Instant start = clock.instant();
    assertThat(clock.look()).isFalse();
    pass(Duration.ofSeconds(5), Duration.ofHours(8));
    assertThat(clock.look()).isTrue();
    assertThat(Duration.between(start, clock.instant()))
        .isEqualTo(Duration.ofHours(8).plusSeconds(5));
    pass(Duration.ofSeconds(5), Duration.ZERO);
    assertThat(clock.look()).isFalse();
  }

  @Test
  void small_differences_do_not_add_up_unnoticed() {
    clock.look();
    int seen = 0;
    for (int i = 0; i < 100; i++) {
      pass(Duration.ofSeconds(5), Duration.ofMillis(100));
      seen += clock.look() ? 1 : 0;
    }
    assertThat(seen).isBetween(4, 5);
  }

  @Test
  void a_clock_that_runs_behind_changes_nothing() {
    clock.look();
    Instant before = clock.instant();
    uptimeMillis -= 3_600_000;
    assertThat(clock.look()).isFalse();
    assertThat(clock.instant()).isEqualTo(before);
  }

  @Test
  void the_real_one_goes_with_the_real_time() throws Exception {
    SteadyClock real = new SteadyClock();
    Instant start = real.instant();
    assertThat(real.look()).isFalse();
    Thread.sleep(20);
    assertThat(real.look()).isFalse();
    assertThat(Duration.between(start, real.instant()))
        .isBetween(Duration.ofMillis(20), Duration.ofSeconds(10));
  }
}
