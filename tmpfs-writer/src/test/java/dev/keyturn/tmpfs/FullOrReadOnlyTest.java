package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Publishing fails in the middle; each test has a tmpfs of its own. */
class FullOrReadOnlyTest {
  private Memory memory;

  @BeforeEach
  void makeDirectory() throws IOException {
    memory = Memory.create();
  }

  @AfterEach
  void removeDirectory() throws IOException {
    memory.close();
  }

  @Test
  void withNoSpaceLeftTheOldGenerationStaysAndTheRestIsRemoved() throws Exception {
    ChildJvm.runOnTmpfs("size=64k,mode=0755", memory.directory("full"), NoSpace.class);
  }

  /** 64 KiB are 16 pages: the lock has one, the old generation three. */
  static final class NoSpace {
    public static void main(String[] args) throws IOException {
      Path mount = Path.of(args[0]);
      try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
        writer.publish(generation(2, "old"));
        Set<String> before = tree(mount);
        int failed = 0;
        for (int kib = 4; kib <= 128; kib += 4) {
          Generation large = generation(file("a", "x"), file("b", "y".repeat(kib * 1024)));
          try {
            writer.publish(large);
            assertThat(mount.resolve("b")).hasSize(kib * 1024L);
            writer.clear();
            writer.publish(generation(2, "old"));
            before = tree(mount);
          } catch (MountException e) {
            failed++;
            assertThat(e).hasMessageContaining("No space left").hasMessageContaining("sizeLimit");
            assertThat(tree(mount)).isEqualTo(before);
            assertThat(mount.resolve("f0")).hasContent("old");
          }
        }
        assertThat(failed).isBetween(16, 31);
        writer.publish(generation(2, "new"));
        assertThat(mount.resolve("f1")).hasContent("new");
      }
    }
  }

  @Test
  void withNoInodeLeftTheOldGenerationStaysAndTheRestIsRemoved() throws Exception {
    ChildJvm.runOnTmpfs("nr_inodes=20,mode=0755", memory.directory("inodes"), NoInode.class);
  }

  /**
   * An inode each for the root and the lock; for the old generation a directory, a file, the
   * manifest and two links; so a new one of n files, which needs 2n + 2, fails at each of its steps
   * as n grows or as others take inodes.
   */
  static final class NoInode {
    public static void main(String[] args) throws IOException {
      Path mount = Path.of(args[0]);
      int failed = 0;
      try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
        writer.publish(generation(1, "old"));
        for (int taken = 0; taken < 13; taken++) {
          if (taken > 0) {
            Files.createFile(mount.resolve("taken" + taken));
          }
          Set<String> before = tree(mount);
          for (int count = 1; count < 15; count++) {
            try {
              writer.publish(generation(count, "new"));
              writer.clear();
              writer.publish(generation(1, "old"));
              before = tree(mount);
            } catch (MountException e) {
              failed++;
              assertThat(e).hasMessageContaining("No space left");
              assertThat(tree(mount)).isEqualTo(before);
              assertThat(mount.resolve("f0")).hasContent("old");
            }
          }
        }
      }
      assertThat(failed).isGreaterThan(100);
    }
  }

  @Test
  void onAReadOnlyTmpfsNothingIsPublishedAndTheOldGenerationStays() throws Exception {
    ChildJvm.runOnTmpfs("mode=0755", memory.directory("read-only"), ReadOnly.class);
  }

  /** The kernel makes no tmpfs read-only that a writer holds: its lock is open for writing. */
  static final class ReadOnly {
    public static void main(String[] args) throws Exception {
      Path mount = Path.of(args[0]);
      try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
        writer.publish(generation(2, "old"));
      }
      Set<String> before = tree(mount);
      ChildJvm.run(List.of("mount", "-o", "remount,ro", mount.toString()));
      assertThatThrownBy(() -> Mount.open(mount, DiskPolicy.REFUSE))
          .isInstanceOf(MountException.class)
          .hasMessageContaining("Read-only file system")
          .hasMessageContaining("mount it writable");
      assertThat(tree(mount)).isEqualTo(before);
      assertThat(mount.resolve("f1")).hasContent("old");
    }
  }

  @Test
  void anInterruptedPublishLeavesTheOldGeneration() throws Exception {
    Path mount = memory.directory("interrupted");
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      writer.publish(generation(2, "old"));
      Set<String> before = tree(mount);
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> writer.publish(generation(3, "new")))
          .isInstanceOf(MountException.class)
          .hasMessageContaining("interrupted");
      assertThat(Thread.interrupted()).isTrue();
      assertThat(tree(mount)).isEqualTo(before);
      writer.publish(generation(3, "new"));
      assertThat(mount.resolve("f2")).hasContent("new");
    }
  }

  private static Set<String> tree(Path directory) throws IOException {
    Set<String> tree = new TreeSet<>();
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.toList()) {
        tree.add(path + (Files.isSymbolicLink(path) ? " -> " + Files.readSymbolicLink(path) : ""));
      }
    }
    return tree;
  }
}
