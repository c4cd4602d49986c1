package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Set;
import jnr.constants.platform.Errno;
import jnr.ffi.LibraryLoader;
import jnr.ffi.LibraryOption;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.posix.POSIX;
import jnr.posix.POSIXFactory;

/**
 * The kernel's answers by system calls, through JNR-POSIX. Its first use costs 19 MB and a third of
 * a second, so nothing else mentions JNR: its classes load when this one is used.
 */
final class SystemCalls implements Kernel {
  /** From {@code linux/magic.h}; a devtmpfs has tmpfs's. */
  private static final long TMPFS_MAGIC = 0x01021994L;

  private static final long RAMFS_MAGIC = 0x858458f6L;

  /** More than the 120 bytes that {@code struct statfs} has on any 64-bit Linux. */
  private static final int STATFS_BYTES = 256;

  /** What {@code jnr.posix} lacks of the C library; public because JNR implements it. */
  public interface Statfs {
    /** statfs(2). */
    int statfs(String path, Pointer buffer);
  }

  @Override
  public int pid() throws IOException {
    return posix().getpid();
  }

  @Override
  public int uid() throws IOException {
    return posix().geteuid();
  }

  /** The kernel tells a umask only by setting one, for all threads: so any bit may be missing. */
  @Override
  public Set<PosixFilePermission> umask() {
    return Set.of(PosixFilePermission.values());
  }

  @Override
  public FileSystem fileSystem(Path directory) throws IOException {
    try {
      Statfs libc =
          LibraryLoader.create(Statfs.class).option(LibraryOption.SaveError, true).load("c");
      Runtime runtime = Runtime.getRuntime(libc);
      Pointer buffer = Memory.allocateDirect(runtime, STATFS_BYTES, true);
      if (libc.statfs(directory.toString(), buffer) != 0) {
        throw new IOException("statfs: " + Errno.valueOf(runtime.getLastError()).description());
      }
      // f_type comes first; it is a long, of which the magic number is the lower half.
      long magic = buffer.getNativeLong(0) & 0xffffffffL;
      return new FileSystem(
          magic == TMPFS_MAGIC ? "tmpfs" : magic == RAMFS_MAGIC ? "ramfs" : hex(magic),
          magic == TMPFS_MAGIC || magic == RAMFS_MAGIC,
          magic != RAMFS_MAGIC);
    } catch (LinkageError e) {
      throw unavailable(e);
    }
  }

  private static POSIX posix() throws IOException {
    try {
      return POSIXFactory.getNativePOSIX();
    } catch (LinkageError e) {
      throw unavailable(e);
    }
  }

  private static IOException unavailable(LinkageError e) {
    return new IOException(
        "no native library for system calls ("
            + e.getMessage()
            + "); mount /proc, or set -Djffi.extract.dir to a directory that is writable and not"
            + " noexec",
        e);
  }

  private static String hex(long magic) {
    return "a file system of type 0x" + Long.toHexString(magic);
  }
}
