package dev.keyturn.cli;

import dev.keyturn.cli.Relay.Stopped;
import dev.keyturn.plan.AgentOptions;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.Problem;
import dev.keyturn.sidecar.SettingsException;
import dev.keyturn.sidecar.Sidecar;
import dev.keyturn.sidecar.SidecarConfig;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.File;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * {@code keyturn run}: a sidecar in this process, and beside it a command that finds its secrets in
 * a directory in memory for as long as it runs.
 */
@Command(
    name = "run",
    description = {
      "Runs a command with the secrets of a plan: as files in memory, kept current while it runs,"
          + " and gone when it ends.",
      "The command finds them in the directory $$KEYTURN_MOUNT; no value is in its environment."
    },
    customSynopsis = "keyturn run --plan FILE [OPTION...] -- CMD [ARG...]%n",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "*:the command's own; 128+N if signal N ended it",
      "2:the command line or the plan is wrong",
      "125:Keyturn failed before the command was started",
      "126:the command cannot be started",
      "127:the command is not found"
    })
final class RunCommand implements Callable<Integer> {

  /** Where a shell's convention for "ended by a signal" starts. */
  private static final int SIGNAL_BASE = 128;

  /** How often the wait for the secrets looks whether a signal has come. */
  private static final Duration LOOK = Duration.ofMillis(50);

  @Option(
      names = "--plan",
      required = true,
      paramLabel = "FILE",
      description = "What to fetch and how to publish it, in YAML or JSON.")
  private Path planFile;

  @Mixin private ProfileOptions profile;

  @Option(
      names = "--mount",
      paramLabel = "DIR",
      description =
          "Where to publish; on a tmpfs. Default: a new directory, only yours, under"
              + " $$XDG_RUNTIME_DIR or /dev/shm.")
  private @Nullable Path mountDirectory;

  @Option(
      names = "--java-agent",
      description = "JVMs that the command starts answer getenv with the secrets.")
  private boolean javaAgent;

  @Option(
      names = "--java-agent-options",
      paramLabel = "OPTIONS",
      defaultValue = "",
      description =
          "The agent's options window, retire, children, sinks and mask, with commas between:"
              + " retire=30s,sinks=jdbc.")
  private String agentOptions;

  @Option(
      names = "--agent-jar",
      paramLabel = "JAR",
      defaultValue = "${env:KEYTURN_AGENT_JAR}",
      description =
          "The Java agent. Default: $$KEYTURN_AGENT_JAR, else keyturn-javaagent.jar beside"
              + " keyturn.jar.")
  private @Nullable Path agentJar;

  @Option(
      names = "--endpoint",
      paramLabel = "ADDRESS",
      description = "Serve health and metrics at 127.0.0.1:PORT or unix:PATH. Default: nowhere.")
  private @Nullable String endpoint;

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "30",
      description =
          "How long to wait for every required secret, as long as waiting can help. Default:"
              + " ${DEFAULT-VALUE}.")
  private int waitSeconds;

  @Option(
      names = "--allow-disk",
      description = "Publish even where files can reach a disk, as on macOS.")
  private boolean allowDisk;

  @Option(
      names = "--quiet",
      description =
          "Print no audit line (one in JSON for each login, fetch and publication, on stderr).")
  private boolean quiet;

  @Parameters(
      arity = "1..*",
      paramLabel = "CMD",
      description = "The command and its arguments, after `--`.")
  private List<String> command;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  RunCommand() {}

  @Override
  public Integer call() throws InterruptedException {
    Plan plan = plan();
    if (!javaAgent && !agentOptions.isEmpty()) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE, "--java-agent-options is for the agent: add --java-agent.");
    }
    Optional<Path> agent = javaAgent ? Optional.of(agent()) : Optional.empty();
    DiskPolicy policy = allowDisk ? DiskPolicy.ALLOW : DiskPolicy.REFUSE;
    Relay relay = Relay.install();
    try (RunMount mount =
            mountDirectory == null
                ? RunMount.inMemory(policy)
                : RunMount.at(mountDirectory, policy);
        Acknowledgements said = Acknowledgements.make();
        Sidecar sidecar = start(plan, mount, said)) {
      awaitReady(sidecar, relay);
      return start(process(mount.directory(), agent, said), relay).waitFor();
    } catch (SettingsException e) {
      throw new CommandFailure(
          CommandFailure.NOT_STARTED, e.problems().stream().map(Problem::toString).toList());
    } catch (Stopped e) {
      return SIGNAL_BASE + e.signal();
    }
  }

  private Plan plan() {
    try {
      return PlanFile.read(planFile, profile.variables());
    } catch (PlanException e) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          e.problems().stream().map(problem -> planFile + ": " + problem).toList());
    }
  }

  private Path agent() {
    List<String> problems = AgentOptions.problems(agentOptions);
    if (!problems.isEmpty()) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          problems.stream().map(problem -> "--java-agent-options: " + problem).toList());
    }
    Path jar = agentJar == null ? besideThisJar() : agentJar.toAbsolutePath();
    if (!Files.isRegularFile(jar)) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          "there is no Java agent at " + jar + ": name it with --agent-jar JAR.");
    }
    return jar;
  }

  private static Path besideThisJar() {
    try {
      Path code =
          Path.of(RunCommand.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return code.resolveSibling("keyturn-javaagent.jar");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private Sidecar start(Plan plan, RunMount mount, Acknowledgements said) {
    return Sidecar.start(
        new SidecarConfig(
            plan,
            planFile.toAbsolutePath().resolveSibling(""),
            List.of(new MountTarget(mount.directory(), List.of())),
            Optional.ofNullable(endpoint),
            allowDisk,
            Workload.NONE,
            Optional.empty(),
            Optional.of(said.directory()),
            Optional.empty(),
            Optional.empty()),
        quiet ? OutputStream.nullOutputStream() : new FileOutputStream(FileDescriptor.err));
  }

  private void awaitReady(Sidecar sidecar, Relay relay) throws InterruptedException, Stopped {
    long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
    while (!sidecar.awaitReady(LOOK)) {
      relay.check();
      boolean stuck = sidecar.isStuck();
      if (stuck || System.nanoTime() - deadline >= 0) {
        List<String> lines = new ArrayList<>();
        lines.add(
            stuck
                ? "not started: a required secret is missing, and waiting does not bring it."
                : "not started: a required secret is missing after " + waitSeconds + " s.");
        sidecar.troubles().forEach(trouble -> lines.add(trouble.toString()));
        throw new CommandFailure(CommandFailure.NOT_STARTED, lines);
      }
    }
  }

  private ProcessBuilder process(Path mount, Optional<Path> agent, Acknowledgements said) {
    ProcessBuilder process = new ProcessBuilder(command).inheritIO();
    Map<String, String> environment = process.environment();
    environment.put("KEYTURN_MOUNT", mount.toString());
    environment.put("KEYTURN_ACKNOWLEDGE", said.ofCommand().toString());
    agent.ifPresent(
        jar -> environment.merge("JAVA_TOOL_OPTIONS", agentOption(jar), (a, b) -> a + " " + b));
    return process;
  }

  /** The JVM splits the variable at blanks, except between quotes. */
  private String agentOption(Path jar) {
    String option = "-javaagent:" + jar + (agentOptions.isEmpty() ? "" : "=" + agentOptions);
    return option.chars().anyMatch(Character::isWhitespace) ? '"' + option + '"' : option;
  }

  private Process start(ProcessBuilder process, Relay relay) throws Stopped {
    try {
      return relay.start(process);
    } catch (IOException e) {
      boolean found = isFound(command.getFirst());
      throw new CommandFailure(
          found ? CommandFailure.CANNOT_EXECUTE : CommandFailure.NOT_FOUND,
          found
              ? "cannot start " + command.getFirst() + ": " + e.getMessage()
              : "there is no command " + command.getFirst() + ": check its name and PATH.");
    }
  }

  private static boolean isFound(String name) {
    if (name.contains("/")) {
      return Files.exists(Path.of(name));
    }
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.of(path.split(File.pathSeparator))
        .anyMatch(directory -> Files.exists(Path.of(directory, name)));
  }
}
