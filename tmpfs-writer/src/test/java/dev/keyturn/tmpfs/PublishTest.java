package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.FACTS;
import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is in the mount after publishing. */
class PublishTest {
  private Memory memory;
  private Path mount;

  @BeforeEach
  void makeDirectory() throws IOException {
    memory = Memory.create();
    mount = memory.directory("mount");
  }

  @AfterEach
  void removeDirectory() throws IOException {
    memory.close();
  }

  @Test
  void theLayoutIsTheDocumentedOne() throws IOException {
    try (Mount writer = open()) {
      String id = writer.publish(generation(file("db", "canary"))).generation();

      assertThat(id).matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d-\\d\\d-\\d\\dZ\\.00000001");
      assertThat(entries(mount)).containsExactlyInAnyOrder("..data", ".." + id, "..lock", "db");
      assertThat(Files.readSymbolicLink(mount.resolve("db"))).hasToString("..data/db");
      assertThat(Files.readSymbolicLink(mount.resolve("..data"))).hasToString(".." + id);
      assertThat(entries(mount.resolve(".." + id))).containsExactly("..manifest", "db");
      assertThat(mount.resolve("db")).hasContent("canary");
      assertThat(permissions(mount.resolve(".." + id))).isEqualTo("rwxr-xr-x");
      assertThat(permissions(mount.resolve("..data/db"))).isEqualTo("r--------");
      assertThat(permissions(mount.resolve("..data/..manifest"))).isEqualTo("r--r--r--");
    }
  }

  @Test
  void theManifestTellsEverythingButTheValues() throws IOException {
    FileFacts odd =
        new FileFacts(
            "file:/etc/a b=c#ключ",
            "1\n2",
            Instant.parse("2026-01-02T03:04:05.006Z"),
            "raw",
            Map.of("A.B:C", ""),
            Map.of(),
            Map.of("key with = and \\", "#x"),
            true,
            List.of("api.example.com", "*.example.org:8443"));
    try (Mount writer = open()) {
      String id =
          writer
              .publish(generation(file("db", "canary"), file("odd.txt", "other", "r--r-----", odd)))
              .generation();

      assertThat(manifest())
          .containsExactlyInAnyOrderEntriesOf(
              Map.ofEntries(
                  Map.entry("format", "1"),
                  Map.entry("generation", id),
                  Map.entry("files", "2"),
                  Map.entry("file.0.name", "db"),
                  Map.entry("file.0.reference", "vault:secret/data/shop"),
                  Map.entry("file.0.version", "7"),
                  Map.entry("file.0.fetched-at", "2026-11-24T06:04:53Z"),
                  Map.entry("file.0.format", "properties"),
                  Map.entry("file.0.env.DB_USER", "username"),
                  Map.entry("file.0.env.DB_PASSWORD", "password"),
                  Map.entry("file.0.default-env.DB_URL", "url"),
                  Map.entry("file.0.property.db.password", "password"),
                  Map.entry("file.1.name", "odd.txt"),
                  Map.entry("file.1.reference", "file:/etc/a b=c#ключ"),
                  Map.entry("file.1.version", "1\n2"),
                  Map.entry("file.1.fetched-at", "2026-01-02T03:04:05.006Z"),
                  Map.entry("file.1.format", "raw"),
                  Map.entry("file.1.env.A.B:C", ""),
                  Map.entry("file.1.property.key with = and \\", "#x"),
                  Map.entry("file.1.expose", "stand-in"),
                  Map.entry("file.1.hosts", "api.example.com,*.example.org:8443")));
    }
  }

  @Test
  void aNewGenerationReplacesAllNamesAtOnce() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(file("kept", "1"), file("dropped", "1")));
      writer.publish(generation(file("kept", "2"), file("added", "2")));

      assertThat(entries(mount)).contains("added", "kept").doesNotContain("dropped");
      assertThat(mount.resolve("kept")).hasContent("2");
      assertThat(mount.resolve("added")).hasContent("2");
    }
  }

  @Test
  void theGenerationBeforeStaysForThoseWhoStillReadItAndNoOlderOne() throws IOException {
    try (Mount writer = open()) {
      String first = writer.publish(generation(file("db", "1"))).generation();
      String second = writer.publish(generation(file("db", "2"))).generation();
      assertThat(mount.resolve(".." + first).resolve("db")).hasContent("1");

      String third = writer.publish(generation(file("db", "3"))).generation();
      assertThat(generations()).containsExactly(".." + second, ".." + third);
    }
    try (Mount writer = open()) {
      assertThat(generations()).as("after a restart").hasSize(2);
      writer.publish(generation(file("db", "4")));
      assertThat(generations()).hasSize(2);
      assertThat(mount.resolve("db")).hasContent("4");
    }
  }

  @Test
  void nothingIsWrittenWhenNothingChanged() throws IOException {
    FileFacts laterVersion =
        new FileFacts(
            FACTS.reference(),
            "8",
            FACTS.fetchedAt().plusSeconds(60),
            FACTS.format(),
            FACTS.env(),
            FACTS.defaultEnv(),
            FACTS.properties(),
            FACTS.standIn(),
            FACTS.hosts());
    try (Mount writer = open()) {
      Mount.Publication first =
          writer.publish(generation(file("db", "canary"), file("app", "x".repeat(100_000))));
      assertThat(first.changed()).isTrue();
      Map<Path, Object> before = state();

      assertThat(
              writer.publish(
                  generation(
                      file("db", "canary", "r--------", laterVersion),
                      file("app", "x".repeat(100_000)))))
          .isEqualTo(new Mount.Publication(first.generation(), false));
      assertThat(state()).isEqualTo(before);
    }
    Map<Path, Object> before = state();
    try (Mount restarted = open()) {
      assertThat(
              restarted
                  .publish(generation(file("db", "canary"), file("app", "x".repeat(100_000))))
                  .changed())
          .isFalse();
    }
    before.remove(mount.resolve("..lock"));
    Map<Path, Object> after = state();
    after.remove(mount.resolve("..lock"));
    assertThat(after).as("after a restart").isEqualTo(before);
  }

  @Test
  void anyDifferenceThatAReaderCouldSeeIsPublished() throws IOException {
    FileFacts otherEnv =
        new FileFacts(
            FACTS.reference(),
            FACTS.version(),
            FACTS.fetchedAt(),
            FACTS.format(),
            Map.of("DB_USER", "user"),
            FACTS.defaultEnv(),
            Map.of("app.version", "one"),
            false,
            List.of());
    FileFacts otherKey =
        new FileFacts(
            FACTS.reference(),
            FACTS.version(),
            FACTS.fetchedAt(),
            FACTS.format(),
            Map.of("DB_USER", "user"),
            FACTS.defaultEnv(),
            Map.of("app.version", "two"),
            false,
            List.of());
    FileFacts standIn = with(otherKey, true, List.of());
    FileFacts hosts = with(otherKey, true, List.of("a.example", "b.example"));
    FileFacts otherHosts = with(otherKey, true, List.of("a.example"));
    List<Generation> steps =
        List.of(
            generation(file("db", "canary")),
            generation(file("db", "canarz")),
            generation(file("db", "canarzz")),
            generation(file("db", "canar")),
            generation(file("db", "")),
            generation(file("db", "", "r--r-----")),
            generation(file("db", "", "r--r-----", otherEnv)),
            generation(file("db", "", "r--r-----", otherKey)),
            generation(file("db", "", "r--r-----", standIn)),
            generation(file("db", "", "r--r-----", hosts)),
            generation(file("db", "", "r--r-----", otherHosts)),
            generation(file("db", "", "r--r-----", otherEnv), file("app", "")),
            generation(file("app", ""), file("db", "", "r--r-----", otherEnv)),
            generation());
    try (Mount writer = open()) {
      for (Generation step : steps) {
        assertThat(writer.publish(step).changed()).isTrue();
        assertThat(writer.publish(step).changed()).isFalse();
      }
    }
  }

  private static FileFacts with(FileFacts facts, boolean standIn, List<String> hosts) {
    return new FileFacts(
        facts.reference(),
        facts.version(),
        facts.fetchedAt(),
        facts.format(),
        facts.env(),
        facts.defaultEnv(),
        facts.properties(),
        standIn,
        hosts);
  }

  @Test
  void whatSomeoneElseRemovedIsPublishedAgain() throws IOException {
    Generation generation = generation(file("db", "canary"), file("app", "canary"));
    try (Mount writer = open()) {
      writer.publish(generation);
      writer.publish(generation());
      writer.publish(generation);
      for (String removed : List.of("db", "..data")) {
        Files.delete(mount.resolve(removed));
        assertThat(writer.publish(generation).changed()).as(removed).isTrue();
        assertThat(mount.resolve("db")).hasContent("canary");
        assertThat(writer.publish(generation).changed()).isFalse();
      }
      for (String name : generations()) {
        try (Stream<Path> files = Files.list(mount.resolve(name))) {
          for (Path file : files.toList()) {
            Files.delete(file);
          }
        }
        Files.delete(mount.resolve(name));
      }
      assertThat(writer.publish(generation).changed()).isTrue();
      assertThat(writer.publish(generation()).changed()).isTrue();
      assertThat(generations()).hasSize(2);
      Files.delete(mount.resolve("..data"));
      writer.clear();
      assertThat(entries(mount)).containsExactly("..lock");
    }
  }

  @Test
  void whatSomeoneElseChangedInAGenerationIsPublishedAgain() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(file("db", "canary")));
      Files.delete(mount.resolve("..data/db"));
      assertThat(writer.publish(generation(file("db", "canary"))).changed()).isTrue();
      assertThat(mount.resolve("db")).hasContent("canary");

      Files.writeString(mount.resolve("..data").toRealPath().resolve("more"), "planted");
      assertThat(writer.publish(generation(file("db", "canary"))).changed()).isTrue();
      assertThat(entries(mount.resolve("..data"))).containsExactly("..manifest", "db");
    }
  }

  @Test
  void aThousandFilesAreOneGeneration() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(1_000, "one"));
      writer.publish(generation(1_000, "two"));
      assertThat(entries(mount)).hasSize(1_000 + 4);
      for (int i = 0; i < 1_000; i++) {
        assertThat(mount.resolve("f" + i)).hasContent("two");
      }
      assertThat(writer.publish(generation(1_000, "two")).changed()).isFalse();
    }
  }

  @Test
  void clearLeavesNothingButTheLock() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(file("db", "1"), file("app", "1")));
      writer.publish(generation(file("db", "2")));
      writer.clear();
      assertThat(entries(mount)).containsExactly("..lock");

      writer.publish(generation(file("db", "2")));
      assertThat(mount.resolve("db")).hasContent("2");
    }
  }

  @Test
  void whatIsPublishedStaysWhenTheWriterCloses() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(file("db", "canary")));
    }
    assertThat(mount.resolve("db")).hasContent("canary");
  }

  @Test
  void aClosedMountIsNotWrittenTo() throws IOException {
    Mount writer = open();
    writer.close();
    writer.close();
    assertThatThrownBy(() -> writer.publish(generation()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @Test
  void aNameMayStartWithADot() throws IOException {
    try (Mount writer = open()) {
      writer.publish(generation(file(".pgpass", "canary")));
      writer.publish(generation(file(".pgpass", "canary-2")));
    }
    assertThat(mount.resolve(".pgpass")).hasContent("canary-2");
  }

  @Test
  void namesThatCouldLeaveTheMountAreRefused() throws IOException {
    try (Mount writer = open()) {
      for (String name :
          List.of(
              "", ".", "..", "../x", "a/b", "/etc/x", ".-x", "..x", "..data", "a\0b", "a b", "é")) {
        assertThatThrownBy(() -> writer.publish(generation(file(name, "canary"))))
            .isInstanceOf(MountException.class)
            .hasMessageContaining("1 to 50 of");
      }
      assertThatThrownBy(() -> writer.publish(generation(file("a".repeat(51), ""))))
          .isInstanceOf(MountException.class);
      assertThatThrownBy(() -> writer.publish(generation(file("a", ""), file("a", ""))))
          .isInstanceOf(MountException.class)
          .hasMessageContaining("twice");
      assertThatThrownBy(() -> writer.publish(generation(file("a", "", "---r-----"))))
          .isInstanceOf(MountException.class)
          .hasMessageContaining("readable by its owner");
      assertThat(writer.publish(generation(file("a".repeat(50), ""))).changed()).isTrue();
      assertThat(entries(mount)).hasSize(4);
    }
  }

  private Mount open() throws MountException {
    return Mount.open(mount, Mount.DiskPolicy.REFUSE);
  }

  private Properties manifest() throws IOException {
    Properties manifest = new Properties();
    try (Reader reader = Files.newBufferedReader(mount.resolve("..data/..manifest"))) {
      manifest.load(reader);
    }
    return manifest;
  }

  /** When and as which inode each entry of the mount was last written. */
  private Map<Path, Object> state() throws IOException {
    Map<Path, Object> state = new TreeMap<>();
    try (Stream<Path> paths = Files.walk(mount)) {
      for (Path path : paths.toList()) {
        FileTime changed =
            (FileTime) Files.getAttribute(path, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
        state.put(
            path, changed + " " + Files.getAttribute(path, "unix:ino", LinkOption.NOFOLLOW_LINKS));
      }
    }
    return state;
  }

  private List<String> generations() throws IOException {
    return entries(mount).stream().filter(name -> name.startsWith("..20")).toList();
  }

  private static List<String> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
