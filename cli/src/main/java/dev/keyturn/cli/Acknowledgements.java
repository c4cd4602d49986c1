package dev.keyturn.cli;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The directory in which the JVMs of one {@code keyturn run} say which versions they use: only its
 * owner enters it, no value is in it, and it is gone after {@link #close}.
 */
record Acknowledgements(Path directory) implements AutoCloseable {

  /**
   * Makes it, with one for the command in it.
   *
   * @throws CommandFailure if that can't be done
   */
  static Acknowledgements make() {
    try {
      var made = new Acknowledgements(Files.createTempDirectory("keyturn-acknowledge-"));
      Files.createDirectory(made.ofCommand());
      return made;
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.NOT_STARTED,
          "cannot make a directory for what JVMs say of themselves: " + e + ".");
    }
  }

  /** As if the command was a container: the sidecar knows no other processes. */
  Path ofCommand() {
    return directory.resolve("command");
  }

  @Override
  public void close() {
    try {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(ofCommand())) {
        for (Path file : files) {
          Files.deleteIfExists(file);
        }
      }
      Files.deleteIfExists(ofCommand());
      Files.deleteIfExists(directory);
    } catch (IOException e) {
      // A JVM that outlives the command may still write; nothing in it is a secret.
    }
  }
}
