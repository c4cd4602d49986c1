package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the sources take from a process that has nothing to do with them, and what they show. */
class SourcesProcessTest {
  private static final Duration AT_MOST = Duration.ofSeconds(60);
  private static final Path VECTORS = Path.of("src/test/resources/sops").toAbsolutePath();

  @TempDir Path directory;

  @Test
  void a_plan_of_files_loads_nothing_of_the_other_sources() throws Exception {
    Path classes = directory.resolve("classes");
    Path file = Files.writeString(directory.resolve("a"), "text");
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(
                directory,
                "secrets: {a: 'file:" + file + "'}",
                mount.directory().toString(),
                "-Xlog:class+load:file=" + classes)) {
      sidecar.awaitReady(AT_MOST);
      assertThat(Files.readString(classes))
          .contains("dev.keyturn.sidecar.source.FileSource")
          .doesNotContain(
              "dev.keyturn.sidecar.aws",
              "dev.keyturn.sidecar.kubernetes",
              "dev.keyturn.sidecar.sops",
              "dev.keyturn.sidecar.vault.VaultServer",
              "software.amazon",
              "com.exceptionfactory",
              "org.slf4j",
              "javax.crypto.Cipher ");
    }
  }

  @Test
  void a_file_of_sops_is_plain_in_the_mount_and_nowhere_else() throws Exception {
    String plan =
        "sops: {age-identity-file: '%s'}\nsecrets: {a: 'sops:%s#db.password'}"
            .formatted(VECTORS.resolve("TEST-KEY-a.txt"), VECTORS.resolve("plain.enc.yaml"));
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(directory, plan, mount.directory().toString())) {
      sidecar.awaitReady(AT_MOST);
      assertThat(mount.read("a")).isEqualTo("canary-nested");
      assertThat(sidecar.log()).contains("sops:").doesNotContain("canary", "AGE-SECRET");
      assertThat(sidecar.end()).isZero();
    }
  }
}
