package dev.keyturn.sidecar;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.Callable;
import java.util.stream.Stream;

/** A directory in memory for one test, and waiting for what appears in it. */
public final class Memory implements AutoCloseable {
  private final Path directory;

  public Memory() throws IOException {
    directory = Files.createTempDirectory(Path.of("/dev/shm"), "keyturn-test");
  }

  public Path directory() {
    return directory;
  }

  public String read(String name) throws IOException {
    return Files.readString(directory.resolve(name));
  }

  /** Waits, at most 10 s, until it is so. */
  public static void await(String what, Callable<Boolean> condition) throws Exception {
    await(what, Duration.ofSeconds(10), condition);
  }

  /** Waits until it is so. */
  public static void await(String what, Duration atMost, Callable<Boolean> condition)
      throws Exception {
    long deadline = System.nanoTime() + atMost.toNanos();
    while (!condition.call()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("not within " + atMost.toSeconds() + " s: " + what);
      }
      Thread.sleep(10);
    }
  }

  @Override
  public void close() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder())
          .forEach(
              path -> {
                try {
                  Files.delete(path);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
    }
  }
}
