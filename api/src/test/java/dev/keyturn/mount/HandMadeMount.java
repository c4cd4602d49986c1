package dev.keyturn.mount;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Stream;

/** A mount as docs/mount.md has it, made by hand: also broken ones, which no writer makes. */
public final class HandMadeMount {
  private final Path directory;
  private final List<Path> generations = new ArrayList<>();

  public HandMadeMount(Path directory) {
    this.directory = directory;
  }

  @SuppressWarnings("ArrayRecordComponent") // never compared
  public record File(String name, String format, byte[] content, Map<String, String> names) {
    public static File of(String name, String format, String content) {
      return new File(
          name, format, content.getBytes(StandardCharsets.UTF_8), new LinkedHashMap<>());
    }

    public File env(String variable, String key) {
      names.put("env." + variable, key);
      return this;
    }

    public File defaultEnv(String variable, String key) {
      names.put("default-env." + variable, key);
      return this;
    }

    public File property(String property, String key) {
      names.put("property." + property, key);
      return this;
    }

    public File standIn() {
      names.put("expose", "stand-in");
      return this;
    }

    public File hosts(String... hosts) {
      names.put("hosts", String.join(",", hosts));
      return this;
    }
  }

  public Path directory() {
    return directory;
  }

  /** The directory of the generation published last. */
  public Path generation() {
    return generations.getLast();
  }

  /** Publishes these files, as the writer does, and removes the generation before the last one. */
  public void publish(File... files) {
    Properties manifest = manifest(files);
    publish(manifest, files);
  }

  public Properties manifest(File... files) {
    Properties manifest = new Properties();
    manifest.setProperty("format", "1");
    manifest.setProperty(
        "generation", "2026-11-24T06-04-53Z.%08x".formatted(generations.size() + 1));
    manifest.setProperty("files", String.valueOf(files.length));
    for (int i = 0; i < files.length; i++) {
      String prefix = "file." + i + ".";
      manifest.setProperty(prefix + "name", files[i].name());
      manifest.setProperty(prefix + "reference", "file:/etc/" + files[i].name());
      manifest.setProperty(prefix + "version", String.valueOf(generations.size() + 1));
      manifest.setProperty(prefix + "fetched-at", "2026-11-24T06:04:53Z");
      manifest.setProperty(prefix + "format", files[i].format());
      files[i].names().forEach((name, key) -> manifest.setProperty(prefix + name, key));
    }
    return manifest;
  }

  public void publish(Properties manifest, File... files) {
    try {
      Path generation =
          Files.createDirectories(directory.resolve(".." + manifest.getProperty("generation")));
      for (File file : files) {
        Files.write(generation.resolve(file.name()), file.content());
      }
      try (var out = Files.newOutputStream(generation.resolve("..manifest"))) {
        manifest.store(out, null);
      }
      Path link = directory.resolve("..data.new");
      Files.createSymbolicLink(link, generation.getFileName());
      Files.move(link, directory.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
      generations.add(generation);
      if (generations.size() > 2) {
        remove(generations.get(generations.size() - 3));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void remove(Path generation) throws IOException {
    try (Stream<Path> files = Files.list(generation)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(generation);
  }
}
