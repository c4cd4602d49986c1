package dev.keyturn.sidecar.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Reference;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What holds for every source. Its test extends this, with the real server where there is one. */
public abstract class SourceContract {
  private final String first = "canary-" + UUID.randomUUID();
  private final String second = "canary-" + UUID.randomUUID();

  /** Opens a reference, as a sidecar does. */
  protected abstract SecretSource open(Reference reference) throws Exception;

  /** Of one secret that {@link #write} writes; without a key. */
  protected abstract Reference reference();

  /** Of a secret that is not there. */
  protected abstract Reference absent();

  /** The field that {@link #write} writes. */
  protected abstract String field();

  /** Writes the secret, or another version of it. */
  protected abstract void write(String value) throws Exception;

  /** Whether its versions have names of its own, other ones for other values. */
  protected boolean hasVersions() {
    return true;
  }

  /** Whether there is a server that can be away. */
  protected boolean hasServer() {
    return true;
  }

  /** Takes the server away, until the next {@link #write}. */
  protected void breakServer() throws Exception {
    throw new UnsupportedOperationException();
  }

  private String value(Version version) {
    Field field = version.fields().get(field());
    assertThat(field).as("the field, among %s", version.fields().keySet()).isNotNull();
    return new String(field.value().bytes(), StandardCharsets.UTF_8);
  }

  private static FetchException failure(SecretSource source) {
    FetchException failure = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(failure).isNotNull();
    return failure;
  }

  @Test
  void a_version_has_what_was_written_and_nothing_when_it_is_closed() throws Exception {
    write(first);
    Version version = open(reference()).fetch();
    assertThat(value(version)).isEqualTo(first);
    assertThat(version.toString()).doesNotContain(first);
    version.close();
    assertThat(value(version)).isEqualTo("\0".repeat(first.length()));
  }

  @Test
  void a_change_is_seen_and_has_another_version() throws Exception {
    write(first);
    SecretSource source = open(reference());
    try (Version before = source.fetch()) {
      assertThat(before.id().isPresent()).isEqualTo(hasVersions());
      assertThat(source.refresh(before)).as("without a change").isEmpty();
      write(second);
      try (Version after = next(source, before)) {
        assertThat(value(after)).isEqualTo(second);
        assertThat(after.hasFieldsOf(before)).isFalse();
        assertThat(hasVersions() && after.id().equals(before.id())).isFalse();
      }
    }
  }

  private static Version next(SecretSource source, Version before) throws Exception {
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (System.nanoTime() < deadline) {
      source.awaitChange(Duration.ofMillis(200));
      Optional<Version> next = source.refresh(before);
      if (next.isPresent() && !next.get().hasFieldsOf(before)) {
        return next.get();
      }
    }
    throw new AssertionError("the change was not seen");
  }

  @Test
  void what_is_not_there_is_somebodys_to_correct() throws Exception {
    FetchException failure = failure(open(absent()));
    assertThat(failure.permanent()).isTrue();
    assertThat(failure).hasMessageContaining(absent().toString());
  }

  @Test
  void a_server_that_is_away_comes_back() throws Exception {
    write(first);
    if (!hasServer()) {
      return;
    }
    SecretSource source = open(reference());
    source.fetch().close();
    breakServer();
    FetchException failure = failure(source);
    assertThat(failure.permanent()).isFalse();
    assertThat(failure).hasMessageNotContaining(first);
    write(second);
    long deadline = System.nanoTime() + 10_000_000_000L;
    while (true) {
      try (Version again = source.fetch()) {
        assertThat(value(again)).isEqualTo(second);
        return;
      } catch (FetchException e) {
        assertThat(System.nanoTime()).as("still away: %s", e).isLessThan(deadline);
        source.awaitChange(Duration.ofMillis(100));
      }
    }
  }

  @Test
  void no_error_tells_a_value() throws Exception {
    write(first);
    Reference missing =
        new Reference(
            reference().source(),
            reference().path(),
            reference().options(),
            Optional.of("no-such-key"));
    try (Version version = open(missing).fetch()) {
      FetchException failure =
          catchThrowableOfType(
              FetchException.class, () -> Selection.select(missing, version.fields()));
      assertThat(failure).hasMessageContaining("no-such-key").hasMessageNotContaining(first);
    }
  }

  @Test
  void a_wait_ends_when_its_thread_is_interrupted() throws Exception {
    write(first);
    SecretSource source = open(reference());
    source.fetch().close();
    CountDownLatch interrupted = new CountDownLatch(1);
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    while (true) {
                      source.awaitChange(Duration.ofDays(1));
                    }
                  } catch (InterruptedException e) {
                    interrupted.countDown();
                  }
                });
    waiting.interrupt();
    assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
  }
}
