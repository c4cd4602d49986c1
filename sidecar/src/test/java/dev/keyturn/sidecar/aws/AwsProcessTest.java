package dev.keyturn.sidecar.aws;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.SidecarProcess;
import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AwsProcessTest {
  private static final Duration AT_MOST = Duration.ofSeconds(60);

  @TempDir Path directory;

  /** With the heap of the image. */
  @Test
  void the_sidecar_in_its_small_heap_logs_in_and_reads_and_its_log_is_its_own() throws Exception {
    String canary = "canary-" + UUID.randomUUID();
    try (Moto moto = Moto.start(directory);
        Memory mount = new Memory()) {
      moto.secretsManager(
          "CreateSecret", "{\"Name\": \"a\", \"SecretString\": \"%s\"}".formatted(canary));
      moto.ssm(
          "PutParameter",
          "{\"Name\": \"/b\", \"Value\": \"%s\", \"Type\": \"SecureString\"}".formatted(canary));
      String plan =
          moto.settings()
              + "\nsecrets: {a: {from: 'aws-sm:a?format=raw', refresh: 1s}, b: 'aws-ssm:/b'}";
      try (SidecarProcess sidecar =
          SidecarProcess.start(
              directory, plan, mount.directory().toString(), "-Xms8m", "-Xmx32m", "-Xmn1m")) {
        sidecar.awaitReady(AT_MOST);
        assertThat(mount.read("a")).isEqualTo(canary);
        assertThat(mount.read("b")).isEqualTo(canary);
        assertThat(sidecar.log()).doesNotContain(canary).doesNotContain("SLF4J");
        assertThat(sidecar.log().lines()).allMatch(line -> line.startsWith("{"));
        assertThat(sidecar.end()).isZero();
      }
    }
  }
}
