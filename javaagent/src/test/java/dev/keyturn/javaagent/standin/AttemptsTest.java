package dev.keyturn.javaagent.standin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import dev.keyturn.mount.MountReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Logins at a server that knows some pairs and counts what it is asked. */
class AttemptsTest {
  @TempDir Path scratch;

  /** A name of its own for each test: what was refused is remembered by it. */
  private final String secret = "db-" + UUID.randomUUID().toString().substring(0, 8);

  private final Set<String> known = ConcurrentHashMap.newKeySet();
  private final List<String> logins = new CopyOnWriteArrayList<>();
  private HandMadeMount mount;

  private static final class Refused extends IOException {
    Refused(String pair) {
      super(pair);
    }
  }

  @BeforeEach
  void start() {
    mount = new HandMadeMount(scratch.resolve("mount"));
    publish("one");
    Watcher.of(new MountReader(mount.directory().toFile()), 60_000).firstLook(Map.of());
  }

  private void publish(String pair) {
    mount.publish(
        File.of(secret, "json", "{\"user\":\"%s\",\"password\":\"%s\"}".formatted(pair, pair)));
  }

  private String logIn() throws Throwable {
    return Attempts.run(
        "test",
        new Attempts.Attempt<String>() {
          @Override
          public String with(Resolution resolution) throws Throwable {
            String pair =
                resolution.text("keyturn:" + secret + "/user keyturn:" + secret + "/password");
            logins.add(pair);
            // What is called on the way takes the same version.
            assertThat(Resolution.of("inner").text("keyturn:" + secret + "/user"))
                .isEqualTo(pair.substring(0, pair.indexOf(' ')));
            if (!known.contains(pair)) {
              throw new Refused(pair);
            }
            return pair;
          }

          @Override
          public boolean refused(Throwable failure) {
            return failure instanceof Refused;
          }
        });
  }

  @Test
  void a_pair_that_is_accepted_is_tried_once() throws Throwable {
    known.add("one one");
    assertThat(logIn()).isEqualTo("one one");
    assertThat(logins).hasSize(1);
  }

  @Test
  void what_was_published_a_moment_ago_is_tried_next() throws Throwable {
    publish("two");
    known.add("two two");
    assertThat(logIn()).isEqualTo("two two");
    assertThat(logins).containsExactly("one one", "two two");
  }

  @Test
  void the_pair_before_is_tried_last_and_goes_first_from_then_on() throws Throwable {
    publish("two");
    Watcher.lookNow();
    known.add("one one");
    assertThat(logIn()).isEqualTo("one one");
    assertThat(logins).containsExactly("two two", "one one");
    assertThat(logIn()).isEqualTo("one one");
    assertThat(logins).containsExactly("two two", "one one", "one one");
    // Until it is refused in its turn, or another comes.
    known.clear();
    known.add("two two");
    assertThat(logIn()).isEqualTo("two two");
    publish("three");
    Watcher.lookNow();
    known.add("three three");
    assertThat(logIn()).isEqualTo("three three");
    assertThat(logins).hasSize(6);
  }

  @Test
  void when_all_are_refused_the_first_error_is_thrown_and_nobody_tries_again_for_a_while() {
    publish("two");
    Watcher.lookNow();
    publish("three");
    assertThatThrownBy(this::logIn).isInstanceOf(Refused.class).hasMessage("two two");
    assertThat(logins).containsExactly("two two", "three three");
    logins.clear();
    for (int i = 0; i < 5; i++) {
      assertThatThrownBy(this::logIn).isInstanceOf(Refused.class).hasMessage("three three");
    }
    assertThat(logins).as("one login for each of the application's").hasSize(5);
  }

  @Test
  void a_new_pair_is_tried_whatever_was_refused_before() throws Throwable {
    assertThatThrownBy(this::logIn).isInstanceOf(Refused.class);
    publish("two");
    known.add("two two");
    assertThat(logIn()).isEqualTo("two two");
  }

  @Test
  void another_failure_is_not_tried_again() {
    IOException down = new IOException("connection refused");
    assertThatThrownBy(
            () ->
                Attempts.run(
                    "test",
                    new Attempts.Attempt<String>() {
                      @Override
                      public String with(Resolution resolution) throws Throwable {
                        logins.add(resolution.text("keyturn:" + secret + "/user"));
                        throw down;
                      }

                      @Override
                      public boolean refused(Throwable failure) {
                        return failure instanceof Refused;
                      }
                    }))
        .isSameAs(down);
    assertThat(logins).hasSize(1);
  }

  @Test
  void many_threads_that_are_refused_at_once_do_not_hammer_the_server() throws Exception {
    publish("two");
    Watcher.lookNow();
    try (ExecutorService threads = Executors.newFixedThreadPool(20)) {
      for (int i = 0; i < 20; i++) {
        var _ =
            threads.submit(
                () -> {
                  try {
                    logIn();
                  } catch (Throwable expected) {
                    // Counted by the server.
                  }
                });
      }
    }
    // Each thread's own, and one that tries what else there is.
    assertThat(logins).hasSize(21);
  }

  @Test
  void a_version_may_be_tried_for_as_long_as_its_window() throws Throwable {
    Watcher.of(new MountReader(mount.directory().toFile()), 0).firstLook(Map.of());
    publish("two");
    Watcher.lookNow();
    known.add("one one");
    assertThatThrownBy(this::logIn).isInstanceOf(Refused.class);
    assertThat(logins).containsExactly("two two");
    Snapshot.current().forgetFormer();
    assertThat(Snapshot.current().former(secret)).isNull();
  }
}
