package dev.keyturn;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import dev.keyturn.mount.MountReader;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class RotationsTest {
  @TempDir Path directory;
  private HandMadeMount mount;
  private Rotations secrets;
  private final BlockingQueue<String> heard = new LinkedBlockingQueue<>();

  @BeforeEach
  void aMountWithOneSecret() {
    mount = new HandMadeMount(directory);
    secrets = new Rotations(new MountReader(directory.toFile()));
    publish("canary-1");
  }

  private void publish(String password) {
    mount.publish(
        File.of("db", "json", "{\"password\":\"" + password + "\",\"user\":\"me\"}"),
        File.of("token", "raw", "always the same"));
  }

  private String nextHeard() throws InterruptedException {
    return heard.poll(30, SECONDS);
  }

  @Test
  void valuesOfOneSecretBelongTogetherAndFollowTheMount() {
    Secret before = secrets.get("db");
    publish("canary-2");
    Secret after = secrets.get("db");

    assertThat(before.get("password")).isEqualTo("canary-1");
    assertThat(before.version()).isEqualTo("1");
    assertThat(after.get("password")).isEqualTo("canary-2");
    assertThat(after.get("user")).isEqualTo("me");
    assertThat(after.version()).isEqualTo("2");
    assertThat(after).hasToString("Secret db (json, version 2)");
    assertThat(secrets.get("token").text()).isEqualTo("always the same");
    assertThat(secrets.get("token").bytes()).asString().isEqualTo("always the same");
  }

  @Test
  void errorsSayWhatIsThere() {
    assertThatThrownBy(() -> secrets.get("dp"))
        .isInstanceOf(SecretException.class)
        .hasMessage("no secret 'dp' at " + directory + ": it has [db, token]");
    assertThatThrownBy(() -> secrets.get("db").get("pasword"))
        .isInstanceOf(SecretException.class)
        .hasMessage("secret 'db' has no key 'pasword': it has [password, user]");
    assertThatThrownBy(() -> secrets.get("token").get("key"))
        .hasMessageContaining("format 'raw' has no keys");
    assertThatThrownBy(() -> secrets.get("db").get("")).hasMessageContaining("no key ''");
    assertThatThrownBy(
            () -> new Rotations(new MountReader(directory.resolve("none").toFile())).get("db"))
        .isInstanceOf(SecretException.class)
        .hasMessageStartingWith("no mount at ");
  }

  @Test
  void aListenerHearsOfEachChangeOfItsSecretAndOfNoOther() throws Exception {
    secrets.onRotate("db", secret -> heard.add("db " + secret.get("password")));
    secrets.onRotate("token", secret -> heard.add("token"));

    publish("canary-2");
    assertThat(nextHeard()).isEqualTo("db canary-2");
    publish("canary-3");
    assertThat(nextHeard()).isEqualTo("db canary-3");
  }

  @Test
  void aListenerHearsOfASecretThatComesLater() throws Exception {
    Path later = directory.resolve("later");
    secrets = new Rotations(new MountReader(later.toFile()));
    secrets.onRotate("db", secret -> heard.add(secret.text()));

    new HandMadeMount(later).publish(File.of("db", "raw", "canary-1"));

    assertThat(nextHeard()).isEqualTo("canary-1");
  }

  @Test
  void aListenerThatFailsDisturbsNoOtherAndIsCalledAgain() throws Exception {
    BlockingQueue<String> failures = new LinkedBlockingQueue<>();
    secrets.onRotate(
        "db",
        secret -> {
          Thread.currentThread().setUncaughtExceptionHandler((t, e) -> failures.add(t.getName()));
          throw new IllegalStateException("as listeners do");
        });
    secrets.onRotate("db", secret -> heard.add(secret.get("password")));

    publish("canary-2");
    assertThat(nextHeard()).isEqualTo("canary-2");
    assertThat(failures.poll(30, SECONDS)).isEqualTo("keyturn-rotated-db");
    publish("canary-3");
    assertThat(nextHeard()).isEqualTo("canary-3");
    assertThat(failures.poll(30, SECONDS)).isEqualTo("keyturn-rotated-db");
  }

  @Test
  void aSlowListenerHoldsUpNoOtherAndThenGetsTheNewest() throws Exception {
    CountDownLatch asleep = new CountDownLatch(1);
    BlockingQueue<String> slow = new LinkedBlockingQueue<>();
    secrets.onRotate(
        "db",
        secret -> {
          slow.add(secret.get("password"));
          try {
            asleep.await();
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
    secrets.onRotate("db", secret -> heard.add(secret.get("password")));

    publish("canary-2");
    assertThat(nextHeard()).isEqualTo("canary-2");
    assertThat(slow.poll(30, SECONDS)).isEqualTo("canary-2");
    publish("canary-3");
    assertThat(nextHeard()).isEqualTo("canary-3");
    publish("canary-4");
    assertThat(nextHeard()).isEqualTo("canary-4");
    asleep.countDown();
    assertThat(slow.poll(30, SECONDS)).isEqualTo("canary-4");
  }

  @Test
  void aClosedSubscriptionHearsNothingAndTheLastOneEndsTheWatcher() throws Exception {
    Secrets.Subscription first = secrets.onRotate("db", secret -> heard.add("first"));
    Secrets.Subscription second = secrets.onRotate("db", secret -> heard.add("second"));
    Thread watcher = secrets.watcher();

    first.close();
    publish("canary-2");
    assertThat(nextHeard()).isEqualTo("second");
    second.close();
    watcher.join();

    assertThat(heard).isEmpty();
    assertThat(watcher.isDaemon()).isTrue();

    secrets.onRotate("db", secret -> heard.add("third"));
    publish("canary-3");
    assertThat(nextHeard()).as("a new watcher").isEqualTo("third");
  }

  @Test
  void aListenerRunsWithTheContextClassLoaderOfItsSubscriber() throws Exception {
    ClassLoader application = new ClassLoader(null) {};
    ClassLoader before = Thread.currentThread().getContextClassLoader();
    BlockingQueue<ClassLoader> loaders = new LinkedBlockingQueue<>();
    secrets.onRotate("token", secret -> {});
    Thread.currentThread().setContextClassLoader(application);
    try {
      secrets.onRotate("db", secret -> loaders.add(Thread.currentThread().getContextClassLoader()));
    } finally {
      Thread.currentThread().setContextClassLoader(before);
    }

    publish("canary-2");

    assertThat(loaders.poll(30, SECONDS)).isSameAs(application);
  }
}
