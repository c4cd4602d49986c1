package dev.keyturn.sidecar.state;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The state of a sidecar that sleeps, in a folder in memory that is its own. The state is of one
 * plan: {@code FORMAT}, the length and the CRC of what follows; the time when it was written, and
 * for what; then what its parts wrote. Beside it, {@code wake} tells the supervisor, which never
 * opens the state, after how many milliseconds there is something to do.
 */
public final class StateFile {
  /** Changes with whatever is written. A version of Keyturn reads its own alone. */
  private static final String FORMAT = "keyturn-state 1\n";

  private static final int HEAD = FORMAT.length() + 2 * Long.BYTES;

  /** A thousand secrets of 64 KiB: more is no state of ours. */
  private static final long MAX_BYTES = 64L << 20;

  private static final Set<PosixFilePermission> OWN =
      EnumSet.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE);

  private final Path directory;
  private final Path state;

  private StateFile(Path directory) {
    this.directory = directory;
    this.state = directory.resolve("state");
  }

  /**
   * In a folder that the supervisor has made.
   *
   * @throws IOException if it is none, is open to others, or is not in memory
   */
  public static StateFile in(Path directory) throws IOException {
    if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
      throw new IOException("it is no folder");
    }
    if (!Files.getPosixFilePermissions(directory, LinkOption.NOFOLLOW_LINKS).equals(OWN)) {
      throw new IOException("its mode is not 0700");
    }
    String type = Files.getFileStore(directory).type();
    if (!type.equals("tmpfs") && !type.equals("ramfs")) {
      throw new IOException("it is on " + type + ", not in memory: secrets would reach a disk");
    }
    return new StateFile(directory);
  }

  /** A writer of a state that begins as a file of this folder does. */
  public static StateWriter writer(Instant now, String purpose) {
    return new StateWriter().instant(now).text(purpose);
  }

  /**
   * Keeps a state, and says when to wake up.
   *
   * @param written by a {@link #writer}
   * @param wake after which time there is something to do
   */
  public void write(StateWriter written, Duration wake) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(HEAD).put(FORMAT.getBytes(StandardCharsets.US_ASCII));
    head.putLong(written.length()).putLong(crc(written.array(), 0, written.length()));
    ByteBuffer body = ByteBuffer.wrap(written.array(), 0, written.length());
    replace("state", head.flip(), body);
    byte[] millis = (wake.toMillis() + "\n").getBytes(StandardCharsets.US_ASCII);
    replace("wake", ByteBuffer.wrap(millis));
  }

  private void replace(String name, ByteBuffer... content) throws IOException {
    Path draft = directory.resolve(name + ".new");
    Files.deleteIfExists(draft);
    Set<OpenOption> options =
        Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS);
    try (FileChannel channel =
        FileChannel.open(
            draft,
            options,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
      for (ByteBuffer part : content) {
        while (part.hasRemaining()) {
          channel.write(part);
        }
      }
    }
    Files.move(draft, directory.resolve(name), StandardCopyOption.ATOMIC_MOVE);
  }

  /**
   * The state that is there.
   *
   * @param now by the steady clock
   * @param purpose what it has to be for
   * @return empty where there is none
   * @throws StateException if what is there can't be used
   */
  public Optional<StateReader> read(Instant now, String purpose) {
    byte[] all;
    try (FileChannel channel =
        FileChannel.open(state, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      long size = channel.size();
      if (size < HEAD || size > MAX_BYTES) {
        throw new StateException("it is malformed");
      }
      ByteBuffer read = ByteBuffer.allocate((int) size);
      while (read.hasRemaining() && channel.read(read) >= 0) {}
      all = read.array();
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new StateException("it cannot be read: " + e.getClass().getSimpleName());
    }
    try {
      return Optional.of(checked(all, now, purpose));
    } finally {
      Arrays.fill(all, (byte) 0);
    }
  }

  private static StateReader checked(byte[] all, Instant now, String purpose) {
    String format = new String(all, 0, FORMAT.length(), StandardCharsets.US_ASCII);
    if (!format.equals(FORMAT)) {
      throw new StateException("it is of another version, or of something else");
    }
    ByteBuffer head = ByteBuffer.wrap(all).position(FORMAT.length());
    if (head.getLong() != all.length - HEAD || head.getLong() != crc(all, HEAD, all.length)) {
      throw new StateException("it is malformed");
    }
    StateReader reader = new StateReader(Arrays.copyOfRange(all, HEAD, all.length));
    Instant written = reader.instant();
    if (!reader.text().equals(purpose)) {
      throw new StateException("it is for another plan, or of another version of Keyturn");
    }
    if (written.isAfter(now)) {
      throw new StateException("it is from before the machine was started");
    }
    return reader;
  }

  private static long crc(byte[] bytes, int from, int to) {
    CRC32 crc = new CRC32();
    crc.update(bytes, from, to - from);
    return crc.getValue();
  }

  /** Overwrites and removes the state, if there is one. */
  public void wipe() throws IOException {
    try (FileChannel channel =
        FileChannel.open(state, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      ByteBuffer zeros = ByteBuffer.allocate(8192);
      for (long left = channel.size(); left > 0; left -= zeros.limit()) {
        channel.write(zeros.clear().limit((int) Math.min(left, zeros.capacity())));
      }
    } catch (NoSuchFileException e) {
      // There is none.
    }
    for (String name : new String[] {"state", "state.new", "wake", "wake.new"}) {
      Files.deleteIfExists(directory.resolve(name));
    }
  }
}
