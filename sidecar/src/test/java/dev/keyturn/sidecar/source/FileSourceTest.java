package dev.keyturn.sidecar.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Reference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSourceTest {
  @TempDir Path directory;

  private FileSource source(String reference) {
    return new FileSource(Reference.parse(reference), directory);
  }

  private Path write(String name, String content) throws IOException {
    return Files.writeString(directory.resolve(name), content);
  }

  private static Map<String, String> text(Version version) {
    Map<String, String> text = new TreeMap<>();
    version
        .fields()
        .forEach(
            (key, field) ->
                text.put(
                    key,
                    field.kind()
                        + " "
                        + new String(field.value().bytes(), StandardCharsets.UTF_8)));
    return text;
  }

  private Map<String, String> fetch(String reference) throws Exception {
    try (Version version = source(reference).fetch()) {
      Selection.select(Reference.parse(reference), version.fields());
      return text(version);
    }
  }

  @Test
  void reads_json_as_it_is_written() throws Exception {
    write(
        "a.json",
        "{\"s\": \"x\\u00fc\", \"n\": 1.50, \"o\": {\"l\": [1, null, \"\\n\"]}, \"t\": true}");
    assertThat(fetch("file:a.json"))
        .isEqualTo(
            Map.of(
                "s", "TEXT xü",
                "n", "JSON 1.50",
                "o", "JSON {\"l\":[1,null,\"\\n\"]}",
                "t", "JSON true"));
  }

  @Test
  void reads_properties_in_utf_8() throws Exception {
    write("a.properties", "# comment\nuser = Jürgen\nesc=\\u00fc\n");
    assertThat(fetch("file:a.properties"))
        .isEqualTo(Map.of("user", "TEXT Jürgen", "esc", "TEXT ü"));
  }

  @Test
  void reads_yaml_as_texts_and_json() throws Exception {
    write("a.yaml", "s: xü\nn: 1.50\nq: '1'\no: {l: [1, null, \"a\\nb\"], e: {}}\nt: true\n");
    assertThat(fetch("file:a.yaml"))
        .isEqualTo(
            Map.of(
                "s", "TEXT xü",
                "n", "JSON 1.50",
                "q", "TEXT 1",
                "o", "JSON {\"l\":[1,null,\"a\\nb\"],\"e\":{}}",
                "t", "JSON true"));
  }

  @Test
  void reads_a_directory_as_fields_and_sees_each_of_its_files_change() throws Exception {
    Path folder = Files.createDirectory(directory.resolve("csi"));
    Files.createDirectory(folder.resolve("inner"));
    write("csi/user", "app");
    write("csi/.hidden", "canary-0");
    SecretSource source = new DirectorySource(Reference.parse("file:csi?format=directory"), folder);
    write("csi/password", "canary-1");
    try (Version version = source.fetch()) {
      assertThat(text(version)).isEqualTo(Map.of("user", "TEXT app", "password", "TEXT canary-1"));
      assertThat(source.refresh(version)).isEmpty();
      write("csi/password", "canary-22");
      assertThat(source.awaitChange(Duration.ofSeconds(10))).isPresent();
      assertThat(text(source.refresh(version).orElseThrow()))
          .containsEntry("password", "TEXT canary-22");
    }
    assertThatThrownBy(
            () ->
                new DirectorySource(
                        Reference.parse("file:no?format=directory"), directory.resolve("no"))
                    .fetch())
        .hasMessageContaining("there is no file");
  }

  @Test
  void reads_any_other_file_as_one_field() throws Exception {
    write("token", "canary-1\n");
    assertThat(fetch("file:token")).isEqualTo(Map.of("value", "TEXT canary-1\n"));
    write("a.json", "{}");
    assertThat(fetch("file:a.json?format=raw")).isEqualTo(Map.of("value", "TEXT {}"));
  }

  @Test
  void says_what_is_wrong_with_a_file_and_never_what_is_in_it() throws Exception {
    write("broken.json", "{\"a\": \"canary-1\", canary-2");
    write("twice.json", "{\"a\": \"canary-1\", \"a\": \"canary-2\"}");
    write("list.json", "[\"canary-1\"]");
    write("more.json", "{\"a\": \"canary-1\"} canary-2");
    write("broken.yaml", "a: canary-1\nb: [canary-2");
    write("list.yaml", "- canary-1");
    write("twice.yaml", "a: canary-1\na: canary-2");
    write("alias.yaml", "a: &x [canary-1]\nb: *x");
    write("empty", "");
    write("bad.properties", "a=\\u00zz canary-1");
    write("big", "canary-1".repeat(200_000));
    Files.write(directory.resolve("latin.properties"), new byte[] {'a', '=', (byte) 0xfc});
    Files.createDirectory(directory.resolve("folder"));
    write("ok.json", "{\"a\": \"canary-1\"}");
    for (var expected :
        Map.ofEntries(
                Map.entry("broken.json", "not one JSON object: line 1, column"),
                Map.entry("twice.json", "the key 'a' is there twice"),
                Map.entry("list.json", "not one JSON object"),
                Map.entry("broken.yaml", "not one YAML mapping: line 2, column"),
                Map.entry("list.yaml", "not one YAML mapping: it is no mapping"),
                Map.entry("twice.yaml", "the key 'a' is there twice"),
                Map.entry("alias.yaml", "not one YAML mapping"),
                Map.entry("more.json", "not one JSON object"),
                Map.entry("empty", "is empty"),
                Map.entry("bad.properties", "malformed"),
                Map.entry("big", "the limit is 1048576"),
                Map.entry("latin.properties", "not UTF-8"),
                Map.entry("folder", "not a regular file"),
                Map.entry("absent", "there is no file"),
                Map.entry("ok.json#b", "no key 'b': it has a"),
                Map.entry("ok.json?decode=base64", "'a' is not base64"))
            .entrySet()) {
      assertThatThrownBy(() -> fetch("file:" + expected.getKey()))
          .as(expected.getKey())
          .isInstanceOf(FetchException.class)
          .hasMessageContaining(expected.getValue())
          .hasMessageNotContaining("canary");
    }
  }

  @Test
  void a_version_is_named_by_the_time_of_the_file() throws Exception {
    Path file = write("token", "canary-1");
    try (Version version = source("file:token").fetch()) {
      assertThat(version.id()).contains(Files.getLastModifiedTime(file).toInstant().toString());
    }
  }

  private void sees(FileSource source, Change change) throws Exception {
    CountDownLatch seen = new CountDownLatch(1);
    Thread waiting =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    source.awaitChange(Duration.ofDays(1));
                    seen.countDown();
                  } catch (InterruptedException e) {
                    // The test is over.
                  }
                });
    try {
      assertThat(seen.await(250, TimeUnit.MILLISECONDS)).as("before the change").isFalse();
      change.make();
      assertThat(seen.await(10, TimeUnit.SECONDS)).as("after the change").isTrue();
    } finally {
      waiting.interrupt();
    }
  }

  private interface Change {
    void make() throws IOException;
  }

  @Test
  void sees_a_write_in_place_a_rename_and_a_file_that_appears() throws Exception {
    FileSource source = source("file:token");
    assertThatThrownBy(source::fetch).hasMessageContaining("there is no file");
    sees(source, () -> write("token", "canary-1"));
    source.fetch().close();
    sees(source, () -> write("token", "canary-2"));
    assertThat(text(source.fetch())).isEqualTo(Map.of("value", "TEXT canary-2"));
    Path draft = write("draft", "canary-3");
    Files.setLastModifiedTime(draft, Files.getLastModifiedTime(directory.resolve("token")));
    sees(
        source,
        () -> Files.move(draft, directory.resolve("token"), StandardCopyOption.ATOMIC_MOVE));
    assertThat(text(source.fetch())).isEqualTo(Map.of("value", "TEXT canary-3"));
  }

  @Test
  void follows_the_symbolic_links_of_a_volume_of_kubernetes() throws Exception {
    for (String generation : new String[] {"..1", "..2"}) {
      Files.createDirectory(directory.resolve(generation));
      write(generation + "/token", "canary" + generation);
    }
    Files.createSymbolicLink(directory.resolve("..data"), Path.of("..1"));
    Files.createSymbolicLink(directory.resolve("token"), Path.of("..data/token"));
    FileSource source = source("file:token");
    assertThat(text(source.fetch())).isEqualTo(Map.of("value", "TEXT canary..1"));
    sees(
        source,
        () -> {
          Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..2"));
          Files.move(
              directory.resolve("..data_tmp"),
              directory.resolve("..data"),
              StandardCopyOption.ATOMIC_MOVE);
        });
    assertThat(text(source.fetch())).isEqualTo(Map.of("value", "TEXT canary..2"));
  }
}
