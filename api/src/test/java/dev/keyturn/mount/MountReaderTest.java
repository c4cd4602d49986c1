package dev.keyturn.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.keyturn.mount.HandMadeMount.File;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MountReaderTest {
  @TempDir Path directory;
  private HandMadeMount mount;
  private MountReader reader;

  @BeforeEach
  void aMountAndItsReader() {
    mount = new HandMadeMount(directory);
    reader = new MountReader(directory.toFile());
  }

  @Test
  void readsEveryFileAndWhatTheManifestSaysOfIt() throws Exception {
    mount.publish(
        File.of("db", "json", "{\"password\":\"canary-1\"}")
            .env("PASSWORD", "password")
            .defaultEnv("DB_PASSWORD", "password")
            .property("db.password.of.app", "password")
            .standIn()
            .hosts("api.example.com", "*.example.org:8443"),
        File.of("token.txt", "raw", "canary-2"));

    Generation now = reader.current();

    assertThat(now.id()).isEqualTo("2026-11-24T06-04-53Z.00000001");
    assertThat(now.names()).containsExactly("db", "token.txt");
    MountedFile db = now.file("db");
    assertThat(db.version()).isEqualTo("1");
    assertThat(db.env()).isEqualTo(Map.of("PASSWORD", "password"));
    assertThat(db.defaultEnv()).isEqualTo(Map.of("DB_PASSWORD", "password"));
    assertThat(db.properties()).isEqualTo(Map.of("db.password.of.app", "password"));
    assertThat(db.text("password")).isEqualTo("canary-1");
    assertThat(db.standIn()).isTrue();
    assertThat(db.hosts()).containsExactly("api.example.com", "*.example.org:8443");
    assertThat(now.file("token.txt").text("")).isEqualTo("canary-2");
    assertThat(now.file("token.txt").standIn()).isFalse();
    assertThat(now.file("token.txt").hosts()).isEmpty();
    assertThat(now.file("other")).isNull();
  }

  @Test
  void isTheSameObjectUntilTheNextGeneration() throws Exception {
    mount.publish(File.of("db", "raw", "canary-1"));
    Generation first = reader.current();
    assertThat(reader.current()).isSameAs(first);

    mount.publish(File.of("db", "raw", "canary-2"));

    assertThat(reader.current()).isNotSameAs(first);
    assertThat(reader.current().file("db").text("")).isEqualTo("canary-2");
    assertThat(first.file("db").text("")).isEqualTo("canary-1");
  }

  /** Not of the live objects alone: what was read and is garbage by now was wiped before. */
  @Test
  void noHeapDumpHoldsWhatWasRead(@TempDir Path dumps) throws Exception {
    String hidden = "gsergwzgvq-12345678";
    mount.publish(File.of("db", "raw", ""), File.of("big", "raw", ""));
    for (int times : new int[] {1, 1000}) {
      byte[] secret = hidden.repeat(times).getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < secret.length; i++) {
        secret[i] ^= 1;
      }
      Files.write(mount.generation().resolve(times == 1 ? "db" : "big"), secret);
      Arrays.fill(secret, (byte) 0);
    }

    Generation now = reader.current();
    assertThat(now.file("db").sameContent(now.file("big"))).isFalse();
    byte[] copy = now.file("big").bytes();
    assertThat(copy).hasSize(hidden.length() * 1000);
    Arrays.fill(copy, (byte) 0);

    Path dump = dumps.resolve("all.hprof");
    ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
        .dumpHeap(dump.toString(), false);
    String text = Files.readString(dump, StandardCharsets.ISO_8859_1);
    assertThat(text.contains(hidden)).as("what is looked for would be found").isTrue();
    StringBuilder shown = new StringBuilder(hidden);
    for (int i = 0; i < shown.length(); i++) {
      shown.setCharAt(i, (char) (shown.charAt(i) ^ 1));
    }
    assertThat(text.contains(shown)).as("the secret in the dump").isFalse();
    assertThat(now.file("db").text("").contentEquals(shown)).isTrue();
  }

  @Test
  void neverMixesTwoGenerationsWhileTheyAreSwapped() throws Exception {
    publishPair(0);
    AtomicBoolean done = new AtomicBoolean();
    Thread writer =
        Thread.ofPlatform()
            .start(
                () -> {
                  for (int i = 1; i <= 1000; i++) {
                    publishPair(i);
                  }
                  done.set(true);
                });
    int seen = 0;
    Generation last = null;
    while (!done.get() || seen == 0) {
      Generation now;
      try {
        now = reader.current();
      } catch (MountException e) {
        // A writer that swaps without a pause may be faster than a reader ever is.
        assertThat(e).hasMessageStartingWith("the mount at " + directory + " is broken");
        continue;
      }
      assertThat(now.file("user").text("")).isEqualTo(now.file("password").text(""));
      seen += now == last ? 0 : 1;
      last = now;
    }
    writer.join();
    assertThat(reader.current().file("user").text("")).isEqualTo("pair-1000");
    assertThat(seen).isGreaterThan(1);
  }

  private void publishPair(int number) {
    mount.publish(
        File.of("user", "raw", "pair-" + number), File.of("password", "raw", "pair-" + number));
  }

  @Test
  void saysWhenThereIsNoSuchDirectory() {
    reader = new MountReader(directory.resolve("none").toFile());

    assertThatThrownBy(reader::current)
        .isInstanceOf(MountException.class)
        .hasMessageStartingWith("no mount at " + directory.resolve("none") + ": no such directory")
        .hasMessageContaining("KEYTURN_MOUNT");
  }

  @Test
  void saysWhenNothingIsPublishedYet() {
    assertThatThrownBy(reader::current)
        .hasMessageContaining("nothing is published at " + directory);
  }

  @Test
  void saysWhenTheManifestIsMissing() throws Exception {
    mount.publish(File.of("db", "raw", "canary-1"));
    Files.delete(mount.generation().resolve("..manifest"));

    assertThatThrownBy(reader::current)
        .hasMessage(
            "the mount at %s is broken: its ..data/..manifest can't be read (No such file or"
                + " directory)",
            directory);
  }

  @Test
  void refusesAFormatItDoesNotKnow() {
    Properties manifest = mount.manifest();
    manifest.setProperty("format", "2");
    mount.publish(manifest);

    assertThatThrownBy(reader::current)
        .hasMessageContaining("has format 2 and this reader knows 1");
  }

  @Test
  void ignoresKeysItDoesNotKnow() throws Exception {
    File db = File.of("db", "raw", "canary-1");
    Properties manifest = mount.manifest(db);
    manifest.setProperty("colour", "blue");
    manifest.setProperty("file.0.colour", "blue");
    manifest.setProperty("file.0.colour.of", "blue");
    mount.publish(manifest, db);

    assertThat(reader.current().file("db").text("")).isEqualTo("canary-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"../outside", "..manifest", "a/b", "", ".."})
  void refusesANameThatLeadsOutOfTheGeneration(String name) throws Exception {
    Files.writeString(directory.resolve("outside"), "not ours");
    Properties manifest = mount.manifest(File.of("db", "raw", "canary-1"));
    manifest.setProperty("file.0.name", name);
    mount.publish(manifest);

    assertThatThrownBy(reader::current).hasMessageContaining("holds a name that is none");
  }

  @Test
  void tellsOfAFileThatCanNotBeReadAndReadsTheOthers() throws Exception {
    Properties manifest =
        mount.manifest(File.of("db", "raw", ""), File.of("token", "raw", "canary-2"));
    mount.publish(manifest, File.of("token", "raw", "canary-2"));
    // A directory in its place can't be read by anyone, not even by root, as whom tests may run.
    Files.createDirectory(mount.generation().resolve("db"));

    Generation now = reader.current();

    assertThat(now.file("token").text("")).isEqualTo("canary-2");
    assertThat(now.file("db").problem()).isEqualTo("Is a directory");
    assertThatThrownBy(() -> now.file("db").text(""))
        .hasMessage("secret 'db' can't be read: Is a directory");
    assertThat(reader.current()).as("as long as nothing changes").isSameAs(now);

    Files.delete(mount.generation().resolve("db"));
    Files.writeString(mount.generation().resolve("db"), "canary-1");
    assertThat(reader.current().file("db").text("")).as("tried again").isEqualTo("canary-1");
  }

  @Test
  void refusesAFileLargerThanAnySecret() throws Exception {
    mount.publish(new File("db", "raw", new byte[(4 << 20) + 1], Map.of()));

    assertThat(reader.current().file("db").problem()).isEqualTo("it is larger than 4 MiB");
  }

  @Test
  void showsNoValueWhenPrinted() throws Exception {
    mount.publish(File.of("db", "json", "{\"password\":\"canary-1\"}"));

    assertThat(reader.current().file("db").toString()).isEqualTo("db (json, version 1)");
    assertThatThrownBy(() -> reader.current().file("db").text("pasword"))
        .hasMessage("secret 'db' has no key 'pasword': it has [password]");
  }

  @Test
  void keepsBytesAsTheyAreAndRefusesThemAsText() throws Exception {
    byte[] bytes = {0, (byte) 0xff, '\n', (byte) 0xc3};
    mount.publish(
        new File("key", "raw", bytes, Map.of()), File.of("sign", "raw", "\ufffd is a sign"));

    assertThat(reader.current().file("key").bytes()).isEqualTo(bytes);
    assertThatThrownBy(() -> reader.current().file("key").text(""))
        .hasMessage("secret 'key' is not UTF-8 text: read its bytes instead");
    assertThat(reader.current().file("sign").text("").getBytes(StandardCharsets.UTF_8))
        .isEqualTo("\ufffd is a sign".getBytes(StandardCharsets.UTF_8));
  }
}
