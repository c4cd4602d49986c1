package dev.keyturn.agenttests;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import org.jspecify.annotations.Nullable;

/**
 * One of src/test/apps in a JVM of its own with the packaged agent and a mount, that does what it
 * is told, line by line (see App.java there).
 */
public final class Application implements AutoCloseable {
  private static final Path APPS = Path.of("src/test/apps").toAbsolutePath();
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Process process;
  private final Path scratch;
  private final Path out;
  private final Path err;
  private final BufferedWriter commands;
  private final HandMadeMount mount;
  private int answers;
  private int generations;

  private Application(Process process, Path scratch, Path out, Path err, HandMadeMount mount) {
    this.process = process;
    this.scratch = scratch;
    this.out = out;
    this.err = err;
    this.mount = mount;
    this.commands = new BufferedWriter(process.outputWriter(StandardCharsets.UTF_8));
  }

  /** Which application, and how it is started. */
  public static final class Builder {
    private final String source;
    private Jvm jvm = Jvm.own();
    private String libraries = "";
    private String agentOptions = "";
    private final List<String> moreSources = new ArrayList<>();
    private final List<String> jvmOptionsBefore = new ArrayList<>();
    private final List<String> jvmOptions = new ArrayList<>();
    private @Nullable Path jar;
    private boolean withAgent = true;
    private boolean switchedOff;
    private final List<String> arguments = new ArrayList<>();
    private final Map<String, String> environment = new LinkedHashMap<>();
    private boolean childLoader;
    private boolean module;

    private Builder(String source) {
      this.source = source;
    }

    public Builder jvm(Jvm one) {
      jvm = one;
      return this;
    }

    /** More sources of src/test/apps. */
    public Builder and(String... more) {
      moreSources.addAll(List.of(more));
      return this;
    }

    /** The libraries on its class path, by artifact id. */
    public Builder with(String... artifacts) {
      libraries = Libraries.classPath(artifacts);
      return this;
    }

    /** More options of the agent: {@code retire=1s,mask=off}. */
    public Builder agentOptions(String options) {
      agentOptions = "," + options;
      return this;
    }

    public Builder jvmOptions(String... options) {
      return jvmOptions(List.of(options));
    }

    public Builder jvmOptions(List<String> options) {
      jvmOptions.addAll(options);
      return this;
    }

    /** Options that come before the agent. */
    public Builder jvmOptionsBefore(List<String> options) {
      jvmOptionsBefore.addAll(options);
      return this;
    }

    public Builder withoutAgent() {
      withAgent = false;
      return this;
    }

    /** The agent is there and does nothing, as when an archive is recorded. */
    public Builder switchedOff() {
      switchedOff = true;
      return this;
    }

    /** Where the application's jar is made, unless it is there already. */
    public Builder jarAt(Path file) {
      jar = file;
      return this;
    }

    public Builder arguments(String... all) {
      arguments.addAll(List.of(all));
      return this;
    }

    public Builder environment(String name, String value) {
      environment.put(name, value);
      return this;
    }

    /**
     * Application and libraries are in a class loader of their own, as in an application server.
     */
    public Builder inChildLoader() {
      childLoader = true;
      return this;
    }

    /**
     * The libraries are modules, named or automatic ones, and the application is on the class path.
     */
    public Builder withModules() {
      module = true;
      return this;
    }

    /** Publishes the secrets, starts it, and waits until it takes commands. */
    public Application start(Path directory, File... secrets) throws Exception {
      Path scratch = Files.createTempDirectory(directory, "app");
      // A jar, since an archive of classes takes nothing from a directory.
      Path jar = this.jar == null ? scratch.resolve("app.jar") : this.jar;
      Path classes = Files.createDirectory(scratch.resolve("classes"));
      String main = source.substring(source.lastIndexOf('/') + 1);
      if (!Files.exists(jar)) {
        List<Path> sources = new ArrayList<>();
        sources.add(APPS.resolve("App.java"));
        sources.add(APPS.resolve(source + ".java"));
        moreSources.forEach(one -> sources.add(APPS.resolve(one + ".java")));
        Jvm.compile(jvm.release(), sources, libraries, classes);
        ToolProvider.findFirst("jar")
            .orElseThrow()
            .run(System.out, System.err, "cf", jar.toString(), "-C", classes.toString(), ".");
      }
      HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
      List<String> command = new ArrayList<>();
      command.addAll(jvmOptionsBefore);
      if (withAgent) {
        command.add(
            switchedOff
                ? "-javaagent:" + Jvm.AGENT + "=off"
                : Jvm.agent(mount.directory()) + agentOptions);
      }
      command.add("-XX:TieredStopAtLevel=1");
      command.addAll(jvmOptions);
      String path = libraries.isEmpty() ? jar.toString() : jar + ":" + libraries;
      if (childLoader) {
        // Only the one class that makes the loader is on the class path.
        Path launcher = Files.createDirectory(scratch.resolve("launcher"));
        Jvm.compile(jvm.release(), List.of(APPS.resolve("InChildLoader.java")), "", launcher);
        command.addAll(List.of("-cp", launcher.toString(), "InChildLoader", path, main));
      } else if (module) {
        command.addAll(
            List.of(
                "-p", libraries, "--add-modules", "ALL-MODULE-PATH", "-cp", jar.toString(), main));
      } else {
        command.addAll(List.of("-cp", path, main));
      }
      command.addAll(arguments);
      Path out = scratch.resolve("out");
      Path err = scratch.resolve("err");
      command.addFirst(jvm.home().resolve("bin/java").toString());
      ProcessBuilder builder =
          new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
      builder.environment().clear();
      builder.environment().putAll(environment);
      mount.publish(withTick(secrets, 1));
      Application application = new Application(builder.start(), scratch, out, err, mount);
      application.generations = 1;
      application.awaitAnswer();
      return application;
    }
  }

  /** A source below src/test/apps, without its ending: {@code jdbc/HikariApp}. */
  public static Builder of(String source) {
    return new Builder(source);
  }

  private static File[] withTick(File[] secrets, int generation) {
    File[] all = Arrays.copyOf(secrets, secrets.length + 1);
    all[secrets.length] = File.of("tick", "raw", String.valueOf(generation)).property("tick", "");
    return all;
  }

  /** Publishes other versions and returns when the agent serves them. */
  public void rotate(File... secrets) throws Exception {
    generations++;
    mount.publish(withTick(secrets, generations));
    await("property tick", String.valueOf(generations));
  }

  /** Repeats a command until that is the answer. */
  public void await(String command, String expected) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    String answer = ask(command);
    while (!answer.equals(expected) && System.nanoTime() < end) {
      Thread.sleep(50);
      answer = ask(command);
    }
    assertThat(answer).as("%s, after a while", command).isEqualTo(expected);
  }

  /** What it answers to a command that succeeds. */
  public String ask(String command) throws Exception {
    String answer = tell(command);
    assertThat(answer).as("%s; stderr: %s", command, err()).startsWith("ok ");
    return answer.substring("ok ".length());
  }

  /** What it answers: {@code ok ...}, or {@code failed} with the exceptions. */
  public String tell(String command) throws Exception {
    commands.write(command + "\n");
    commands.flush();
    return awaitAnswer();
  }

  private String awaitAnswer() throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      List<String> lines =
          Files.readAllLines(out).stream().filter(line -> line.startsWith("> ")).toList();
      // The last line may not be whole yet.
      if (lines.size() > answers && Files.readString(out).endsWith("\n")) {
        return lines.get(answers++).substring(2);
      }
      if (!process.isAlive()) {
        break;
      }
      Thread.sleep(10);
    }
    throw new AssertionError("no answer; stdout: " + out() + "; stderr: " + err());
  }

  public HandMadeMount mount() {
    return mount;
  }

  public Process process() {
    return process;
  }

  public String out() throws IOException {
    return Files.readString(out);
  }

  /** But for the line on values that are too short to be masked, such as our ticks. */
  public String err() throws IOException {
    return Files.readString(err).replaceFirst("keyturn: not masked in logs, .*\n", "");
  }

  /** Which of the values are somewhere on its heap, among what is alive. */
  public List<String> onHeap(String... values) throws Exception {
    Path dump = scratch.resolve("heap.hprof");
    Files.deleteIfExists(dump);
    ask("dump " + dump);
    try {
      byte[] heap = Files.readAllBytes(dump);
      return Arrays.stream(values).filter(value -> HeapDump.holds(heap, value)).toList();
    } finally {
      Files.delete(dump);
    }
  }

  /** Ends it as it would end by itself, and waits. */
  public void end() throws Exception {
    commands.close();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    assertThat(process.exitValue()).as(err()).isZero();
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    try {
      process.waitFor(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
