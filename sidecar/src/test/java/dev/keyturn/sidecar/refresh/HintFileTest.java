package dev.keyturn.sidecar.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HintFileTest {
  @TempDir Path volume;
  private int generation;

  /** As the kubelet does it. */
  private void write(String text) throws IOException {
    Path data = Files.createDirectory(volume.resolve("..generation" + generation++));
    Files.writeString(data.resolve("refresh"), text);
    Path link = Files.createSymbolicLink(volume.resolve("..next"), data.getFileName());
    Files.move(link, volume.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    if (!Files.exists(volume.resolve("refresh"))) {
      Files.createSymbolicLink(volume.resolve("refresh"), Path.of("..data/refresh"));
    }
  }

  private HintFile file() {
    return new HintFile(volume.resolve("refresh"));
  }

  @Test
  void what_is_there_at_the_start_is_no_news() throws IOException {
    write("7");
    assertThat(file().look()).isFalse();
  }

  @Test
  void another_text_is_news_once() throws IOException {
    write("");
    HintFile file = file();
    write("7");
    assertThat(file.look()).isTrue();
    assertThat(file.look()).isFalse();
  }

  @Test
  void a_volume_that_is_written_again_with_the_same_text_is_no_news() throws IOException {
    write("7");
    HintFile file = file();
    write("7");
    assertThat(file.look()).isFalse();
  }

  @Test
  void an_annotation_that_is_removed_asks_nothing_and_may_come_again() throws IOException {
    write("7");
    HintFile file = file();
    write("");
    assertThat(file.look()).isFalse();
    write("7");
    assertThat(file.look()).isTrue();
  }

  @Test
  void a_file_that_comes_later_is_news() throws IOException {
    HintFile file = file();
    assertThat(file.look()).isFalse();
    write("7");
    assertThat(file.look()).isTrue();
  }
}
