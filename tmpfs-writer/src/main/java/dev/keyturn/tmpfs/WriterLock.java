package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The right to write to a mount: one process, and in it one holder. The kernel takes it back when
 * the process ends.
 */
final class WriterLock implements AutoCloseable {
  static final Path NAME = Path.of("..lock");

  /**
   * The mounts that this JVM holds, by file key. The file's lock alone won't do: it belongs to the
   * process, and the kernel drops it as soon as the process closes any descriptor of the file, so a
   * second holder must not even open it (fcntl_locking(2)).
   */
  private static final Set<Object> HELD = ConcurrentHashMap.newKeySet();

  private final Object key;
  private final FileChannel channel;

  private WriterLock(Object key, FileChannel channel) {
    this.key = key;
    this.channel = channel;
  }

  /**
   * Takes the lock or fails at once.
   *
   * @param directory the mount
   * @param key the mount's file key
   */
  static WriterLock take(Path directory, Object key, Kernel kernel) throws IOException {
    if (!HELD.add(key)) {
      throw new MountException(
          directory + " has a writer already: this process; close that one first");
    }
    try {
      return new WriterLock(key, lock(directory, kernel));
    } catch (IOException | RuntimeException e) {
      HELD.remove(key);
      throw e;
    }
  }

  private static FileChannel lock(Path directory, Kernel kernel) throws IOException {
    Path file = directory.resolve(NAME);
    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
      requireOwn(file, kernel);
    }
    FileChannel channel =
        FileChannel.open(
            file,
            Set.of(
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS),
            PosixFilePermissions.asFileAttribute(Kernel.permissions(0600)));
    try {
      requireOwn(file, kernel);
      if (channel.tryLock() == null) {
        throw new MountException(
            directory
                + " has a writer already: process "
                + holder(channel)
                + "; stop it first, or use another directory");
      }
      name(channel, kernel);
      return channel;
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  /** A file with another name elsewhere, say, could be one that is not to be overwritten. */
  private static void requireOwn(Path file, Kernel kernel) throws IOException {
    Stat stat = Stat.of(file);
    if (!stat.isRegularFile() || stat.uid() != kernel.uid() || stat.links() != 1) {
      throw MountException.foreign(file, "its own lock file");
    }
  }

  private static String holder(FileChannel channel) throws IOException {
    ByteBuffer pid = ByteBuffer.allocate(20);
    channel.read(pid);
    return StandardCharsets.US_ASCII.decode(pid.flip()).toString().replaceAll("\\D", "");
  }

  /** Leaves the process id for the message that another writer gets. */
  private static void name(FileChannel channel, Kernel kernel) {
    try {
      channel.truncate(0);
      channel.write(StandardCharsets.US_ASCII.encode(kernel.pid() + "\n"), 0);
    } catch (IOException e) {
      // A full tmpfs: the lock holds, only the message will be poorer.
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // The kernel closes the descriptor all the same (close(2)), and with it goes the lock.
    } finally {
      HELD.remove(key);
    }
  }
}
