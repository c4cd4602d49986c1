package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.FACTS;
import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static dev.keyturn.tmpfs.SecretFiles.owned;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Modes and owners. */
class OwnershipTest {
  private Memory memory;
  private Path mount;
  private int uid;
  private int gid;

  @BeforeEach
  void makeDirectory() throws IOException {
    memory = Memory.create();
    mount = memory.directory("mount");
    Stat own = Stat.of(mount);
    // Root can give files away; another user's test keeps to that user's own numbers.
    uid = own.uid() == 0 ? 12_345 : own.uid();
    gid = own.uid() == 0 ? 23_456 : own.gid();
  }

  @AfterEach
  void removeDirectory() throws IOException {
    memory.close();
  }

  @Test
  void filesBelongToTheNumbersAskedFor() throws IOException {
    Stat own = Stat.of(mount);
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      Generation generation =
          generation(owned(file("given", "canary", "r--r-----"), uid, gid), file("own", "canary"));
      writer.publish(generation);
      Stat given = Stat.of(mount.resolve("..data/given"));
      assertThat(List.of(given.uid(), given.gid(), given.mode()))
          .containsExactly(uid, gid, 0100440);
      Stat kept = Stat.of(mount.resolve("..data/own"));
      assertThat(List.of(kept.uid(), kept.gid())).containsExactly(own.uid(), own.gid());
      assertThat(writer.publish(generation).changed()).isFalse();
    }
  }

  @Test
  void aChangedOwnerIsAChange() throws IOException {
    Stat own = Stat.of(mount);
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      writer.publish(generation(owned(file("db", "canary"), uid, gid)));
      boolean root = own.uid() == 0;
      assertThat(writer.publish(generation(file("db", "canary"))).changed()).isEqualTo(root);
      assertThat(writer.publish(generation(owned(file("db", "canary"), own.uid(), gid))).changed())
          .isEqualTo(root);
    }
  }

  @Test
  void theGroupOfAVolumeIsInheritedThroughItsSetgidBit() throws IOException {
    Files.setAttribute(mount, "unix:gid", gid);
    Files.setAttribute(mount, "unix:mode", 02755);
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      writer.publish(generation(file("db", "canary", "r--r-----")));
      assertThat(Stat.of(mount.resolve("..data/db")).gid()).isEqualTo(gid);
      assertThat(writer.publish(generation(file("db", "canary", "r--r-----"))).changed()).isFalse();
    }
  }

  @Test
  void permissionsDoNotDependOnTheUmask() throws Exception {
    for (String umask : List.of("0000", "0027", "0077")) {
      List<String> command =
          new ArrayList<>(List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh"));
      Path directory = memory.directory("umask-" + umask);
      command.addAll(ChildJvm.command(WithUmask.class, directory.toString()));
      ChildJvm.run(command);
    }
  }

  static final class WithUmask {
    public static void main(String[] args) throws IOException {
      Path mount = Path.of(args[0]);
      try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
        writer.publish(generation(file("a", "canary", "rw-r--r--"), file("b", "", "rwxrwxrwx")));
      }
      assertThat(Stat.of(mount.resolve("..data/a")).mode()).isEqualTo(0100644);
      assertThat(Stat.of(mount.resolve("..data/b")).mode()).isEqualTo(0100777);
      assertThat(Stat.of(mount.resolve("..data/..manifest")).mode()).isEqualTo(0100444);
      assertThat(Stat.of(mount.resolve("..data").toRealPath()).mode()).isEqualTo(040755);
      assertThat(Stat.of(mount.resolve("..lock")).mode() & 0077).isZero();
    }
  }

  @Test
  void anOwnerThatCannotBeGivenIsNamedAndNothingChanges() throws Exception {
    // Not even root can give a file to a user that its namespace doesn't have.
    ChildJvm.runOnTmpfs("mode=0755", memory.directory("unprivileged"), Unprivileged.class);
  }

  static final class Unprivileged {
    public static void main(String[] args) throws IOException {
      Path mount = Path.of(args[0]);
      try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
        String before = writer.publish(generation(file("db", "canary"))).generation();
        assertThatThrownBy(
                () -> writer.publish(generation(owned(file("db", "other"), 12_345, 23_456))))
            .isInstanceOf(MountException.class)
            .hasMessageContaining("the file 'db' cannot be given to uid 12345, gid 23456")
            .hasMessageContaining("CHOWN")
            .hasMessageNotContaining("other");
        assertThat(mount.resolve("db")).hasContent("canary");
        assertThat(Files.readSymbolicLink(mount.resolve("..data"))).hasToString(".." + before);
        try (DirectoryStream<Path> generations = Files.newDirectoryStream(mount, "..20*")) {
          assertThat(generations).hasSize(1);
        }
      }
    }
  }

  @Test
  void modeAndOwnerAreThereBeforeTheContent() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    try (ExecutorService watcher = Executors.newSingleThreadExecutor();
        Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      Future<Integer> looks = watcher.submit(() -> watch(done));
      try {
        for (int i = 0; i < 300; i++) {
          List<SecretFile> files = new ArrayList<>();
          for (int f = 0; f < 20; f++) {
            SecretFile file = file("f" + f, i + "canary".repeat(1_000), "r--r-----", FACTS);
            files.add(owned(file, uid, gid));
          }
          writer.publish(new Generation(files));
        }
      } finally {
        done.set(true);
      }
      assertThat(looks.get()).as("files seen while they were written").isPositive();
    }
  }

  /** Looks at files in unpublished generations; returns how many had content. */
  private int watch(AtomicBoolean done) throws IOException {
    int seen = 0;
    while (!done.get()) {
      try (DirectoryStream<Path> generations = Files.newDirectoryStream(mount, "..20*")) {
        for (Path generation : generations) {
          boolean unpublished = Stat.of(generation).mode() == 040700;
          for (int f = 0; f < 20; f++) {
            Path file = generation.resolve("f" + f);
            long size = Files.size(file);
            Stat stat = Stat.of(file);
            if (size > 0) {
              seen += unpublished ? 1 : 0;
              assertThat(PosixFilePermissions.toString(Kernel.permissions(stat.mode())))
                  .isEqualTo("r--r-----");
              assertThat(stat.uid()).isEqualTo(uid);
              assertThat(stat.gid()).isEqualTo(gid);
            }
          }
        }
      } catch (NoSuchFileException e) {
        // Not there yet, or not any more.
      }
    }
    return seen;
  }
}
