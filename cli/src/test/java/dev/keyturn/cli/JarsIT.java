package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The packaged jars do not depend on when and where they were built. */
class JarsIT {

  /** {@code project.build.outputTimestamp} of the parent pom. */
  private static final LocalDateTime BUILT = LocalDateTime.parse("2026-11-24T00:00:00");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "cli/target/keyturn.jar",
        "cli/target/lib/keyturn-plan-VERSION.jar",
        "cli/target/lib/keyturn-tmpfs-writer-VERSION.jar",
        "cli/target/lib/keyturn-sidecar-VERSION.jar",
        "javaagent/target/keyturn-javaagent.jar",
        "api/target/keyturn-api.jar"
      })
  void every_entry_has_the_same_time_and_is_there_once(String name) throws IOException {
    Path jar = Launched.ROOT.resolve(name.replace("VERSION", version()));
    Set<String> names = new HashSet<>();
    try (ZipFile zip = new ZipFile(jar.toFile())) {
      for (ZipEntry entry : Collections.list(zip.entries())) {
        assertThat(entry.getTimeLocal()).as(entry.getName()).isEqualTo(BUILT);
        assertThat(names.add(entry.getName())).as(entry.getName()).isTrue();
      }
    }
    assertThat(names).anyMatch(entry -> entry.endsWith(".class"));
  }

  private static String version() {
    return System.getProperty("keyturn.version", "0.1.0-SNAPSHOT");
  }
}
