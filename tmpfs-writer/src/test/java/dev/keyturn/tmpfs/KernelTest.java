package dev.keyturn.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Kernel.FileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is asked of the kernel: by /proc and by system calls. */
class KernelTest {
  private static final Procfs PROC = new Procfs(Path.of("/proc"));
  private static final Path MEMORY = Path.of("/dev/shm");
  private static final String FILE_SYSTEM = "25 24 %s / /dev/shm rw,relatime - %s tmpfs rw%s\n";

  @TempDir Path proc;

  @Test
  void procAndSystemCallsAgree() throws IOException {
    SystemCalls calls = new SystemCalls();
    assertThat(PROC.uid()).isEqualTo(calls.uid());
    assertThat(PROC.pid()).isEqualTo(calls.pid()).isEqualTo((int) ProcessHandle.current().pid());
    for (Path directory :
        List.of(MEMORY, Path.of("/"), Path.of("/proc"), Path.of("/sys"), Path.of("/dev"), proc)) {
      assertThat(PROC.fileSystem(directory).inMemory())
          .as(directory.toString())
          .isEqualTo(calls.fileSystem(directory).inMemory());
    }
    assertThat(calls.fileSystem(MEMORY)).isEqualTo(new FileSystem("tmpfs", true, true));
  }

  @Test
  void thisProcessCreatesFilesAsItsUmaskSays() throws IOException {
    Path file = proc.resolve("file");
    Files.createFile(
        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxrwxrwx")));
    assertThat(PROC.umask())
        .doesNotContainAnyElementsOf(Files.getPosixFilePermissions(file))
        .hasSize(9 - Files.getPosixFilePermissions(file).size());
  }

  @Test
  void permissionsAreTheLowestNineBits() {
    assertThat(PosixFilePermissions.toString(Kernel.permissions(0100640))).isEqualTo("rw-r-----");
    assertThat(PosixFilePermissions.toString(Kernel.permissions(0751))).isEqualTo("rwxr-x--x");
    assertThat(Kernel.permissions(0)).isEqualTo(Set.of());
  }

  @Test
  void aTmpfsCanSwapUnlessMountedWithNoswapOrThereIsNothingToSwapTo() throws IOException {
    String none = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";
    String some = none + "/dev/sda2                               partition\t8\t0\t-2\n";
    assertThat(fileSystem("tmpfs", ",size=1k", some))
        .isEqualTo(new FileSystem("tmpfs", true, true));
    assertThat(fileSystem("tmpfs", ",size=1k", none))
        .isEqualTo(new FileSystem("tmpfs", true, false));
    assertThat(fileSystem("tmpfs", ",size=1k,noswap", some))
        .isEqualTo(new FileSystem("tmpfs", true, false));
    assertThat(fileSystem("tmpfs", ",source=noswapped", some))
        .isEqualTo(new FileSystem("tmpfs", true, true));
    assertThat(fileSystem("ramfs", "", some)).isEqualTo(new FileSystem("ramfs", true, false));
    assertThat(fileSystem("ext4", "", none)).isEqualTo(new FileSystem("ext4", false, true));

    Files.delete(proc.resolve("swaps"));
    assertThat(new Procfs(proc).fileSystem(MEMORY).canSwap()).as("unknown").isTrue();
  }

  @Test
  void aFileSystemThatMountinfoDoesNotShowIsAskedForBySystemCall() throws IOException {
    Files.createDirectory(proc.resolve("self"));
    Files.writeString(proc.resolve("self/mountinfo"), FILE_SYSTEM.formatted("0:0", "ext4", ""));
    assertThat(new Procfs(proc).fileSystem(MEMORY)).isEqualTo(new FileSystem("tmpfs", true, true));
  }

  @Test
  void aSystemCallThatFailsSaysWhy() {
    assertThatThrownBy(() -> new SystemCalls().fileSystem(proc.resolve("missing")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No such file or directory");
  }

  @Test
  void aNativeLibraryThatCannotBeUnpackedIsAnErrorThatSaysWhatToDo() throws Exception {
    List<String> command = ChildJvm.command(Unpacking.class);
    command.add(1, "-Djffi.extract.dir=" + proc.resolve("missing"));
    ChildJvm.run(command);
  }

  static final class Unpacking {
    public static void main(String[] args) {
      SystemCalls calls = new SystemCalls();
      assertThatThrownBy(() -> calls.fileSystem(MEMORY))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("-Djffi.extract.dir");
      assertThatThrownBy(calls::uid)
          .isInstanceOf(IOException.class)
          .hasMessageContaining("-Djffi.extract.dir");
    }
  }

  @Test
  void theMountAsksInTheCheapWay() {
    assertThat(Kernel.get()).isInstanceOf(Procfs.class);
  }

  private FileSystem fileSystem(String type, String options, String swaps) throws IOException {
    long device = (long) Files.getAttribute(MEMORY, "unix:dev");
    // Device numbers this small are major << 8 | minor.
    assertThat(device).isLessThan(1 << 16);
    String line = FILE_SYSTEM.formatted((device >> 8) + ":" + (device & 0xff), type, options);
    Files.createDirectories(proc.resolve("self"));
    Files.writeString(
        proc.resolve("self/mountinfo"),
        "22 27 0:21 / /proc rw,relatime shared:5 master:1 - proc proc rw\n" + line);
    Files.writeString(proc.resolve("swaps"), swaps);
    return new Procfs(proc).fileSystem(MEMORY);
  }
}
