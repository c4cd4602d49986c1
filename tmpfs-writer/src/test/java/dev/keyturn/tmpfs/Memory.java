package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.stream.Stream;

/** A directory of the test's own on the machine's tmpfs; gone when closed. */
record Memory(Path directory) implements AutoCloseable {

  static Memory create() throws IOException {
    Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "keyturn-test-");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    return new Memory(directory);
  }

  /** A directory inside, for anyone to enter. */
  Path directory(String name) throws IOException {
    Path inside = Files.createDirectory(directory.resolve(name));
    Files.setPosixFilePermissions(inside, PosixFilePermissions.fromString("rwxr-xr-x"));
    return inside;
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> paths = Files.walk(directory)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
