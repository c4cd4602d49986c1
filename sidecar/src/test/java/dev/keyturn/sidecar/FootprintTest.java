package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What one secret over TLS takes, by what depends on no machine: memory follows the classes. On
 * Temurin 25.0.3 without the image's cache it was 3,142 classes, 18 threads and 7.1 MB; the bounds
 * are a tenth above, the heap's a quarter, since it holds what the class path of the tests has.
 */
class FootprintTest {
  private static final String ADVICE =
      "a sidecar runs in every pod. See with -Xlog:class+load what is new, and load it only where a"
          + " plan needs it; where it is worth its price, raise the bound and say so in"
          + " docs/decisions/sidecar-jvm.md";

  /** What a plan with vault: alone has no use for. */
  private static final List<String> UNUSED =
      List.of(
          "software.amazon.",
          "jnr.",
          "com.kenai.jffi.",
          "org.snakeyaml.",
          "com.exceptionfactory.",
          "org.slf4j.",
          "java.util.logging.",
          "tools.jackson.databind.",
          "dev.keyturn.sidecar.aws.",
          "dev.keyturn.sidecar.kubernetes.",
          "dev.keyturn.sidecar.sops.");

  @TempDir Path files;

  @Test
  void one_secret_over_TLS_takes_few_classes_few_threads_and_little_heap() throws Exception {
    Path classes = files.resolve("classes.txt");
    Path initialized = files.resolve("initialized.txt");
    Files.writeString(files.resolve("token"), "root");
    try (OpenBao bao = OpenBao.startTls(files);
        Memory mount = new Memory()) {
      String plan =
          """
          vault: {address: "%s", auth: token, token-file: "%s", ca-file: "%s"}
          secrets:
            db: {from: 'vault:secret/app', format: properties}
          """
              .formatted(bao.address(), files.resolve("token"), bao.ca());
      bao.callOverTls("secret/data/app", "{\"data\":{\"password\":\"canary-0\"}}");
      try (SidecarProcess sidecar =
          SidecarProcess.start(
              files,
              plan,
              mount.directory().toString(),
              "-Xlog:class+load:file=" + classes + ":none",
              "-Xlog:class+init=info:file=" + initialized + ":none",
              "-XX:CICompilerCount=1",
              "-Djdk.virtualThreadScheduler.parallelism=2")) {
        sidecar.awaitReady(Duration.ofSeconds(60));
        Set<String> loaded;
        try (var lines = Files.lines(classes)) {
          loaded = lines.map(line -> line.split(" ", 2)[0]).collect(Collectors.toSet());
        }
        assertThat(Files.readAllLines(initialized))
            .as("what takes longest in a handshake is computed beside the rest of the start")
            .anyMatch(
                line ->
                    line.contains("ECOperations$Secp256R1GeneratorMontgomeryMultiplier'")
                        && line.contains("by thread \"prepare\""));
        assertThat(loaded).as(ADVICE).noneMatch(name -> UNUSED.stream().anyMatch(name::startsWith));
        assertThat(loaded.size()).as("classes at the first file: " + ADVICE).isLessThan(3_450);
        assertThat(sidecar.threads()).as("threads: " + ADVICE).isLessThanOrEqualTo(20);
        assertThat(sidecar.liveBytes()).as("bytes of live heap: " + ADVICE).isLessThan(9_000_000);
      }
    }
  }
}
