package dev.keyturn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretsTest {
  @Test
  void theSystemPropertySaysWhereTheMountIs(@TempDir Path directory) throws Exception {
    System.setProperty("keyturn.mount", directory.toString());
    HandMadeMount mount = new HandMadeMount(directory);
    mount.publish(File.of("db", "properties", "password=canary-1\n"));
    BlockingQueue<String> heard = new LinkedBlockingQueue<>();

    assertThat(Secrets.get("db").text()).isEqualTo("password=canary-1\n");
    assertThat(Secrets.get("db", "password")).isEqualTo("canary-1");
    try (Secrets.Subscription subscription =
        Secrets.onRotate("db", changed -> heard.add(changed.get("password")))) {
      mount.publish(File.of("db", "properties", "password=canary-2\n"));
      assertThat(heard.poll(30, TimeUnit.SECONDS)).isEqualTo("canary-2");
      assertThat(subscription).isNotNull();
    }
  }
}
