package dev.keyturn.sidecar.rotation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class NudgeTest {
  private final Nudge nudge = new Nudge();
  private final CountDownLatch never = new CountDownLatch(1);

  @Test
  void ends_a_wait_that_is_under_way() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Boolean> waiting =
        new FutureTask<>(
            () ->
                nudge.during(
                    () -> {
                      begun.countDown();
                      never.await();
                    }));
    Thread.ofVirtual().start(waiting);
    begun.await();
    nudge.give();
    assertThat(waiting.get()).isTrue();
  }

  @Test
  void one_that_comes_early_ends_the_next_wait_and_no_other() throws Exception {
    nudge.give();
    assertThat(nudge.during(never::await)).isTrue();
    assertThat(nudge.during(() -> {})).isFalse();
  }

  @Test
  void one_that_comes_when_the_wait_is_over_leaves_no_interruption() throws Exception {
    assertThat(nudge.during(nudge::give)).isTrue();
    assertThat(Thread.interrupted()).isFalse();
  }

  @Test
  void an_interruption_by_somebody_else_is_the_end() {
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> nudge.during(never::await)).isInstanceOf(InterruptedException.class);
  }

  @Test
  void the_end_is_not_taken_for_a_nudge_whatever_came_first() {
    nudge.give();
    nudge.end();
    assertThatThrownBy(() -> nudge.during(never::await)).isInstanceOf(InterruptedException.class);
    assertThatThrownBy(() -> nudge.during(never::await)).isInstanceOf(InterruptedException.class);
  }
}
