package dev.keyturn.sidecar.notification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.keyturn.plan.Action;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With real processes, servers and programs. */
class NotifierTest {
  /** Of processes here and no others; at most 15 characters, as the kernel keeps. */
  private final String name = "kt-" + UUID.randomUUID().toString().substring(0, 8);

  private final List<Process> started = new ArrayList<>();
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final Metrics metrics = new Metrics();

  @TempDir Path files;

  @AfterEach
  void endProcesses() {
    for (Process process : started) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().onExit().join();
    }
  }

  private Notifier notifier(String... secrets) {
    StringBuilder yaml = new StringBuilder("secrets:\n");
    for (int i = 0; i < secrets.length; i++) {
      yaml.append("  s%d: {from: 'file:x', on-change: %s}\n".formatted(i, secrets[i]));
    }
    List<SecretSpec> specs = Plan.parseYaml(yaml.toString()).secrets();
    return new Notifier(
        specs,
        spec -> "/mount/of",
        new AuditLog(log, Workload.NONE, InstantSource.system()),
        metrics);
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  private long lines(String text) {
    return log().lines().filter(line -> line.contains(text)).count();
  }

  private Path script(String file, String content) throws IOException {
    Path script = Files.writeString(files.resolve(file), "#!/bin/sh\n" + content);
    assertThat(script.toFile().setExecutable(true)).isTrue();
    return script;
  }

  /** Starts a program and waits for the line that it prints when its traps are set. */
  private Process start(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .directory(files.toFile())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    started.add(process);
    BufferedReader out = process.inputReader();
    assertThat(out.readLine()).isEqualTo("ready");
    return process;
  }

  private static String trapping(String file) {
    return "trap 'echo HUP >> %s' HUP\necho ready\nwhile :; do sleep 0.05; done\n".formatted(file);
  }

  private String text(String file) throws IOException {
    Path path = files.resolve(file);
    return Files.exists(path) ? Files.readString(path) : "";
  }

  /** What is not to happen can only be waited for: several times as long as it would take. */
  private static void letTrapsRun() throws InterruptedException {
    TimeUnit.MILLISECONDS.sleep(300);
  }

  @Test
  void a_signal_reaches_every_process_of_a_name_and_is_reported() throws Exception {
    start(script(name, trapping("got")).toString());
    start(files.resolve(name).toString());
    try (Notifier notifier = notifier("[{signal: HUP, process: " + name + "}]")) {
      notifier.changed("s0");
      Memory.await("both got it", () -> text("got").equals("HUP\nHUP\n"));
      Memory.await("the report", () -> lines("on-change") == 1);
      assertThat(log())
          .contains(
              "\"event\":\"on-change\",\"outcome\":\"ok\",\"secret\":\"s0\",\"action\":\"signal HUP to "
                  + name
                  + "\"}");
      assertThat(metrics.text("", true, List.of()))
          .contains("keyturn_on_change_total{secret=\"s0\",action=\"signal\",outcome=\"ok\"} 1\n");
    }
  }

  @Test
  void a_process_is_known_by_its_first_argument_and_by_its_program_too() throws Exception {
    String longName = name + "-longer-than-15";
    String trap = "trap 'echo HUP >> got' HUP; echo ready; while :; do sleep 0.05; done";
    start("bash", "-c", "exec -a /usr/sbin/" + longName + " bash -c \"" + trap + "\"");
    try (Notifier notifier = notifier("[{signal: HUP, process: " + longName + "}]")) {
      notifier.changed("s0");
      Memory.await("it got it", () -> text("got").equals("HUP\n"));
    }
    Path program = files.resolve(longName + "-too");
    Files.copy(Path.of("/bin/bash").toRealPath(), program);
    assertThat(program.toFile().setExecutable(true)).isTrue();
    start("bash", "-c", "exec -a other " + program + " -c \"" + trap + "\"");
    try (Notifier notifier = notifier("[{signal: HUP, process: " + longName + "-too}]")) {
      notifier.changed("s0");
      Memory.await("the other too", () -> text("got").equals("HUP\nHUP\n"));
    }
  }

  @Test
  void a_master_gets_the_signal_and_its_workers_do_not() throws Exception {
    String worker =
        "if [ \"$1\" = worker ]; then trap 'echo worker >> got' HUP; while :; do sleep 0.05; done; fi\n";
    script(name, worker + "\"$0\" worker > /dev/null &\n" + trapping("got"));
    Process master = start(files.resolve(name).toString());
    Memory.await(
        "the worker",
        () ->
            master
                .children()
                .anyMatch(it -> it.info().commandLine().orElse("").contains(name + " worker")));
    try (Notifier notifier = notifier("[{signal: HUP, process: " + name + "}]")) {
      notifier.changed("s0");
      Memory.await("the report", () -> lines("\"ok\"") == 1);
      Memory.await("the master got it", () -> text("got").contains("HUP"));
      letTrapsRun();
      assertThat(text("got")).isEqualTo("HUP\n");
    }
  }

  @Test
  void a_signal_reaches_the_owner_of_a_port() throws Exception {
    for (String family : List.of("AF_INET", "AF_INET6")) {
      int port;
      try (ServerSocket free = new ServerSocket(0)) {
        port = free.getLocalPort();
      }
      String program =
          """
          import signal, socket, time
          def got(*_): open("%s", "w").write("got")
          signal.signal(signal.SIGUSR1, got)
          server = socket.create_server(("", %d), family=socket.%s)
          print("ready", flush=True)
          while True: time.sleep(1)
          """
              .formatted(family, port, family);
      start("python3", "-c", program);
      try (Notifier notifier = notifier("[{signal: USR1, port: " + port + "}]")) {
        notifier.changed("s0");
        Memory.await(family, () -> text(family).equals("got"));
      }
    }
  }

  @Test
  void the_sidecar_itself_gets_no_signal() throws Exception {
    try (ServerSocket own = new ServerSocket(0)) {
      var action =
          new Action.Signal(
              "WINCH", new Action.Target.PortOwner(own.getLocalPort()), Duration.ofSeconds(1));
      assertThatThrownBy(() -> new SignalAttempt(action).run())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is not to be seen", "shareProcessNamespace");
    }
  }

  @Test
  void a_process_that_is_not_there_yet_is_tried_for_and_then_told() throws Exception {
    String yaml = "[{signal: HUP, process: %s}]".formatted(name);
    try (Notifier notifier = notifier(yaml)) {
      notifier.changed("s0");
      Memory.await("the end of the tries", () -> lines("on-change") == 1);
      assertThat(log())
          .contains("\"failed\"", "no process '" + name + "' is to be seen", "(tried 5 times)");
      assertThat(metrics.text("", true, List.of()))
          .contains("action=\"signal\",outcome=\"failed\"} 1\n");

      notifier.changed("s0");
      start(script(name, trapping("got")).toString());
      Memory.await("it got it", () -> text("got").equals("HUP\n"));
    }
  }

  @Test
  void one_that_got_its_signal_does_not_get_it_again_with_the_next_try() throws Exception {
    start(script(name, trapping("got")).toString());
    SignalAttempt attempt =
        new SignalAttempt(
            new Action.Signal("HUP", new Action.Target.ProcessName(name), Duration.ofSeconds(1)));
    attempt.run();
    Memory.await("it got it", () -> text("got").equals("HUP\n"));
    script(name, trapping("other"));
    start(files.resolve(name).toString());
    attempt.run();
    Memory.await("the other got it", () -> text("other").equals("HUP\n"));
    letTrapsRun();
    assertThat(text("got")).isEqualTo("HUP\n");
  }

  @Test
  void another_users_process_is_refused_with_what_to_do() throws Exception {
    start(script(name, trapping("got")).toString());
    if (!System.getProperty("user.name").equals("root")) {
      assertThat(ProcessSignal.send(1, 0)).isEqualTo(ProcessSignal.EPERM);
      return;
    }
    // Root may signal anybody, so somebody else has to try.
    List<String> classPath = new ArrayList<>();
    for (Class<?> type : List.of(ProcessSignal.class, Action.class, NotifierTest.class)) {
      Path from = Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path to = files.resolve("classes" + classPath.size());
      run("cp", "-r", from.toString(), to.toString());
      classPath.add(to.toString());
    }
    run("chmod", "-R", "a+rX", files.toString());
    Process java =
        new ProcessBuilder(
                "setpriv",
                "--reuid=65534",
                "--regid=65534",
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                String.join(":", classPath),
                Signalling.class.getName(),
                name)
            .redirectErrorStream(true)
            .start();
    assertThat(new String(java.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
        .contains("belongs to another user: run it as the user that the sidecar runs as");
  }

  static final class Signalling {
    public static void main(String[] args) {
      try {
        new SignalAttempt(
                new Action.Signal(
                    "HUP", new Action.Target.ProcessName(args[0]), Duration.ofSeconds(1)))
            .run();
      } catch (IOException e) {
        System.out.println(e.getMessage());
      }
    }
  }

  private static void run(String... command) throws Exception {
    assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
  }

  @Test
  void a_process_that_is_gone_is_no_success() throws Exception {
    Process gone = new ProcessBuilder("true").start();
    assertThat(gone.waitFor()).isZero();
    assertThat(ProcessSignal.send(gone.pid(), 1)).isEqualTo(ProcessSignal.ESRCH);
  }

  @Test
  void a_call_reaches_a_server_on_loopback_and_is_repeated_until_it_works() throws Exception {
    List<String> requests = new CopyOnWriteArrayList<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          requests.add(
              exchange.getRequestMethod()
                  + " "
                  + exchange.getRequestURI()
                  + " "
                  + exchange.getRequestHeaders().getFirst("Host"));
          byte[] body = new byte[100_000];
          exchange.sendResponseHeaders(requests.size() < 3 ? 503 : 200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    int port = server.getAddress().getPort();
    try (Notifier notifier =
        notifier("[{http: 'http://localhost:%d/a%%20b?c=d'}]".formatted(port))) {
      notifier.changed("s0");
      Memory.await("the report", () -> lines("on-change") == 1);
      assertThat(log()).contains("\"ok\"", "POST http://localhost:" + port + "/a%20b?c=d");
      assertThat(requests).hasSize(3).containsOnly("POST /a%20b?c=d localhost:" + port);
      assertThat(metrics.text("", true, List.of())).contains("action=\"http\",outcome=\"ok\"} 1\n");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void a_call_over_tls_does_not_look_at_the_certificate() throws Exception {
    run(
        "keytool -genkeypair -alias x -keyalg EC -dname CN=elsewhere -startdate -10d -validity 3 -keystore %s -storepass changeit"
            .formatted(files.resolve("store"))
            .split(" "));
    KeyStore store =
        KeyStore.getInstance(files.resolve("store").toFile(), "changeit".toCharArray());
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(store, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), null, null);
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(context));
    server.createContext("/", exchange -> exchange.sendResponseHeaders(204, -1));
    server.start();
    try {
      call("https://127.0.0.1:" + server.getAddress().getPort(), Duration.ofSeconds(10));
    } finally {
      server.stop(0);
    }
  }

  private static void call(String url, Duration timeout) throws IOException {
    new HttpAttempt(new Action.Http(URI.create(url), "GET", timeout)).run();
  }

  @Test
  void a_call_that_does_not_work_says_why() throws Exception {
    answering("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "it answered with status 404");
    answering(
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 500 No\r\n\r\n", "status 500");
    answering("220 mail.example ESMTP\r\n", "the answer is not HTTP/1.1");
    answering("", "the answer is not HTTP/1.1");
    try (ServerSocket silent = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      assertThatThrownBy(
              () -> call("http://127.0.0.1:" + silent.getLocalPort(), Duration.ofSeconds(1)))
          .hasMessageContaining("no answer within PT1S");
    }
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    assertThatThrownBy(() -> call("http://localhost:" + port, Duration.ofSeconds(1)))
        .hasMessageContaining("nobody listens there");
  }

  private static void answering(String answer, String problem) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket socket = server.accept()) {
                  InputStream in = socket.getInputStream();
                  assertThat(in.read(new byte[8192])).isPositive();
                  socket.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                  // The caller says what went wrong.
                }
              });
      assertThatThrownBy(
              () -> call("http://127.0.0.1:" + server.getLocalPort(), Duration.ofSeconds(5)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(problem);
    }
  }

  @Test
  void a_command_sees_path_and_mount_and_what_it_prints_goes_nowhere() throws Exception {
    Path script =
        script(
            "reload",
            "echo canary-out; echo canary-err >&2\nprintf '%s\\n' \"$@\" > args\n"
                    .replace("> args", "> " + files.resolve("args"))
                + "env > "
                + files.resolve("env")
                + "\npwd >> "
                + files.resolve("args")
                + "\n");
    try (Notifier notifier = notifier("[{command: [%s, 'a b', '$HOME;x']}]".formatted(script))) {
      notifier.changed("s0");
      Memory.await("the report", () -> lines("on-change") == 1);
      assertThat(text("args")).isEqualTo("a b\n$HOME;x\n/\n");
      assertThat(text("env").lines().filter(it -> !it.matches("(PWD|_|SHLVL|OLDPWD)=.*")))
          .containsExactlyInAnyOrder("PATH=" + System.getenv("PATH"), "KEYTURN_MOUNT=/mount/of");
      assertThat(log()).contains("\"ok\"").doesNotContain("canary");
      assertThat(metrics.text("", true, List.of()))
          .contains("action=\"command\",outcome=\"ok\"} 1\n");
    }
  }

  @Test
  void a_command_that_does_not_end_is_killed_with_its_children() throws Exception {
    Path script = script("slow", "sleep 61.5 &\necho $! > " + files.resolve("child") + "\nwait\n");
    CommandAttempt attempt =
        new CommandAttempt(
            new Action.Command(List.of(script.toString()), Duration.ofSeconds(1)), "/m");
    assertThatThrownBy(attempt::run).hasMessageContaining("did not end within PT1S and was killed");
    long child = Long.parseLong(text("child").strip());
    Memory.await("the child's end", () -> ended(child));
  }

  private static boolean ended(long pid) {
    return ProcessHandle.of(pid).map(it -> !it.isAlive()).orElse(true);
  }

  @Test
  void a_command_that_fails_says_its_status_and_one_that_is_not_there_that() throws Exception {
    Path script = script("fail", "echo canary; exit 3\n");
    assertThatThrownBy(
            () ->
                new CommandAttempt(
                        new Action.Command(List.of(script.toString()), Duration.ofSeconds(5)), "/m")
                    .run())
        .hasMessageContaining("ended with status 3");
    assertThatThrownBy(
            () ->
                new CommandAttempt(
                        new Action.Command(List.of("/not/there"), Duration.ofSeconds(5)), "/m")
                    .run())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/not/there");
  }

  @Test
  void what_is_asked_for_while_it_waits_or_runs_is_done_once_more() throws Exception {
    Path gate = files.resolve("gate");
    Path script =
        script(
            "reload",
            "echo run >> %s\nwhile [ ! -e %s ]; do sleep 0.05; done\n"
                .formatted(files.resolve("runs"), gate));
    String action = "[{command: [%s]}]".formatted(script);
    try (Notifier notifier = notifier(action, action, action)) {
      for (int i = 0; i < 10; i++) {
        notifier.changed("s0");
        notifier.changed("s1");
      }
      Memory.await("the first run", () -> text("runs").equals("run\n"));
      for (int i = 0; i < 10; i++) {
        notifier.changed("s1");
        notifier.changed("s2");
      }
      letTrapsRun();
      assertThat(text("runs")).as("while the first runs").isEqualTo("run\n");
      Files.createFile(gate);
      Memory.await("all reports", () -> lines("on-change") == 4);
      assertThat(text("runs")).isEqualTo("run\nrun\n");
      assertThat(lines("\"s0\"")).isEqualTo(1);
      assertThat(lines("\"s1\"")).isEqualTo(2);
      assertThat(lines("\"s2\"")).isEqualTo(1);
      notifier.changed("s2");
      Memory.await("another run after a rest", () -> lines("\"s2\"") == 2);
    }
  }

  @Test
  void a_slow_action_keeps_no_other_waiting_and_ends_with_the_sidecar() throws Exception {
    Path slow = script("slow", "echo $$ > " + files.resolve("pid") + "\nsleep 61.5\n");
    Path quick = script("quick", "exit 0\n");
    Notifier notifier =
        notifier("[{command: [%s], timeout: 60s}, {command: [%s]}]".formatted(slow, quick));
    try (notifier) {
      notifier.changed("s0");
      notifier.changed("not of this plan");
      Memory.await("the quick one", () -> lines("quick") == 1);
      Memory.await("the slow one", () -> !text("pid").isEmpty());
    }
    Memory.await("its end", () -> ended(Long.parseLong(text("pid").strip())));
    notifier.changed("s0");
    letTrapsRun();
    assertThat(lines("on-change")).isEqualTo(1);
  }
}
