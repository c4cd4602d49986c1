package dev.keyturn.sidecar.publication;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.publication.MountPublisher.Offer;
import dev.keyturn.sidecar.publication.MountPublisher.Result;
import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.Generation;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.MountException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MountPublisherTest {
  private static final int MANY = 100;

  /**
   * Writes slowly, and refuses a generation that holds a certain content, as a full tmpfs would.
   */
  private static final class SlowMount implements Mount {
    final CountDownLatch open = new CountDownLatch(1);
    Generation last = new Generation(List.of());
    int publications;

    @Override
    public Report report() {
      return new Report(true, false);
    }

    @Override
    public Publication publish(Generation generation) throws MountException {
      if (publications == 1) {
        try {
          open.await();
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
      if (generation.files().stream().anyMatch(file -> text(file.content()).equals("too big"))) {
        throw refusal();
      }
      last = generation;
      publications++;
      return new Publication("generation-" + publications, true);
    }

    @Override
    public void clear() {}

    @Override
    public void close() {}
  }

  /** A real one, since nobody else can make one. */
  private static MountException refusal() {
    try {
      Mount.open(Path.of("/nowhere"), Mount.DiskPolicy.REFUSE);
    } catch (MountException e) {
      return e;
    }
    throw new AssertionError("/nowhere is there");
  }

  private static String text(byte[] content) {
    return new String(content, StandardCharsets.UTF_8);
  }

  private final SlowMount mount = new SlowMount();
  private final List<SecretSpec> specs =
      Plan.parseYaml(
              "secrets: {%s}"
                  .formatted(
                      IntStream.range(0, MANY)
                          .mapToObj(i -> "s" + i + ": {from: 'file:a'}")
                          .collect(Collectors.joining(", "))))
          .secrets();

  private static Offer offer(SecretSpec spec, String content) {
    return new Offer(
        spec,
        new Rendered(
            content.getBytes(StandardCharsets.UTF_8),
            new FileFacts(
                "file:a",
                "1",
                Instant.EPOCH,
                "raw",
                Map.of(),
                Map.of(),
                Map.of(),
                false,
                List.of())));
  }

  /** All offers at once, all but one while a generation is being written. */
  private List<Future<Result>> offerAll(MountPublisher publisher, String odd) throws Exception {
    publisher.offer(specs.stream().map(spec -> offer(spec, "old")).toList());
    List<Callable<Result>> offers = new ArrayList<>();
    for (SecretSpec spec : specs) {
      String content = spec.name().equals("s50") ? odd : "new";
      offers.add(() -> publisher.offer(List.of(offer(spec, content))));
    }
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Result>> results = offers.stream().map(executor::submit).toList();
      // Bounded by nothing but the scheduler: whoever comes later only makes one more batch.
      Thread.sleep(100);
      mount.open.countDown();
      return results;
    }
  }

  @Test
  void what_changes_while_a_generation_is_written_goes_into_the_next_together() throws Exception {
    try (MountPublisher publisher = new MountPublisher(mount, specs, false)) {
      List<Future<Result>> results = offerAll(publisher, "new");
      int told = 0;
      for (Future<Result> result : results) {
        assertThat(result.get().changed()).isTrue();
        assertThat(result.get().replaced()).isTrue();
        told += result.get().publication() == null ? 0 : 1;
      }
      assertThat(told).as("told of").isEqualTo(mount.publications - 1);
      assertThat(mount.publications).isLessThan(MANY / 2);
      assertThat(mount.last.files()).hasSize(MANY);
    }
  }

  @Test
  void one_that_cannot_be_published_keeps_none_of_the_others() throws Exception {
    try (MountPublisher publisher = new MountPublisher(mount, specs, false)) {
      List<Future<Result>> results = offerAll(publisher, "too big");
      assertThat(results).filteredOn(result -> result.state() == Future.State.FAILED).hasSize(1);
      assertThat(results.get(50).exceptionNow()).hasMessageContaining("/nowhere");
      assertThat(mount.last.files()).hasSize(MANY);
    }
  }
}
