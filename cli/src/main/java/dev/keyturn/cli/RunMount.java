package dev.keyturn.cli;

import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The directory that one {@code keyturn run} publishes in: only its owner enters it, and after
 * {@link #close} it is empty or gone.
 */
final class RunMount implements AutoCloseable {

  /** {@code keyturn-PID-RANDOM}: the process id tells what a killed run has left behind. */
  private static final Pattern NAME = Pattern.compile("keyturn-([1-9][0-9]{0,9})-[0-9]+");

  private static final FileAttribute<Set<PosixFilePermission>> OWNER_ONLY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path directory;
  private final DiskPolicy policy;
  private final boolean madeHere;

  private RunMount(Path directory, DiskPolicy policy, boolean madeHere) {
    this.directory = directory;
    this.policy = policy;
    this.madeHere = madeHere;
  }

  /**
   * A new directory in memory, under {@code $XDG_RUNTIME_DIR} or {@code /dev/shm}; where neither is
   * a tmpfs and a disk is allowed, under {@code java.io.tmpdir}. Clears what killed runs have left
   * there.
   *
   * @throws CommandFailure if there is no place for it
   */
  static RunMount inMemory(DiskPolicy policy) {
    Path parent =
        Stream.of(Optional.ofNullable(System.getenv("XDG_RUNTIME_DIR")), Optional.of("/dev/shm"))
            .flatMap(Optional::stream)
            .map(Path::of)
            .filter(RunMount::isWritableMemory)
            .findFirst()
            .or(
                () ->
                    policy == DiskPolicy.ALLOW
                        ? Optional.of(Path.of(System.getProperty("java.io.tmpdir")))
                        : Optional.empty())
            .orElseThrow(
                () ->
                    new CommandFailure(
                        CommandFailure.NOT_STARTED,
                        "found no place in memory: neither $XDG_RUNTIME_DIR nor /dev/shm is a"
                            + " writable tmpfs here. Name one with --mount DIR, or let secrets"
                            + " reach a disk with --allow-disk."));
    clearLeftovers(parent, policy);
    try {
      String prefix = "keyturn-" + ProcessHandle.current().pid() + "-";
      return new RunMount(Files.createTempDirectory(parent, prefix, OWNER_ONLY), policy, true);
    } catch (IOException e) {
      throw cannotMake(parent, e);
    }
  }

  /**
   * The directory that the user names, made if it isn't there.
   *
   * @throws CommandFailure if it can't be made
   */
  static RunMount at(Path directory, DiskPolicy policy) {
    Path absolute = directory.toAbsolutePath().normalize();
    try {
      Files.createDirectory(absolute, OWNER_ONLY);
      return new RunMount(absolute, policy, true);
    } catch (FileAlreadyExistsException e) {
      return new RunMount(absolute, policy, false);
    } catch (IOException e) {
      throw cannotMake(absolute, e);
    }
  }

  Path directory() {
    return directory;
  }

  /**
   * Removes every published file, and the directory if it was made here; says on standard error if
   * a secret is left. The sidecar must have let go of it before.
   */
  @Override
  public void close() {
    try {
      clear(directory, policy);
      if (madeHere) {
        remove(directory);
      }
    } catch (IOException e) {
      System.err.println("keyturn: secrets are left in " + directory + ": " + e.getMessage());
    }
  }

  private static void clear(Path directory, DiskPolicy policy) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      if (entries.findAny().isEmpty()) {
        return;
      }
    }
    try (Mount mount = Mount.open(directory, policy)) {
      mount.clear();
    }
  }

  private static void remove(Path directory) {
    try {
      Files.deleteIfExists(directory.resolve("..lock"));
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // Somebody has put files of their own there, which stay; every secret is gone.
    }
  }

  private static boolean isWritableMemory(Path directory) {
    try {
      String type = Files.getFileStore(directory).type();
      return (type.equals("tmpfs") || type.equals("ramfs")) && Files.isWritable(directory);
    } catch (IOException e) {
      return false;
    }
  }

  private static void clearLeftovers(Path parent, DiskPolicy policy) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(parent, "keyturn-*")) {
      for (Path entry : entries) {
        Matcher name = NAME.matcher(entry.getFileName().toString());
        if (name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty()) {
          clearLeftover(entry, policy);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Housekeeping: whether this run can go on shows when its own directory is made.
    }
  }

  private static void clearLeftover(Path directory, DiskPolicy policy) {
    try {
      clear(directory, policy);
      remove(directory);
    } catch (IOException e) {
      // Another user's, or still held by a writer in another PID namespace.
    }
  }

  private static CommandFailure cannotMake(Path directory, IOException why) {
    return new CommandFailure(
        CommandFailure.NOT_STARTED,
        "cannot make a directory for the secrets at " + directory + ": " + why + ".");
  }
}
