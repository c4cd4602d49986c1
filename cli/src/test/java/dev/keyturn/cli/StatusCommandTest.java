package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.Generation;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.Mount.DiskPolicy;
import dev.keyturn.tmpfs.SecretFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class StatusCommandTest {

  private static final Instant NOW = Instant.parse("2026-11-24T12:00:00Z");

  @TempDir private Path mount;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void what_is_published_is_a_table_without_values() throws IOException {
    publish(
        file("db", "vault:secret/data/shop", "7", Duration.ofSeconds(59)),
        file("a-long.name", "file:/etc/shop", "x", Duration.ofMinutes(61)));

    assertThat(status()).isZero();

    List<String> lines = out.toString().lines().toList();
    assertThat(lines.getFirst()).startsWith(mount + ": generation 2");
    assertThat(lines.subList(1, 4))
        .containsExactly(
            "FILE         REFERENCE               VERSION  FORMAT  AGE",
            "db           vault:secret/data/shop  7        raw     59s",
            "a-long.name  file:/etc/shop          x        raw     1h1m");
    assertThat(out.toString()).doesNotContain("canary");
  }

  @Test
  void an_age_has_its_two_largest_units() throws IOException {
    publish(
        file("minutes", "file:a", "1", Duration.ofSeconds(150)),
        file("days", "file:b", "1", Duration.ofHours(49)));

    assertThat(status()).isZero();
    assertThat(out.toString()).contains("  2m30s\n", "  2d1h\n");
  }

  @Test
  void a_directory_that_is_no_mount_is_told() {
    assertThat(status()).isEqualTo(1);
    assertThat(err.toString()).contains("nothing is published in " + mount, "keyturn status DIR");
  }

  private void publish(SecretFile... files) throws IOException {
    try (Mount writer = Mount.open(mount, DiskPolicy.ALLOW)) {
      writer.publish(new Generation(List.of(files)));
    }
  }

  private static SecretFile file(String name, String reference, String version, Duration age) {
    return new SecretFile(
        name,
        "canary".getBytes(StandardCharsets.UTF_8),
        PosixFilePermissions.fromString("r--------"),
        OptionalInt.empty(),
        OptionalInt.empty(),
        new FileFacts(
            reference,
            version,
            NOW.minus(age),
            "raw",
            Map.of(),
            Map.of(),
            Map.of(),
            false,
            List.of()));
  }

  private int status() {
    CommandLine line = new CommandLine(new StatusCommand(Clock.fixed(NOW, ZoneOffset.UTC)));
    line.setExecutionExceptionHandler(Keyturn::told);
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(mount.toString());
  }
}
