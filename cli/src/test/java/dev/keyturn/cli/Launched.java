package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** A process that a test has started; its standard output and error go to files. */
record Launched(Process process, Path outFile, Path errFile) {

  /** The project's root: tests run in the module's directory. */
  static final Path ROOT = Path.of("").toAbsolutePath().getParent();

  static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");

  static final Path AGENT = ROOT.resolve("javaagent/target/keyturn-javaagent.jar");

  /** No test waits longer; what it waits for takes a second on an idle machine. */
  private static final long PATIENCE_SECONDS = 60;

  /** The command that runs the packaged {@code keyturn}. */
  static List<String> keyturn(String... args) {
    Path jar = ROOT.resolve("cli/target/keyturn.jar");
    assertThat(jar).as("the packaged command: run mvn verify").exists();
    List<String> command = new ArrayList<>();
    command.addAll(List.of(JAVA.toString(), "-XX:TieredStopAtLevel=1", "-jar", jar.toString()));
    command.addAll(List.of(args));
    return command;
  }

  /** Starts a command whose output goes to new files in a directory. */
  static Launched start(Path directory, ProcessBuilder builder) throws IOException {
    Path out = Files.createTempFile(directory, "out", ".txt");
    Path err = Files.createTempFile(directory, "err", ".txt");
    return new Launched(
        builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start(), out, err);
  }

  int exitCode() throws InterruptedException {
    if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new AssertionError("still runs; out:\n" + out() + "\nerr:\n" + err());
    }
    return process.exitValue();
  }

  String out() {
    return text(outFile);
  }

  String err() {
    return text(errFile);
  }

  /** Waits for a line of the output that starts so, and returns the rest of it. */
  String awaitLine(String start) throws InterruptedException {
    await(
        () -> line(start) != null || !process.isAlive(),
        () -> "a line '" + start + "'; out:\n" + out() + "\nerr:\n" + err());
    String line = line(start);
    assertThat(line).as("line '%s' of:\n%s\n%s", start, out(), err()).isNotNull();
    return line;
  }

  private String line(String start) {
    try (Stream<String> lines = out().lines()) {
      return lines
          .filter(line -> line.startsWith(start))
          .map(line -> line.substring(start.length()))
          .findFirst()
          .orElse(null);
    }
  }

  /** Waits for something that is bound to happen. */
  static void await(BooleanSupplier condition, Supplier<String> what) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(deadline);
      Thread.sleep(20);
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
