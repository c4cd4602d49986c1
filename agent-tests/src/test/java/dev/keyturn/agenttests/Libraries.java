package dev.keyturn.agenttests;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The libraries of this module's tests, by artifact id, for the class paths of their JVMs. */
public final class Libraries {
  private static final List<Path> ALL = all();

  private Libraries() {}

  /** As the build wrote them: this JVM's own class path has not all of them. */
  private static List<Path> all() {
    try {
      return Pattern.compile(File.pathSeparator)
          .splitAsStream(Files.readString(Path.of("target/classpath")).strip())
          .map(Path::of)
          .filter(Files::isRegularFile)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * A class path with these, in this order. What they need is to be named, too. Where two groups
   * have such an artifact, {@code NAME:2} is the one whose version starts so.
   */
  public static String classPath(String... artifacts) {
    return String.join(File.pathSeparator, jars(artifacts).stream().map(Path::toString).toList());
  }

  public static List<Path> jars(String... artifacts) {
    List<Path> jars = new ArrayList<>();
    for (String artifact : artifacts) {
      int colon = artifact.indexOf(':');
      String start =
          colon < 0
              ? Pattern.quote(artifact) + "-\\d"
              : Pattern.quote(artifact.replace(':', '-') + ".");
      Pattern name = Pattern.compile(start + "[^/]*\\.jar");
      List<Path> found =
          ALL.stream().filter(jar -> name.matcher(jar.getFileName().toString()).matches()).toList();
      if (found.size() != 1) {
        throw new IllegalArgumentException(
            "artifact " + artifact + " is " + found + ": name one of agent-tests/pom.xml");
      }
      jars.add(found.getFirst());
    }
    return jars;
  }
}
