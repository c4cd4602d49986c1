package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which directories are accepted as a mount. */
class DirectoryTest {
  @TempDir Path proc;
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
  void aDirectoryOfOnesOwnOnATmpfsIsAccepted() throws IOException {
    try (Mount mount = Mount.open(memory.directory("mount"), DiskPolicy.REFUSE)) {
      assertThat(mount.report().inMemory()).isTrue();
    }
  }

  @Test
  void aDiskIsRefusedUnlessAllowed() throws IOException {
    Path directory = memory.directory("mount");
    Kernel kernel = kernelThatSaysExt4();
    assertThatThrownBy(() -> open(directory, DiskPolicy.REFUSE, kernel))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("it is on ext4")
        .hasMessageContaining("--allow-disk");
    assertThat(directory).isEmptyDirectory();
    try (Mount mount = open(directory, DiskPolicy.ALLOW, kernel)) {
      assertThat(mount.report()).isEqualTo(new Mount.Report(false, true));
      mount.publish(generation(file("db", "canary")));
      assertThat(directory.resolve("db")).hasContent("canary");
    }
  }

  @Test
  void withoutProcTheMountWorksBySystemCalls() throws IOException {
    Path directory = memory.directory("mount");
    try (Mount mount = open(directory, DiskPolicy.REFUSE, new SystemCalls())) {
      assertThat(mount.report()).isEqualTo(new Mount.Report(true, true));
      mount.publish(generation(file("db", "canary", "r--r--r--")));
      assertThat(directory.resolve("db")).hasContent("canary");
      assertThat(mount.publish(generation(file("db", "canary", "r--r--r--"))).changed()).isFalse();
    }
  }

  @Test
  void whatIsNoDirectoryIsRefused() throws IOException {
    Path directory = memory.directory("mount");
    Path file = Files.createFile(memory.directory().resolve("file"));
    Path link = Files.createSymbolicLink(memory.directory().resolve("link"), directory);
    assertRefused(memory.directory().resolve("missing"), "there is no such directory; create it");
    assertRefused(file, "it is not a directory");
    assertRefused(link, "it is a symbolic link");
    assertThat(directory).isEmptyDirectory();
  }

  @Test
  void linksAboveTheDirectoryAreFollowedOnce() throws IOException {
    Path parent = memory.directory("parent");
    Path directory = Files.createDirectory(parent.resolve("mount"));
    Path link = Files.createSymbolicLink(memory.directory().resolve("link"), parent);
    try (Mount mount = Mount.open(link.resolve("mount"), DiskPolicy.REFUSE)) {
      Files.delete(link);
      Files.createSymbolicLink(link, Path.of("/proc"));
      mount.publish(generation(file("db", "canary")));
      assertThat(directory.resolve("db")).hasContent("canary");
    }
  }

  @Test
  void aDirectoryThatOthersMayWriteToIsRefused() throws IOException {
    Path directory = memory.directory("mount");
    for (String permissions : new String[] {"rwxrwxr-x", "rwxr-x-w-"}) {
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(permissions));
      assertRefused(directory, "other users may write to it");
    }
  }

  @Test
  void theDirectoriesThatAllShareAreRefused() {
    assertRefused(Path.of("/dev/shm"), "other users may write to it");
    assertThatThrownBy(() -> Mount.open(Path.of("/tmp"), DiskPolicy.ALLOW))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("other users may write to it");
  }

  @Test
  void aDirectoryThatOthersCanReplaceIsRefused() throws IOException {
    Path parent = memory.directory("parent");
    Path directory = Files.createDirectory(parent.resolve("mount"));
    Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxrwxr-x"));
    assertRefused(directory, parent + " above it may be written by other users");
  }

  @Test
  void aDirectoryOfAnotherUserIsRefusedAtAnyLevel() throws IOException {
    // As uid 1 sees it: the test's user is another one, and is not the owner of the root directory.
    Path directory = memory.directory("mount");
    Files.createDirectory(proc.resolve("self"));
    Files.writeString(proc.resolve("self/status"), "Uid:\t1\t1\t1\t1\nUmask:\t0022\n");
    int uid = Stat.of(directory).uid();
    if (uid == 0) {
      uid = 2;
      Files.setAttribute(directory, "unix:uid", uid);
    }
    int owner = uid;
    assertThatThrownBy(() -> open(directory, DiskPolicy.REFUSE, new Procfs(proc)))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("belongs to uid " + owner);
    Path inside = Files.createDirectory(directory.resolve("inside"));
    Files.setAttribute(inside, "unix:uid", Stat.of(memory.directory()).uid());
    assertThatThrownBy(() -> open(inside, DiskPolicy.REFUSE, new Procfs(proc)))
        .isInstanceOf(MountException.class)
        .hasMessageContaining("belongs to uid " + owner);
  }

  @Test
  void thePodsVolumeIsAcceptedThoughAllMayWriteToIt() throws Exception {
    // A tmpfs is mounted with mode 1777, as the kubelet's are; with an fsGroup, it adds setgid.
    for (String mode : new String[] {"mode=1777", "mode=0777", "mode=3777"}) {
      ChildJvm.runOnTmpfs(mode, memory.directory(mode), PodVolume.class);
    }
  }

  static final class PodVolume {
    public static void main(String[] args) throws IOException {
      Path directory = Path.of(args[0]);
      try (Mount mount = Mount.open(directory, DiskPolicy.REFUSE)) {
        mount.publish(generation(file("db", "canary")));
        assertThat(mount.publish(generation(file("db", "canary"))).changed()).isFalse();
        assertThat(directory.resolve("db")).hasContent("canary");
      }
      Path inside = Files.createDirectory(directory.resolve("inside"));
      Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxrwxrwx"));
      assertRefused(inside, "other users may write to it");
    }
  }

  private Kernel kernelThatSaysExt4() throws IOException {
    long device = Stat.of(memory.directory()).device();
    assertThat(device).isLessThan(1 << 16);
    Files.createDirectory(proc.resolve("self"));
    Files.copy(Path.of("/proc/self/status"), proc.resolve("self/status"));
    Files.writeString(
        proc.resolve("self/mountinfo"),
        "25 24 %d:%d / /dev/shm rw - ext4 /dev/sda1 rw\n".formatted(device >> 8, device & 0xff));
    return new Procfs(proc);
  }

  private static Mount open(Path directory, DiskPolicy policy, Kernel kernel)
      throws MountException {
    return TmpfsMount.open(directory, policy, kernel, Clock.systemUTC());
  }

  private static void assertRefused(Path directory, String why) {
    assertThatThrownBy(() -> Mount.open(directory, DiskPolicy.REFUSE))
        .isInstanceOf(MountException.class)
        .hasMessageContaining(directory + " cannot be a mount")
        .hasMessageContaining(why);
  }
}
