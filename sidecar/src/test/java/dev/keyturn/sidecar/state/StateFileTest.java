package dev.keyturn.sidecar.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.sidecar.Memory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateFileTest {
  private static final Instant NOW = Instant.ofEpochSecond(1_000, 5);

  private Memory memory;
  private Path directory;
  private StateFile file;

  @BeforeEach
  void makeFolder() throws IOException {
    memory = new Memory();
    directory = memory.directory();
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    file = StateFile.in(directory);
  }

  @AfterEach
  void removeFolder() throws IOException {
    memory.close();
  }

  private void write(String purpose) throws IOException {
    try (StateWriter out = StateFile.writer(NOW, purpose)) {
      out.flag(true).number(-7).text("ü").bytes(new byte[] {0, -1}).instant(Instant.MIN);
      out.duration(Duration.ofMillis(1500)).constant(Thread.State.NEW);
      out.optional(Optional.of("there"), StateWriter::text);
      out.optional(Optional.empty(), StateWriter::text);
      out.texts(List.of("a", "b")).map(Map.of("n", 1L), StateWriter::number);
      file.write(out, Duration.ofMillis(12_345));
    }
  }

  private void assertRefused(String why) {
    assertThatThrownBy(() -> file.read(NOW, "plan"))
        .isInstanceOf(StateException.class)
        .hasMessage(why);
  }

  @Test
  void what_was_written_is_read() throws Exception {
    write("plan");
    try (StateReader in = file.read(NOW, "plan").orElseThrow()) {
      assertThat(in.flag()).isTrue();
      assertThat(in.number()).isEqualTo(-7);
      assertThat(in.text()).isEqualTo("ü");
      assertThat(in.bytes()).containsExactly(0, -1);
      assertThat(in.instant()).isEqualTo(Instant.MIN);
      assertThat(in.duration()).isEqualTo(Duration.ofMillis(1500));
      assertThat(in.constant(Thread.State.class)).isEqualTo(Thread.State.NEW);
      assertThat(in.optional(StateReader::text)).contains("there");
      assertThat(in.optional(StateReader::text)).isEmpty();
      assertThat(in.texts()).containsExactly("a", "b");
      assertThat(in.map(StateReader::number)).isEqualTo(Map.of("n", 1L));
      assertThatThrownBy(in::number).isInstanceOf(StateException.class);
    }
    assertThat(directory.resolve("wake")).hasContent("12345\n");
  }

  @Test
  void where_nothing_was_written_there_is_nothing() {
    assertThat(file.read(NOW, "plan")).isEmpty();
  }

  @Test
  void one_of_another_plan_is_refused() throws Exception {
    write("another");
    assertRefused("it is for another plan, or of another version of Keyturn");
  }

  @Test
  void one_from_before_a_restart_of_the_machine_is_refused() throws Exception {
    write("plan");
    assertThatThrownBy(() -> file.read(NOW.minusSeconds(1), "plan"))
        .hasMessage("it is from before the machine was started");
  }

  @Test
  void no_byte_of_it_can_be_lost_or_changed() throws Exception {
    write("plan");
    byte[] whole = Files.readAllBytes(directory.resolve("state"));
    for (int i = 0; i < whole.length; i++) {
      byte[] changed = whole.clone();
      changed[i] ^= 1;
      Files.write(directory.resolve("state"), changed);
      assertThatThrownBy(() -> file.read(NOW, "plan")).isInstanceOf(StateException.class);
      Files.write(directory.resolve("state"), java.util.Arrays.copyOf(whole, i));
      assertThatThrownBy(() -> file.read(NOW, "plan")).isInstanceOf(StateException.class);
    }
  }

  @Test
  void one_of_another_version_is_refused() throws Exception {
    Files.writeString(directory.resolve("state"), "keyturn-state 2\n" + "x".repeat(100));
    assertRefused("it is of another version, or of something else");
  }

  @Test
  void a_link_is_not_followed(@TempDir Path elsewhere) throws Exception {
    write("plan");
    Files.move(directory.resolve("state"), elsewhere.resolve("state"));
    Files.createSymbolicLink(directory.resolve("state"), elsewhere.resolve("state"));
    assertThatThrownBy(() -> file.read(NOW, "plan")).hasMessageStartingWith("it cannot be read");
  }

  @Test
  void what_is_wiped_is_gone() throws Exception {
    write("plan");
    Path other = directory.resolve("other");
    Files.createLink(other, directory.resolve("state"));
    file.wipe();
    assertThat(directory.resolve("state")).doesNotExist();
    assertThat(directory.resolve("wake")).doesNotExist();
    assertThat(new String(Files.readAllBytes(other), StandardCharsets.ISO_8859_1))
        .as("nothing of it is left")
        .matches("\0+");
  }

  @Test
  void a_folder_that_others_can_open_or_that_is_on_a_disk_is_refused(@TempDir Path disk)
      throws Exception {
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-x---"));
    assertThatThrownBy(() -> StateFile.in(directory)).hasMessage("its mode is not 0700");
    Files.setPosixFilePermissions(disk, PosixFilePermissions.fromString("rwx------"));
    assertThatThrownBy(() -> StateFile.in(disk)).hasMessageContaining("not in memory");
    assertThatThrownBy(() -> StateFile.in(disk.resolve("none"))).hasMessage("it is no folder");
  }
}
