package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * What only the kernel knows about this process and a directory. {@link Procfs} is the way that
 * costs nothing; {@link SystemCalls} loads a native library and answers where /proc can't. See
 * {@code docs/decisions/native-calls.md}.
 */
sealed interface Kernel permits Procfs, SystemCalls {

  /**
   * A file system.
   *
   * @param type as in {@code mount -t}; for messages
   * @param inMemory whether its files live in memory alone, swap aside
   * @param canSwap whether they may be written to a swap device; unknown counts as true
   */
  record FileSystem(String type, boolean inMemory, boolean canSwap) {}

  /** This process, as it is numbered in its own PID namespace. */
  int pid() throws IOException;

  /** The user that owns the files this process creates. */
  int uid() throws IOException;

  /** The permissions that files may lack when they are created with them. */
  Set<PosixFilePermission> umask() throws IOException;

  /** The file system that holds a directory. */
  FileSystem fileSystem(Path directory) throws IOException;

  /** The cheapest that works here. */
  static Kernel get() {
    Path proc = Path.of("/proc");
    return Files.isReadable(proc.resolve("self/mountinfo")) ? new Procfs(proc) : new SystemCalls();
  }

  /** The permissions of a mode's lowest nine bits. */
  static Set<PosixFilePermission> permissions(int mode) {
    StringBuilder text = new StringBuilder(9);
    for (int bit = 8; bit >= 0; bit--) {
      text.append((mode >> bit & 1) == 1 ? "xwr".charAt(bit % 3) : '-');
    }
    return PosixFilePermissions.fromString(text.toString());
  }
}
