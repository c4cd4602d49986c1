package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * A directory whose files are the fields of one secret, by their names: a volume of Kubernetes or
 * of its Secrets Store CSI driver, or any other. Hidden files and directories are no fields. Where
 * a {@code ..data} link says which generation is there, as in those volumes, it names the version
 * and no two generations are mixed.
 */
public final class DirectorySource implements SecretSource {
  /** More than any volume of secrets has. */
  private static final int MAX_FILES = 1000;

  private static final int MAX_ROUNDS = 50;

  private final Reference reference;
  private final Path directory;
  private Optional<String> seen = Optional.empty();

  /**
   * Reads nothing yet.
   *
   * @param reference for errors
   */
  public DirectorySource(Reference reference, Path directory) {
    this.reference = reference;
    this.directory = directory;
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    try {
      for (int round = 0; round < MAX_ROUNDS; round++) {
        Optional<String> before = state();
        seen = before;
        if (generation().isEmpty()) {
          // So that a plain write is not read between its truncation and its content.
          Thread.sleep(FileSource.SETTLE);
        }
        Version version = new Version(generation(), fields(), Optional.empty());
        if (before.equals(state())) {
          return version;
        }
        version.close();
      }
      throw FetchException.temporary(
          "%s: %s keeps changing; swap a directory by a symbolic link"
              .formatted(reference, directory),
          null);
    } catch (NotDirectoryException e) {
      throw FetchException.permanent(
          "%s: %s is not a directory: drop ?format=directory".formatted(reference, directory));
    } catch (IOException e) {
      seen = Optional.empty();
      throw FileSource.unreadable(reference, directory, e);
    }
  }

  private SortedMap<String, Field> fields() throws IOException, FetchException {
    SortedMap<String, Field> fields = new TreeMap<>();
    boolean whole = false;
    try {
      long bytes = 0;
      for (Path file : files()) {
        bytes += Files.size(file);
        if (bytes > FileSource.MAX_BYTES) {
          throw FetchException.permanent(
              "%s: the files of %s have more than %d bytes together"
                  .formatted(reference, directory, FileSource.MAX_BYTES));
        }
        fields.put(file.getFileName().toString(), Field.of(Files.readAllBytes(file)));
      }
      whole = true;
      return fields;
    } finally {
      if (!whole) {
        fields.values().forEach(field -> field.value().close());
      }
    }
  }

  private List<Path> files() throws IOException, FetchException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        if (!entry.getFileName().toString().startsWith(".") && Files.isRegularFile(entry)) {
          files.add(entry);
          if (files.size() > MAX_FILES) {
            throw FetchException.permanent(
                "%s: %s has more than %d files".formatted(reference, directory, MAX_FILES));
          }
        }
      }
    }
    return files;
  }

  /** The name of the generation; empty where there are no such. */
  private Optional<String> generation() {
    try {
      return Optional.of(
          Files.readSymbolicLink(directory.resolve("..data")).getFileName().toString());
    } catch (IOException | UnsupportedOperationException e) {
      return Optional.empty();
    }
  }

  /** What changes when a field does: the generation, else names, times and sizes. */
  private Optional<String> state() throws IOException, FetchException {
    Optional<String> generation = generation();
    if (generation.isPresent()) {
      return generation;
    }
    List<String> parts = new ArrayList<>();
    for (Path file : files()) {
      parts.add(
          file.getFileName() + " " + Files.getLastModifiedTime(file) + " " + Files.size(file));
    }
    String[] sorted = parts.toArray(new String[0]);
    Arrays.sort(sorted);
    return Optional.of(String.join("\n", sorted));
  }

  /** Whether it is as it was when it was last read, as far as can be told. */
  public boolean isSame() {
    try {
      return state().equals(seen);
    } catch (IOException | FetchException e) {
      return false;
    }
  }

  /** Nothing is read where nothing was written. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    return isSame() ? Optional.empty() : Optional.of(fetch());
  }

  @Override
  public boolean watches() {
    return true;
  }

  /** Returns as soon as the directory is no longer what was read last. */
  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    Duration left = atMost;
    do {
      if (left.isPositive()) {
        Thread.sleep(left.compareTo(FileSource.LOOK) < 0 ? left : FileSource.LOOK);
      }
      Optional<String> now;
      try {
        now = state();
      } catch (IOException | FetchException e) {
        now = seen;
      }
      if (!now.equals(seen)) {
        return Optional.of(Wake.CHANGED);
      }
      left = left.minus(FileSource.LOOK);
    } while (left.isPositive());
    return Optional.empty();
  }
}
