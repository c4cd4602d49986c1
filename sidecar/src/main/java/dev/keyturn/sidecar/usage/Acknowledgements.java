package dev.keyturn.sidecar.usage;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;

/**
 * Reads what the Java agents of a pod's processes write: a directory for each container, which that
 * container alone can write to, and in it a file for each process, named by its number. Whoever
 * wrote there may mean harm: only regular files are opened, a few of them and the start of each,
 * and nothing is believed but a version of a secret that there is. Safe for use by several threads.
 */
final class Acknowledgements {
  /** The agent touches its file each minute: after three it is dead, or can't. */
  static final Duration MAX_AGE = Duration.ofMinutes(3);

  /** More than a pod has. */
  static final int MAX_CONTAINERS = 32;

  /** Of one container; who starts more JVMs at a time sees some of them. */
  static final int MAX_PROCESSES = 16;

  /** 1,000 secrets with short names. */
  static final int MAX_BYTES = 64 << 10;

  /** The longest that a source of ours gives is a time with nanoseconds. */
  private static final int MAX_VERSION = 64;

  private final Path directory;
  private final Set<String> secrets;

  /**
   * @param directory need not exist
   * @param secrets the names of those that there are
   */
  Acknowledgements(Path directory, Collection<String> secrets) {
    this.directory = directory;
    this.secrets = Set.copyOf(secrets);
  }

  /** Those of living processes, in no order. */
  List<Acknowledgement> read(Instant now) {
    List<Acknowledgement> all = new ArrayList<>();
    for (Path container : entries(directory, MAX_CONTAINERS)) {
      if (Files.isDirectory(container, LinkOption.NOFOLLOW_LINKS)) {
        for (Path process : entries(container, MAX_PROCESSES)) {
          read(container.getFileName().toString(), process, now).ifPresent(all::add);
        }
      }
    }
    return all;
  }

  /** At most so many, whatever is there. */
  private static List<Path> entries(Path directory, int atMost) {
    List<Path> entries = new ArrayList<>();
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path entry : stream) {
        if (entries.size() == atMost) {
          break;
        }
        // No draft, and no name that a log or a page would have to fear.
        if (isPlain(entry.getFileName().toString())) {
          entries.add(entry);
        }
      }
    } catch (IOException | DirectoryIteratorException e) {
      // Not there yet, or gone by now.
    }
    return entries;
  }

  private static boolean isPlain(String name) {
    boolean plain = name.length() <= 63;
    for (int i = 0; plain && i < name.length(); i++) {
      char c = name.charAt(i);
      plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    }
    return plain;
  }

  private Optional<Acknowledgement> read(String container, Path file, Instant now) {
    try {
      String name = file.getFileName().toString();
      int process = Integer.parseInt(name);
      var facts = Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      Instant written = facts.lastModifiedTime().toInstant();
      // Of 7 and 07 one counts: a scraper refuses a page that says a thing twice.
      if (process <= 0
          || !name.equals(Integer.toString(process))
          || !facts.isRegularFile()
          || facts.size() > MAX_BYTES
          || written.isBefore(now.minus(MAX_AGE))
          || written.isAfter(now.plus(MAX_AGE))) {
        return Optional.empty();
      }
      Properties said = new Properties();
      try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
        said.load(new ByteArrayInputStream(in.readNBytes(MAX_BYTES)));
      }
      return "1".equals(said.getProperty("format"))
          ? Optional.of(
              new Acknowledgement(
                  container,
                  process,
                  versions(said, ".version"),
                  versions(said, ".loaded"),
                  count(said, "failures"),
                  count(said, "leaks-blocked")))
          : Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private Map<String, String> versions(Properties said, String kind) {
    Map<String, String> versions = new TreeMap<>();
    for (String secret : secrets) {
      String version = said.getProperty("secret." + secret + kind, "");
      if (!version.isEmpty() && version.length() <= MAX_VERSION) {
        versions.put(secret, version);
      }
    }
    return versions;
  }

  private static long count(Properties said, String name) {
    String text = said.getProperty(name, "0");
    return Math.max(0, Long.parseLong(text));
  }
}
