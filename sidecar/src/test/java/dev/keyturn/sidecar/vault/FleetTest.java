package dev.keyturn.sidecar.vault;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.vault.FleetSimulation.Outcome;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What 10,000 pods with three secrets each ask of one server; in virtual time. */
class FleetTest {
  private static final int PODS = 10_000;

  @Test
  void a_server_that_comes_back_without_any_login_gets_them_spread() {
    Outcome outcome = FleetSimulation.restart(PODS, 0, true, Backoff::pause, 1);
    assertThat(outcome.logins().all()).isEqualTo(PODS);
    assertThat(outcome.logins().peak()).isLessThan(800);
    assertThat(outcome.requests().peak()).isLessThan(10_000);
    // The longest pause is 30 s, and up to half of it more for who was held back.
    assertThat(outcome.seen().max()).isLessThan(46);
  }

  @Test
  void without_jitter_they_would_come_together() {
    Outcome outcome =
        FleetSimulation.restart(
            PODS,
            0,
            true,
            (failures, _) ->
                Duration.ofMillis(Math.min(30_000L, 500L << Math.min(failures - 1, 20))),
            1);
    assertThat(outcome.logins().peak()).isGreaterThan(1000);
  }

  @Test
  void a_hint_to_all_costs_for_ten_seconds_what_the_default_refresh_costs_always() {
    Outcome rest = FleetSimulation.rest(PODS, Duration.ofSeconds(10), 1);
    Outcome poked = FleetSimulation.poke(PODS, "7", 1);
    assertThat(poked.requests().peak()).isLessThanOrEqualTo(rest.requests().peak());
    assertThat(poked.seen().max()).isLessThan(13);
  }

  @Test
  void a_hint_that_says_so_is_spread_wider() {
    Outcome outcome = FleetSimulation.poke(PODS, "7 within 60s", 1);
    assertThat(outcome.requests().peak()).isLessThan(1000);
    assertThat(outcome.seen().max()).isBetween(55.0, 63.0);
  }

  @Test
  void pods_that_start_log_in_once() {
    Outcome outcome = FleetSimulation.drain(PODS, 1);
    assertThat(outcome.logins().all()).isEqualTo(PODS / 10);
    assertThat(outcome.logins().peak()).isLessThan(150);
  }

  @Test
  void the_same_seed_gives_the_same_run() {
    assertThat(FleetSimulation.restart(1000, 5000, true, Backoff::pause, 7))
        .isEqualTo(FleetSimulation.restart(1000, 5000, true, Backoff::pause, 7));
  }
}
