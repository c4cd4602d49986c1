package dev.keyturn.agenttests.applications;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** An example of this repository, packaged by its own build, as its user would. */
record Example(Path directory) {
  static Example of(String name) {
    return new Example(Path.of("../examples").resolve(name).toAbsolutePath().normalize());
  }

  /** Its jar, made anew if a source is newer. */
  Path jar(String name) throws IOException, InterruptedException {
    Path jar = directory.resolve("target").resolve(name);
    if (!Files.exists(jar) || isNewer(jar)) {
      Path log = Files.createTempFile("keyturn-example", ".log");
      int exit =
          new ProcessBuilder("mvn", "-q", "-B", "-ntp", "-DskipTests", "package")
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(log.toFile())
              .start()
              .waitFor();
      assertThat(exit).as("mvn package in %s: %s", directory, Files.readString(log)).isZero();
      Files.delete(log);
    }
    return jar;
  }

  private boolean isNewer(Path jar) throws IOException {
    long made = Files.getLastModifiedTime(jar).toMillis();
    try (Stream<Path> sources = Files.walk(directory.resolve("src"))) {
      List<Path> all = Stream.concat(sources, Stream.of(directory.resolve("pom.xml"))).toList();
      for (Path source : all) {
        if (Files.getLastModifiedTime(source).toMillis() > made) {
          return true;
        }
      }
    }
    return false;
  }
}
