package dev.keyturn.tmpfs;

import java.nio.file.Path;
import java.time.Clock;

/**
 * A directory in memory where generations are published. One writer at a time, held by a lock until
 * {@link #close}; any number of readers. Safe for use by several threads of the writer.
 */
public interface Mount extends AutoCloseable {

  /** Whether a directory that is not on a tmpfs is refused. */
  enum DiskPolicy {
    /** Refuse it: a secret must not reach a disk. */
    REFUSE,
    /** {@code --allow-disk}: publish all the same; the caller warns loudly. */
    ALLOW
  }

  /**
   * What the kernel says of the directory.
   *
   * @param inMemory whether it is on a tmpfs or ramfs
   * @param canSwap whether its pages may be written to a swap device: a tmpfs without {@code
   *     noswap} on a machine with swap; unknown counts as true
   */
  record Report(boolean inMemory, boolean canSwap) {}

  /**
   * What {@link #publish} did.
   *
   * @param generation the id of the generation now published
   * @param changed false when nothing differed and nothing was written
   */
  record Publication(String generation, boolean changed) {}

  /**
   * Takes the directory for this writer, removes what a killed writer left half-done, and keeps
   * what is published.
   *
   * @param directory exists, is writable by this process, and can be taken away or written to by no
   *     other user ({@code docs/mount.md} has the rules)
   * @throws MountException if it can't be used, or another writer holds it
   */
  static Mount open(Path directory, DiskPolicy policy) throws MountException {
    return TmpfsMount.open(directory, policy, Kernel.get(), Clock.systemUTC());
  }

  /** What the kernel said when the mount was opened. */
  Report report();

  /**
   * Publishes a generation, unless every byte, name, permission, owner and agent name is as
   * published already.
   *
   * @throws MountException if it could not be written; the generation before is untouched
   */
  Publication publish(Generation generation) throws MountException;

  /**
   * Removes every file and generation, as at the end of a run on a laptop; only {@code ..lock}
   * stays. Not for pods.
   *
   * @throws MountException if something could not be removed
   */
  void clear() throws MountException;

  /** Lets go of the directory; what is published stays. */
  @Override
  void close();
}
