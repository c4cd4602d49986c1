package dev.keyturn.sidecar.usage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class UsageTest {
  private static final Instant NOW = Instant.parse("2026-11-24T06:04:53Z");

  @TempDir Path files;
  private Path mount;
  private Path said;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Metrics metrics = new Metrics();
  private Usage usage;

  @BeforeEach
  void aMountAndAPlaceToSayWhatIsUsed() throws IOException {
    mount = Files.createDirectory(files.resolve("mount"));
    said = Files.createDirectory(files.resolve("said"));
    publish("1", "7", "2026");
    usage =
        new Usage(
            List.of("db", "app.conf"),
            List.of(mount),
            Optional.of(said),
            new AuditLog(log, Workload.NONE, InstantSource.fixed(NOW)),
            metrics,
            InstantSource.fixed(NOW));
  }

  private void publish(String generation, String db, String conf) throws IOException {
    Path directory = Files.createDirectory(mount.resolve(".." + generation));
    Files.writeString(
        directory.resolve("..manifest"),
        """
        format=1
        file.0.name=db
        file.0.version=%s
        file.1.name=app.conf
        file.1.version=%s
        """
            .formatted(db, conf));
    Files.deleteIfExists(mount.resolve("..data"));
    Files.createSymbolicLink(mount.resolve("..data"), directory.getFileName());
  }

  private Path say(String container, String process, String text) throws IOException {
    Path directory = Files.createDirectories(said.resolve(container));
    Path file = Files.writeString(directory.resolve(process), "format=1\n" + text);
    Files.setLastModifiedTime(file, FileTime.from(NOW));
    return file;
  }

  private List<String> lines() {
    return log.toString(StandardCharsets.UTF_8).lines().toList();
  }

  private List<String> metrics(String name) {
    return metrics
        .text("1", true, usage.samples())
        .lines()
        .filter(line -> line.startsWith(name + "{"))
        .toList();
  }

  @Test
  void sourceFilesAndProcessesAreToldApart() throws IOException {
    metrics.fetched("db", "8");
    say(
        "app",
        "7",
        """
        secret.db.version=6
        secret.db.loaded=7
        secret.app.conf.loaded=2026
        failures=2
        leaks-blocked=1
        """);
    usage.look();

    assertThat(usage.page())
        .contains(
            "{\"secret\":\"db\",\"source\":\"8\",\"files\":[{\"mount\":\"%s\",\"version\":\"7\"}],"
                    .formatted(mount)
                + "\"processes\":[{\"container\":\"app\",\"process\":7,\"loaded\":\"7\",\"inUse\":\"6\"}]}",
            "\"processes\":[{\"container\":\"app\",\"process\":7,\"loaded\":\"2026\",\"inUse\":\"\"}]");
    assertThat(metrics("keyturn_secret_source_version_info"))
        .containsExactly("keyturn_secret_source_version_info{secret=\"db\",version=\"8\"} 1");
    assertThat(metrics("keyturn_secret_file_version_info"))
        .contains(
            "keyturn_secret_file_version_info{secret=\"db\",mount=\"%s\",version=\"7\"} 1"
                .formatted(mount));
    assertThat(metrics("keyturn_secret_in_use_version_info"))
        .containsExactly(
            "keyturn_secret_in_use_version_info"
                + "{secret=\"db\",container=\"app\",process=\"7\",version=\"6\"} 1");
    assertThat(metrics("keyturn_process_failures_total"))
        .containsExactly("keyturn_process_failures_total{container=\"app\",process=\"7\"} 2");
    assertThat(metrics("keyturn_process_leaks_blocked_total"))
        .containsExactly("keyturn_process_leaks_blocked_total{container=\"app\",process=\"7\"} 1");
  }

  @Test
  void aPublishedVersionThatAProcessUsesIsToldOfOnce() throws IOException {
    say("app", "7", "secret.db.version=6");
    usage.look();
    assertThat(lines()).as("6 is published nowhere").isEmpty();

    say("app", "7", "secret.db.version=7");
    usage.look();
    usage.look();
    assertThat(lines())
        .singleElement()
        .asString()
        .contains(
            "\"event\":\"acknowledged\",\"outcome\":\"ok\",\"secret\":\"db\",\"version\":\"7\","
                + "\"container\":\"app\",\"process\":\"7\"");

    publish("2", "8", "2026");
    say("app", "7", "secret.db.version=8");
    say("worker", "1", "secret.db.version=8");
    usage.look();
    assertThat(lines()).hasSize(3);
  }

  @Test
  void aProcessThatSaysNothingForThreeMinutesIsGone() throws IOException {
    Path file = say("app", "7", "secret.db.version=7");
    Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(181)));
    usage.look();
    assertThat(metrics("keyturn_secret_in_use_version_info")).isEmpty();

    Files.setLastModifiedTime(file, FileTime.from(NOW.minusSeconds(179)));
    usage.look();
    assertThat(metrics("keyturn_secret_in_use_version_info")).hasSize(1);

    Files.setLastModifiedTime(file, FileTime.from(NOW.plusSeconds(181)));
    usage.look();
    assertThat(metrics("keyturn_secret_in_use_version_info")).as("the future").isEmpty();
  }

  /** A pipe that nobody writes to would hold whoever opens it. */
  @Test
  @Timeout(20)
  void whatElseAContainerLeavesThereIsPassedOver() throws Exception {
    Path good = say("app", "7", "secret.db.version=7\nsecret.other.version=1");
    Path app = good.getParent();
    passedOver(Files.createSymbolicLink(app.resolve("8"), good));
    passedOver(Files.createSymbolicLink(said.resolve("linked"), app));
    passedOver(Files.createSymbolicLink(app.resolve("8"), Path.of("/dev/zero")));
    assertThat(new ProcessBuilder("mkfifo", app + "/9").start().waitFor()).isZero();
    passedOver(app.resolve("9"));
    passedOver(Files.createDirectory(app.resolve("10")));
    for (String name : List.of("07", "+7", "0", "-1", "x", ".8", "8\n", "99999999999")) {
      passedOver(say("app", name, "secret.db.version=7"));
    }
    passedOver(say("app", "8", "secret.db.version=" + "7".repeat(65)));
    passedOver(say("app", "8", "secret.db.version=7\nbroken=\\uzzzz"));
    passedOver(say("app", "8", "secret.db.version=7\nfailures=many"));
    passedOver(say("app", "8", "secret.db.version=7\nformat=2"));
    passedOver(say("app", "8", "secret.db.version=7\n" + "x=y\n".repeat(20_000)));
    say("App\"}", "8", "secret.db.version=7");
    passedOver(said.resolve("App\"}/8"));

    say("app", "8", "secret.db.version=7\"} 1\\nforged{\\\\");
    usage.look();
    assertThat(metrics("keyturn_secret_in_use_version_info"))
        .as("one line, whatever the version is")
        .contains(
            "keyturn_secret_in_use_version_info"
                + "{secret=\"db\",container=\"app\",process=\"8\",version=\"7\\\"} 1\\nforged{\\\\\"} 1");
    assertThat(metrics("forged")).isEmpty();
  }

  private void passedOver(Path entry) throws IOException {
    usage.look();
    assertThat(metrics("keyturn_secret_in_use_version_info"))
        .as("beside %s", entry)
        .containsExactly(
            "keyturn_secret_in_use_version_info"
                + "{secret=\"db\",container=\"app\",process=\"7\",version=\"7\"} 1");
    Files.delete(entry);
  }

  @Test
  void manyContainersAndProcessesAreCutShort() throws IOException {
    for (int container = 0; container < 40; container++) {
      for (int process = 1; process <= 20; process++) {
        say("c" + container, "" + process, "secret.db.version=7\nsecret.app.conf.version=2026");
      }
    }
    usage.look();
    assertThat(metrics("keyturn_process_failures_total")).hasSize(32 * 16);
    assertThat(metrics("keyturn_secret_in_use_version_info")).hasSize(Usage.MAX_IN_USE);
    assertThat(lines()).hasSize(Usage.MAX_LINES);
    usage.look();
    assertThat(lines()).as("the next ones").hasSize(2 * Usage.MAX_LINES);
  }
}
