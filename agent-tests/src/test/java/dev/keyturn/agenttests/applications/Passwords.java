package dev.keyturn.agenttests.applications;

import dev.keyturn.sidecar.Memory;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Properties;
import java.util.Set;

/** All passwords that a file has held since this was made: it is read ten times a second. */
final class Passwords implements AutoCloseable {
  private final Path file;
  private final Set<String> seen = new LinkedHashSet<>();
  private final Thread thread;

  private Passwords(Path file) {
    this.file = file;
    this.thread = Thread.ofPlatform().daemon().start(this::watch);
  }

  /** Of a file in the format {@code properties}. */
  static Passwords in(Path file) {
    Passwords passwords = new Passwords(file);
    passwords.look();
    return passwords;
  }

  private void watch() {
    try {
      while (true) {
        look();
        Thread.sleep(100);
      }
    } catch (InterruptedException e) {
      // The end.
    }
  }

  private synchronized void look() {
    Properties secret = new Properties();
    try (Reader in = Files.newBufferedReader(file)) {
      secret.load(in);
      seen.add(secret.getProperty("password"));
    } catch (NoSuchFileException e) {
      // Between two generations: the next look finds it.
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits for another one. */
  void awaitNext() throws Exception {
    int before = seen().size();
    Memory.await("another password", Duration.ofMinutes(1), () -> seen().size() > before);
  }

  synchronized Set<String> seen() {
    return new LinkedHashSet<>(seen);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
