package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The kernel's answers as files, in the formats of proc_pid_status(5), proc_pid_mountinfo(5) and
 * swapon(8).
 *
 * @param proc where procfs is mounted
 */
record Procfs(Path proc) implements Kernel {

  @Override
  public int pid() throws IOException {
    return Integer.parseInt(status("Pid:"));
  }

  @Override
  public int uid() throws IOException {
    // Real, effective, saved and file system uid; the last one is what new files get.
    return Integer.parseUnsignedInt(status("Uid:").split("\t", -1)[3]);
  }

  @Override
  public Set<PosixFilePermission> umask() throws IOException {
    return Kernel.permissions(Integer.parseInt(status("Umask:"), 8));
  }

  private String status(String key) throws IOException {
    Path status = proc.resolve("self/status");
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith(key)) {
        return line.substring(key.length()).strip();
      }
    }
    throw new IOException(status + " has no line '" + key + "'");
  }

  /**
   * Finds the directory's file system by its device number, not by its path: a path can be mounted
   * over or be spelt in other ways, and each file system in memory has a number of its own.
   */
  @Override
  public FileSystem fileSystem(Path directory) throws IOException {
    String device = device((long) Files.getAttribute(directory, "unix:dev"));
    for (String line : Files.readAllLines(proc.resolve("self/mountinfo"))) {
      // 36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue
      List<String> fields = Arrays.asList(line.split(" ", -1));
      if (fields.get(2).equals(device)) {
        int separator = fields.indexOf("-");
        return fileSystem(fields.get(separator + 1), fields.get(separator + 3));
      }
    }
    // As after a chroot, when the file system's mount point is out of sight.
    return new SystemCalls().fileSystem(directory);
  }

  private FileSystem fileSystem(String type, String options) throws IOException {
    return switch (type) {
      case "ramfs" -> new FileSystem(type, true, false);
      case "tmpfs", "devtmpfs" ->
          new FileSystem(
              type,
              true,
              !Arrays.asList(options.split(",", -1)).contains("noswap") && machineSwaps());
      default -> new FileSystem(type, false, true);
    };
  }

  private boolean machineSwaps() {
    try {
      // A heading, then a line for each swap device or file.
      return Files.readAllLines(proc.resolve("swaps")).size() > 1;
    } catch (IOException e) {
      return true;
    }
  }

  /** {@code major:minor}, taken out of a dev_t as gnu_dev_major(3) does. */
  private static String device(long dev) {
    long major = (dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffL);
    long minor = (dev & 0xff) | (dev >> 12 & ~0xffL);
    return major + ":" + minor;
  }
}
