package dev.keyturn.sidecar.usage;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Which version of each secret the readers of a mount see: what its manifest says, which is of the
 * time when these bytes were published first. Safe for use by several threads.
 */
final class PublishedVersions {
  private final Path directory;
  private @Nullable Path generation;
  private Map<String, String> versions = Map.of();

  PublishedVersions(Path directory) {
    this.directory = directory;
  }

  /** By secret, in the order of the manifest; empty before the first publication. */
  synchronized Map<String, String> current() {
    try {
      Path now = Files.readSymbolicLink(directory.resolve("..data"));
      if (!now.equals(generation)) {
        versions = read(directory.resolve(now).resolve("..manifest"));
        generation = now;
      }
    } catch (IOException e) {
      // Nothing is published, or two generations have passed meanwhile: the next look sees more.
    }
    return versions;
  }

  private static Map<String, String> read(Path file) throws IOException {
    Properties manifest = new Properties();
    try (InputStream in = Files.newInputStream(file)) {
      manifest.load(in);
    }
    Map<String, String> versions = new LinkedHashMap<>();
    for (int n = 0; manifest.containsKey("file." + n + ".name"); n++) {
      versions.put(
          manifest.getProperty("file." + n + ".name"),
          manifest.getProperty("file." + n + ".version", ""));
    }
    return versions;
  }
}
