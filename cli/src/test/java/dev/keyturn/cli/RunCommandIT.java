package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The packaged command with real children. */
class RunCommandIT {

  private final String canary = canary();
  private final List<Launched> launched = new ArrayList<>();
  @TempDir private Path directory;
  private Path plan;

  @BeforeEach
  void aPlanWithOneSecretInAFile() throws IOException {
    plan =
        Files.writeString(directory.resolve("plan.yaml"), "secrets: {db-password: 'file:source'}");
    write(canary);
  }

  @AfterEach
  void nothingRunsOn() {
    launched.forEach(command -> command.process().destroyForcibly());
  }

  @Test
  void the_exit_code_is_the_commands_own() throws Exception {
    assertThat(run("sh", "-c", "exit 7").exitCode()).isEqualTo(7);
    assertThat(run("true").exitCode()).isZero();
  }

  @Test
  void a_command_that_a_signal_ends_gives_128_and_the_signal() throws Exception {
    assertThat(run("sh", "-c", "kill -9 $$").exitCode()).isEqualTo(137);
  }

  @Test
  void the_command_finds_the_secret_in_a_private_directory_that_is_gone_after_it()
      throws Exception {
    Launched command =
        run(
            "sh",
            "-c",
            "ls -ld $KEYTURN_MOUNT; cat $KEYTURN_MOUNT/db-password; echo; echo $KEYTURN_MOUNT");

    assertThat(command.exitCode()).isZero();

    List<String> lines = command.out().lines().toList();
    assertThat(lines.get(0)).startsWith("drwx------");
    assertThat(lines.get(1)).isEqualTo(canary);
    assertThat(Path.of(lines.get(2))).doesNotExist();
    assertThat(Path.of(lines.get(2)).getParent()).exists();
  }

  @Test
  void a_named_directory_stays_and_is_empty_after_the_command() throws Exception {
    Path mount = Files.createTempDirectory(Path.of("/dev/shm"), "keyturn-test-");
    try {
      Launched command =
          start(
              "run",
              "--plan",
              plan.toString(),
              "--mount",
              mount.toString(),
              "--",
              "cat",
              mount + "/db-password");

      assertThat(command.exitCode()).isZero();
      assertThat(command.out()).isEqualTo(canary);
      assertThat(entries(mount)).allMatch(name -> name.equals("..lock"));
    } finally {
      Files.deleteIfExists(mount.resolve("..lock"));
      Files.delete(mount);
    }
  }

  @Test
  void the_value_is_in_no_environment_command_line_or_log() throws Exception {
    Launched command =
        run(
            "sh",
            "-c",
            "echo started $KEYTURN_MOUNT; export PLANTED=in-the-environment; exec sleep 60");
    Path mount = Path.of(command.awaitLine("started "));
    Launched.await(() -> isIn("environ", "PLANTED=in-the-environment"), () -> "the sleep");

    assertThat(Files.readString(mount.resolve("db-password"))).isEqualTo(canary);
    assertThat(isIn("cmdline", plan.toString())).as("the search sees command lines").isTrue();
    assertThat(isIn("environ", canary)).isFalse();
    assertThat(isIn("cmdline", canary)).isFalse();
    assertThat(command.err()).contains("\"event\":\"publish\"").doesNotContain(canary);
  }

  @Test
  void a_new_value_at_the_source_is_read_by_the_running_command() throws Exception {
    String next = canary();
    Launched command =
        run(
            "sh",
            "-c",
            "cd $KEYTURN_MOUNT; first=$(cat db-password); echo first $first;"
                + " while now=$(cat db-password); [ $now = $first ]; do sleep 0.05; done;"
                + " echo then $now");
    assertThat(command.awaitLine("first ")).isEqualTo(canary);

    write(next);

    assertThat(command.awaitLine("then ")).isEqualTo(next);
    assertThat(command.exitCode()).isZero();
  }

  @Test
  void sigterm_reaches_the_command_which_ends_in_order_and_the_mount_is_cleared() throws Exception {
    Launched command =
        run(
            "sh",
            "-c",
            "trap 'echo asked; exit 3' TERM; echo started $KEYTURN_MOUNT; while :; do sleep 0.05; done");
    Path mount = Path.of(command.awaitLine("started "));

    kill("TERM", command.process().pid());

    assertThat(command.exitCode()).isEqualTo(3);
    assertThat(command.out()).contains("asked");
    assertThat(mount).doesNotExist();
  }

  @Test
  void other_signals_to_keyturn_alone_reach_the_command_too() throws Exception {
    Launched command =
        run(
            "sh",
            "-c",
            "trap 'echo got HUP' HUP; trap 'echo got USR1' USR1; trap 'echo got INT; exit 0' INT;"
                + " echo started; while :; do sleep 0.05; done");
    command.awaitLine("started");

    kill("HUP", command.process().pid());
    command.awaitLine("got HUP");
    kill("USR1", command.process().pid());
    command.awaitLine("got USR1");
    kill("INT", command.process().pid());

    assertThat(command.exitCode()).isZero();
    assertThat(command.out()).contains("got INT");
  }

  @Test
  void control_c_at_a_terminal_reaches_the_command_once() throws Exception {
    Path script =
        Files.writeString(
            directory.resolve("counts.sh"),
            "trap 'echo interrupted' INT; echo started; n=0; while [ $n -lt 30 ]; do sleep 0.1; n=$((n + 1)); done; echo ended");
    String line =
        String.join(
            " ",
            Launched.keyturn(
                "run", "--quiet", "--plan", plan.toString(), "--", "sh", script.toString()));
    // script(1) gives the command a terminal, in the foreground of which it runs. It starts it by
    // $SHELL or sh: a shell that stays in between (dash) would end with 130 on its own account.
    Launched terminal = launch(new ProcessBuilder("script", "-qec", "exec " + line, "/dev/null"));
    terminal.awaitLine("started");

    terminal.process().outputWriter().append((char) 3).flush();

    terminal.awaitLine("ended");
    assertThat(terminal.out().split("interrupted", -1)).as(terminal.out()).hasSize(2);
    assertThat(terminal.exitCode()).isZero();
  }

  @Test
  void a_signal_while_the_secrets_are_awaited_keeps_the_command_from_being_started()
      throws Exception {
    aServerThatIsNotThere();
    Launched command = run("echo", "started");
    Launched.await(() -> command.err().contains("\"outcome\":\"failed\""), () -> "the first look");

    kill("TERM", command.process().pid());

    assertThat(command.exitCode()).isEqualTo(143);
    assertThat(command.out()).isEmpty();
  }

  @Test
  void a_secret_that_does_not_come_in_time_is_named_and_the_command_is_not_started()
      throws Exception {
    aServerThatIsNotThere();
    Launched command =
        start("run", "--quiet", "--wait", "1", "--plan", plan.toString(), "--", "echo", "started");

    assertThat(command.exitCode()).isEqualTo(125);
    assertThat(command.out()).isEmpty();
    assertThat(command.err()).contains("after 1 s", "db-password", "127.0.0.1:1");
  }

  @Test
  void what_somebody_has_to_correct_first_is_not_waited_for() throws Exception {
    Files.delete(directory.resolve("source"));
    String longerThanThisTestWaits = "86400";
    Launched command =
        start(
            "run",
            "--quiet",
            "--wait",
            longerThanThisTestWaits,
            "--plan",
            plan.toString(),
            "--",
            "echo",
            "started");

    assertThat(command.exitCode()).isEqualTo(125);
    assertThat(command.out()).isEmpty();
    assertThat(command.err())
        .contains("waiting does not bring it", "db-password")
        .contains(directory.resolve("source").toString());
  }

  /** A failure that may pass, unlike a file that is not there. */
  private void aServerThatIsNotThere() throws IOException {
    Files.writeString(
        plan,
        """
        vault: {address: "http://127.0.0.1:1", auth: token, token-file: "%s"}
        secrets: {db-password: 'vault:secret/app#password'}
        """
            .formatted(directory.resolve("source")));
  }

  @Test
  void every_problem_of_the_plan_is_printed_and_the_command_is_not_started() throws Exception {
    Files.writeString(plan, "secrets: {a: {form: 'file:a'}, b: {from: 'file:b', mode: '9999'}}");
    Launched command = run("echo", "started");

    assertThat(command.exitCode()).isEqualTo(2);
    assertThat(command.out()).isEmpty();
    assertThat(command.err()).contains("secrets.a.form", "from", "secrets.b.mode");
  }

  @Test
  void a_directory_on_a_disk_is_refused_unless_it_is_allowed() throws Exception {
    String mount = directory.resolve("mount").toString();
    Launched refused =
        start(
            "run", "--quiet", "--plan", plan.toString(), "--mount", mount, "--", "echo", "started");
    assertThat(refused.exitCode()).isEqualTo(125);
    assertThat(refused.out()).isEmpty();
    assertThat(refused.err()).contains(mount, "--allow-disk");
    assertThat(Path.of(mount)).doesNotExist();

    Launched allowed =
        start(
            "run",
            "--plan",
            plan.toString(),
            "--mount",
            mount,
            "--allow-disk",
            "--",
            "echo",
            "started");
    assertThat(allowed.exitCode()).isZero();
    assertThat(allowed.err()).contains("secrets may reach a disk");
    assertThat(Path.of(mount)).doesNotExist();
  }

  @Test
  void a_command_that_is_not_there_or_not_executable_gives_a_shells_codes() throws Exception {
    Launched missing = run("no-such-command");
    assertThat(missing.exitCode()).isEqualTo(127);
    assertThat(missing.err()).contains("no-such-command");

    Launched notExecutable = run(plan.toString());
    assertThat(notExecutable.exitCode()).isEqualTo(126);
    assertThat(notExecutable.err()).contains(plan.toString());
  }

  @Test
  void the_commands_arguments_are_left_as_they_are() throws Exception {
    Launched command = run("printf", "[%s]", "--plan", "@" + plan, "-h", "", "a b", "--", "$HOME");

    assertThat(command.exitCode()).isZero();
    assertThat(command.out()).isEqualTo("[--plan][@" + plan + "][-h][][a b][--][$HOME]");
  }

  @Test
  void what_a_killed_run_has_left_is_cleared_by_the_next() throws Exception {
    Launched killed = run("sh", "-c", "echo started $KEYTURN_MOUNT; exec sleep 60");
    Path left = Path.of(killed.awaitLine("started "));
    List<ProcessHandle> orphans = killed.process().descendants().toList();
    kill("KILL", killed.process().pid());
    killed.exitCode();
    assertThat(left.resolve("db-password")).hasContent(canary);

    Launched running = run("sh", "-c", "echo started $KEYTURN_MOUNT; exec sleep 60");
    Path alive = Path.of(running.awaitLine("started "));
    assertThat(run("true").exitCode()).isZero();

    assertThat(left).doesNotExist();
    assertThat(alive.resolve("db-password")).hasContent(canary);
    orphans.forEach(ProcessHandle::destroy);
  }

  @Test
  void a_jvm_answers_getenv_with_the_secret_and_its_children_do_not_have_it() throws Exception {
    Path application =
        Files.writeString(
            directory.resolve("Application.java"),
            """
            class Application {
              public static void main(String[] args) throws Exception {
                // Not to System.out, where the agent masks it.
                var out = new java.io.FileOutputStream(java.io.FileDescriptor.out);
                out.write(("getenv " + System.getenv("DB_PASSWORD") + "\\n").getBytes());
                System.out.println("before " + System.getProperty("before"));
                new ProcessBuilder("sh", "-c", "echo child ${DB_PASSWORD:-has nothing}").inheritIO().start().waitFor();
              }
            }
            """);
    ProcessBuilder builder =
        new ProcessBuilder(
            Launched.keyturn(
                "run",
                "--plan",
                plan.toString(),
                "--java-agent",
                "--java-agent-options",
                "children=allow,retire=30s",
                "--agent-jar",
                Launched.AGENT.toString(),
                "--",
                Launched.JAVA.toString(),
                application.toString()));
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Dbefore=kept");
    Launched command = launch(builder);

    assertThat(command.exitCode()).as(command.err()).isZero();
    assertThat(command.out().lines())
        .containsExactly("getenv " + canary, "before kept", "child has nothing");
    assertThat(command.err()).doesNotContain(canary);
  }

  @Test
  void the_audit_lines_tell_which_version_a_jvm_uses() throws Exception {
    Path application =
        Files.writeString(
            directory.resolve("Application.java"),
            """
            class Application {
              public static void main(String[] args) throws Exception {
                System.out.println("length " + System.getenv("DB_PASSWORD").length());
                System.out.println("said " + System.getenv("KEYTURN_ACKNOWLEDGE"));
                System.in.read();
              }
            }
            """);
    ProcessBuilder builder =
        new ProcessBuilder(
            Launched.keyturn(
                "run",
                "--plan",
                plan.toString(),
                "--java-agent",
                "--agent-jar",
                Launched.AGENT.toString(),
                "--",
                Launched.JAVA.toString(),
                application.toString()));
    Launched command = launch(builder);
    Path said = Path.of(command.awaitLine("said "));
    Launched.await(() -> command.err().contains("\"event\":\"acknowledged\""), () -> command.err());
    command.process().getOutputStream().close();

    assertThat(command.exitCode()).isZero();
    assertThat(command.err())
        .contains("\"secret\":\"db-password\"", "\"container\":\"command\"")
        .doesNotContain(canary);
    assertThat(said.getParent()).doesNotExist();
  }

  @Test
  void a_missing_agent_is_told_before_anything_is_started() throws Exception {
    Launched command =
        start(
            "run",
            "--plan",
            plan.toString(),
            "--java-agent",
            "--agent-jar",
            "/no/agent.jar",
            "--",
            "echo",
            "started");

    assertThat(command.exitCode()).isEqualTo(2);
    assertThat(command.out()).isEmpty();
    assertThat(command.err()).contains("/no/agent.jar", "--agent-jar");
  }

  @Test
  void every_wrong_option_of_the_agent_is_told_before_anything_is_started() throws Exception {
    Launched command =
        start(
            "run",
            "--plan",
            plan.toString(),
            "--java-agent",
            "--java-agent-options",
            "retrie=30s,children=never",
            "--",
            "echo",
            "started");

    assertThat(command.exitCode()).isEqualTo(2);
    assertThat(command.out()).isEmpty();
    assertThat(command.err())
        .contains(
            "--java-agent-options: option 1 is none",
            "did you mean 'retire'?",
            "--java-agent-options: 'children' takes one of block, report, allow");
  }

  private Launched run(String... command) throws IOException {
    return start(
        Stream.concat(Stream.of("run", "--plan", plan.toString(), "--"), Arrays.stream(command))
            .toArray(String[]::new));
  }

  private Launched start(String... args) throws IOException {
    return launch(new ProcessBuilder(Launched.keyturn(args)));
  }

  private Launched launch(ProcessBuilder builder) throws IOException {
    Launched command = Launched.start(directory, builder);
    launched.add(command);
    return command;
  }

  private void write(String value) throws IOException {
    Path next = Files.writeString(directory.resolve("next"), value);
    Files.move(next, directory.resolve("source"), StandardCopyOption.ATOMIC_MOVE);
  }

  private static void kill(String signal, long pid) throws Exception {
    assertThat(new ProcessBuilder("kill", "-" + signal, Long.toString(pid)).start().waitFor())
        .isZero();
  }

  /** Whether /proc/PID/NAME of any process that we may read holds a text. */
  private static boolean isIn(String name, String text) {
    return ProcessHandle.allProcesses()
        .map(process -> Path.of("/proc", Long.toString(process.pid()), name))
        .anyMatch(file -> content(file).contains(text));
  }

  private static String content(Path file) {
    try {
      return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      return ""; // gone meanwhile, or another user's
    }
  }

  private static List<String> entries(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.map(entry -> entry.getFileName().toString()).toList();
    }
  }

  private static String canary() {
    return "canary-" + UUID.randomUUID();
  }
}
