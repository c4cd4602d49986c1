package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The sidecar as a process of its own, as a container runs it. */
class ProcessTest {
  private final String canary = "canary-" + UUID.randomUUID();
  private final List<Process> started = new ArrayList<>();

  @TempDir Path files;
  private Memory mount;

  @BeforeEach
  void makeMount() throws IOException {
    mount = new Memory();
  }

  @AfterEach
  void cleanUp() throws IOException {
    started.forEach(process -> process.destroyForcibly().onExit().join());
    mount.close();
  }

  private Map<String, String> environment(String secrets) {
    Map<String, String> environment = new HashMap<>();
    environment.put("KEYTURN_PLAN", Plan.parseYaml("secrets:\n" + secrets).toJson());
    environment.put("KEYTURN_MOUNTS", mount.directory().toString());
    environment.put("KEYTURN_ENDPOINT", "unix:" + files.resolve("s"));
    environment.put("KEYTURN_POD", "shop-1");
    environment.put("KEYTURN_NAMESPACE", "shop");
    environment.put("KEYTURN_SERVICE_ACCOUNT", "app");
    environment.put("KEYTURN_NODE", "node-1");
    return environment;
  }

  private Process start(Class<?> main, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin/java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp"));
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(main.getName());
    Collections.addAll(command, arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(files.resolve(main.getSimpleName() + ".log").toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    started.add(process);
    return process;
  }

  private static int exit(Process process) throws InterruptedException {
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  private String log(Class<?> main) throws IOException {
    return Files.readString(files.resolve(main.getSimpleName() + ".log"));
  }

  private String page(String path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(files.resolve("s")));
      channel.write(
          ByteBuffer.wrap(("GET " + path + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.UTF_8)));
      ByteBuffer all = ByteBuffer.allocate(100_000);
      int read;
      do {
        read = channel.read(all);
      } while (read >= 0);
      return new String(all.array(), 0, all.position(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void runs_is_probed_ends_with_zero_and_shows_the_secret_nowhere_else() throws Exception {
    Files.writeString(files.resolve("jar"), "the agent");
    Files.createDirectory(files.resolve("agent"));
    Map<String, String> environment =
        environment("  db: {from: 'file:" + files.resolve("db.json") + "', format: json}");
    environment.put("KEYTURN_AGENT_JAR", files.resolve("jar").toString());
    environment.put("KEYTURN_AGENT_TARGET", files.resolve("agent").toString());
    Process probe = start(Probe.class, environment);
    Process sidecar = start(Main.class, environment, "run");
    Memory.await("the endpoint", () -> Files.exists(files.resolve("s")));
    Memory.await("the reason", () -> page("/readyz").contains("there is no file"));
    assertThat(page("/readyz")).startsWith("HTTP/1.1 503").contains("\"secret\":\"db\"");
    assertThat(page("/healthz")).startsWith("HTTP/1.1 200");
    assertThat(page("/metrics"))
        .contains("keyturn_ready 0", "keyturn_secret_stale{secret=\"db\"} 1");
    assertThat(probe.isAlive()).as("the probe waits").isTrue();

    Files.writeString(files.resolve("db.json"), "{\"password\":\"" + canary + "\"}");
    assertThat(exit(probe)).isZero();
    assertThat(mount.read("db")).contains(canary);
    assertThat(files.resolve("agent/keyturn-javaagent.jar")).hasContent("the agent");
    assertThat(page("/readyz")).startsWith("HTTP/1.1 200").contains("{\"ready\":true");
    String metrics = page("/metrics");
    assertThat(metrics)
        .contains("keyturn_ready 1", "keyturn_fetches_total{secret=\"db\",outcome=\"changed\"} 1");
    assertThat(metrics).doesNotContain(canary);

    Path proc = Path.of("/proc/" + sidecar.pid());
    assertThat(Files.readString(proc.resolve("environ"), StandardCharsets.ISO_8859_1))
        .contains("KEYTURN_PLAN")
        .doesNotContain(canary);
    assertThat(Files.readString(proc.resolve("cmdline"))).doesNotContain(canary);

    sidecar.destroy();
    assertThat(exit(sidecar)).isZero();
    assertThat(files.resolve("s")).doesNotExist();
    assertThat(mount.read("db")).as("what is published stays").contains(canary);
    assertThat(log(Main.class))
        .contains(
            "\"event\":\"publish\"",
            "\"pod\":\"shop-1\",\"namespace\":\"shop\",\"serviceAccount\":\"app\",\"node\":\"node-1\"")
        .doesNotContain(canary);
    assertThat(log(Main.class).lines())
        .allSatisfy(line -> assertThat(line).startsWith("{\"time\":\"").endsWith("}"));
  }

  @Test
  void init_publishes_once() throws Exception {
    Files.writeString(files.resolve("a"), canary);
    Process init =
        start(Main.class, environment("  a: {from: 'file:" + files.resolve("a") + "'}"), "init");
    assertThat(exit(init)).isZero();
    assertThat(mount.read("a")).isEqualTo(canary);
    assertThat(log(Main.class)).doesNotContain(canary);
  }

  @Test
  void init_says_everything_that_has_to_be_corrected() throws Exception {
    Files.writeString(files.resolve("a"), canary);
    Process init =
        start(
            Main.class,
            environment(
                "  a: {from: 'file:%s'}\n  b: {from: 'file:/absent/b'}\n  c: {from: 'file:/absent/c'}"
                    .formatted(files.resolve("a"))),
            "init");
    assertThat(exit(init)).isEqualTo(1);
    assertThat(log(Main.class)).contains("/absent/b: create it", "/absent/c: create it");
    assertThat(mount.directory().resolve("..data")).doesNotExist();
  }

  @Test
  void says_all_that_is_wrong_with_its_environment() throws Exception {
    Map<String, String> environment = environment("  a: {from: 'file:/a'}");
    environment.put(
        "KEYTURN_PLAN", "{\"secrets\":{\"a\":{\"from\":\"vault:secret/a\",\"formt\":\"x\"}}}");
    environment.put("KEYTURN_MOUNTS", "relative");
    environment.put("KEYTURN_ENDPOINT", "0.0.0.0:80");
    environment.put("KEYTURN_ALLOW_DISK", "yes");
    assertThat(exit(start(Main.class, environment, "run"))).isEqualTo(2);
    assertThat(log(Main.class))
        .contains(
            "KEYTURN_PLAN", "formt", "KEYTURN_MOUNTS", "KEYTURN_ENDPOINT", "KEYTURN_ALLOW_DISK");
  }

  @Test
  void says_how_it_is_called() throws Exception {
    assertThat(exit(start(Main.class, environment("  a: {from: 'file:/a'}")))).isEqualTo(2);
    assertThat(log(Main.class)).contains("usage: one argument: run, init or end");
  }
}
