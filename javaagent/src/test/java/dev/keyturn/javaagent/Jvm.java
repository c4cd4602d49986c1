package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.tools.ToolProvider;

/** A JVM of some release, to run programs in with the packaged agent. */
public record Jvm(int release, Path home) {
  private static final Path MODULE = Path.of("").toAbsolutePath().resolveSibling("javaagent");
  public static final Path AGENT = MODULE.resolve("target/keyturn-javaagent.jar");
  public static final Path API = MODULE.resolve("../api/target/keyturn-api.jar").normalize();
  private static final Path APPS = MODULE.resolve("src/test/apps");

  /** Every release that is promised. */
  public static List<Jvm> all() {
    String configured = System.getProperty("KEYTURN_TOOLS", System.getenv("KEYTURN_TOOLS"));
    Path tools = configured == null ? MODULE.resolve("../.tools") : Path.of(configured);
    List<Jvm> jvms = new ArrayList<>();
    for (int release : new int[] {8, 11, 17, 21}) {
      Path home = tools.resolve("jre/" + release);
      assertThat(home.resolve("bin/java")).as("JVM %d: run bin/tools", release).exists();
      jvms.add(new Jvm(release, home));
    }
    jvms.add(own());
    return jvms;
  }

  public static List<Jvm> withModules() {
    return all().stream().filter(jvm -> jvm.release > 8).toList();
  }

  public static List<Jvm> oldestAndNewest() {
    return List.of(all().getFirst(), all().getLast());
  }

  public static Jvm own() {
    return new Jvm(Runtime.version().feature(), Path.of(System.getProperty("java.home")));
  }

  @Override
  public String toString() {
    return "Java " + release;
  }

  /** How a program ended, or what it has printed so far. */
  record Run(int exit, String out, String err) {
    List<String> outLines() {
      return out.lines().toList();
    }

    List<String> errLines() {
      return err.lines().toList();
    }
  }

  public static String agent(Path mount) {
    return "-javaagent:" + AGENT + "=mount=" + mount;
  }

  /** Compiles src/test/apps/SOURCE for Java 8, or for 9 if it is a directory: a module. */
  static Path compile(String source, Path classes) throws IOException {
    return compile(APPS.resolve(source), classes);
  }

  static Path compile(Path source, Path classes) throws IOException {
    try (Stream<Path> files = Files.walk(source)) {
      return compile(
          Files.isDirectory(source) ? 9 : 8,
          files.filter(file -> file.toString().endsWith(".java")).toList(),
          API.toString(),
          classes);
    }
  }

  /** Compiles sources for a release, with a class path. */
  public static Path compile(int release, List<Path> sources, String classPath, Path classes) {
    List<String> arguments =
        new ArrayList<>(List.of("-d", classes.toString(), "-encoding", "UTF-8", "-nowarn"));
    arguments.addAll(List.of("-Xlint:none", "-proc:none", "--release", String.valueOf(release)));
    if (!classPath.isEmpty()) {
      arguments.addAll(List.of("-cp", classPath));
    }
    sources.forEach(source -> arguments.add(source.toString()));
    assertThat(
            ToolProvider.getSystemJavaCompiler()
                .run(null, null, null, arguments.toArray(String[]::new)))
        .as("compiling %s", sources)
        .isZero();
    return classes;
  }

  /** Runs to its end, with exactly these variables. */
  Run run(Path scratch, Map<String, String> environment, List<String> arguments)
      throws IOException, InterruptedException {
    Started started = start(scratch, environment, arguments);
    assertThat(started.process.waitFor(60, TimeUnit.SECONDS)).as("%s ends", this).isTrue();
    return started.now();
  }

  Run run(Path scratch, String... arguments) throws IOException, InterruptedException {
    return run(scratch, Map.of(), List.of(arguments));
  }

  Started start(Path scratch, Map<String, String> environment, List<String> arguments)
      throws IOException {
    Path out = Files.createTempFile(scratch, "out", "");
    Path err = Files.createTempFile(scratch, "err", "");
    List<String> command = new ArrayList<>(List.of(home.resolve("bin/java").toString()));
    command.addAll(arguments);
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().putAll(environment);
    return new Started(
        builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
  }

  /** A program that runs; close it. */
  record Started(Process process, Path out, Path err) implements AutoCloseable {
    Run now() throws IOException {
      return new Run(
          process.isAlive() ? -1 : process.exitValue(),
          Files.readString(out),
          Files.readString(err));
    }

    /** Waits until it has printed that line. */
    void await(String line) throws IOException, InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      while (!now().outLines().contains(line) && System.nanoTime() < end) {
        Thread.sleep(50);
      }
      assertThat(now().outLines()).contains(line);
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
