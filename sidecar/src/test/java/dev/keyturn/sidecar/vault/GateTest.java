package dev.keyturn.sidecar.vault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.sidecar.source.FetchException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GateTest {
  private Instant now = Instant.parse("2026-11-24T06:00:00Z");
  private final List<String> news = new ArrayList<>();
  private final Gate gate =
      new Gate(
          () -> now,
          new SplittableRandom(1),
          new Gate.Listener() {
            @Override
            public void down(String reason) {
              news.add("down: " + reason);
            }

            @Override
            public void up() {
              news.add("up");
            }
          });

  private static FetchException down(String why) {
    return FetchException.temporary(why, null);
  }

  private void after(Duration time) {
    now = now.plus(time);
  }

  private void fail() throws Exception {
    try (Gate.Pass pass = gate.enter()) {
      after(Duration.ofMillis(1));
      pass.unanswered(down("nobody is there"));
    }
  }

  @Test
  void while_the_server_is_down_one_probe_at_a_time_is_let_through() throws Exception {
    fail();
    assertThat(news).containsExactly("down: nobody is there");
    after(Duration.ofMinutes(1));
    try (Gate.Pass probe = gate.enter()) {
      for (int i = 0; i < 100; i++) {
        assertThatThrownBy(gate::enter)
            .isInstanceOfSatisfying(
                FetchException.class, e -> assertThat(e.held()).as(e.getMessage()).isTrue())
            .hasMessage("nobody is there");
      }
      probe.unanswered(down("still nobody"));
    }
    assertThatThrownBy(gate::enter).hasMessage("still nobody");
    assertThat(news).hasSize(1);
  }

  @Test
  void what_somebody_has_to_correct_is_told_so_to_all() throws Exception {
    try (Gate.Pass pass = gate.enter()) {
      pass.unanswered(FetchException.permanent("the server's certificate is not trusted"));
    }
    assertThatThrownBy(gate::enter)
        .isInstanceOfSatisfying(FetchException.class, e -> assertThat(e.permanent()).isTrue());
  }

  @Test
  void a_probe_that_was_given_up_makes_room_for_the_next() throws Exception {
    fail();
    after(Duration.ofMinutes(1));
    gate.enter().close();
    gate.enter().close();
  }

  @Test
  void probes_are_a_backoff_apart() throws Exception {
    fail();
    int probes = 0;
    for (int second = 0; second < 3600; second++) {
      after(Duration.ofSeconds(1));
      try (Gate.Pass pass = gate.enter()) {
        probes++;
        pass.unanswered(down("nobody is there"));
      } catch (FetchException e) {
        assertThat(e.retryAfter()).isPresent();
      }
    }
    // 30 s of full jitter are 15 s on average.
    assertThat(probes).isBetween(150, 350);
  }

  @Test
  void when_it_answers_again_the_others_follow_at_a_bounded_rate() throws Exception {
    fail();
    after(Duration.ofMinutes(1));
    try (Gate.Pass probe = gate.enter()) {
      probe.answered();
    }
    assertThat(news).last().isEqualTo("up");
    long start = System.nanoTime();
    for (int i = 0; i < 20; i++) {
      gate.enter().close();
    }
    // The clock stands still here, so that each one's turn is later than the last one's by the
    // pace.
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .isGreaterThanOrEqualTo(Gate.PACE.multipliedBy(19));
  }

  @Test
  void one_request_that_fails_while_others_are_answered_closes_nothing() throws Exception {
    try (Gate.Pass slow = gate.enter();
        Gate.Pass quick = gate.enter()) {
      after(Duration.ofSeconds(1));
      quick.answered();
      after(Duration.ofSeconds(9));
      slow.unanswered(down("no answer in time"));
    }
    gate.enter().close();
    assertThat(news).isEmpty();
  }

  @Test
  void a_request_from_before_the_outage_that_fails_late_does_not_delay_the_probe()
      throws Exception {
    try (Gate.Pass slow = gate.enter()) {
      fail();
      after(Duration.ofMinutes(1));
      slow.unanswered(down("no answer in time"));
      try (Gate.Pass probe = gate.enter()) {
        probe.answered();
      }
    }
  }
}
