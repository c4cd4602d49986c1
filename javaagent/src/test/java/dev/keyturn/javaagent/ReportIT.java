package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.javaagent.report.AgentMXBean;
import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.management.JMX;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the agent tells of what it does: to JFR, to JMX, on stderr. */
@Timeout(120)
class ReportIT {
  @TempDir static Path classes;
  @TempDir Path scratch;

  private final String canary = "canary-" + UUID.randomUUID();
  private HandMadeMount mount;

  @BeforeAll
  static void compile() throws Exception {
    Jvm.compile("Observed.java", classes);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  static List<Jvm> oldestAndNewest() {
    return Jvm.oldestAndNewest();
  }

  @BeforeEach
  void publish() {
    mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(db(canary, "app"));
  }

  private static File db(String password, String user) {
    return File.of("db", "json", "{\"password\":\"%s\",\"pin\":\"%s\"}".formatted(password, user))
        .defaultEnv("DB_PASSWORD", "password");
  }

  /** One line in, one line out. */
  private final class Observed implements AutoCloseable {
    private final Process process;
    private final BufferedReader out;
    private final PrintWriter in;
    private final Path err = scratch.resolve("err");

    Observed(Jvm jvm, String... options) throws IOException {
      this("", jvm, options);
    }

    Observed(String agentOptions, Jvm jvm, String... options) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(jvm.home().resolve("bin/java").toString());
      command.addAll(List.of(options));
      command.add(Jvm.agent(mount.directory()) + agentOptions);
      command.addAll(List.of("-cp", classes.toString(), "Observed"));
      process = new ProcessBuilder(command).redirectError(err.toFile()).start();
      out = process.inputReader(StandardCharsets.UTF_8);
      in = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
      String line = out.readLine();
      while (!"ready".equals(line)) { // JFR has something to say, too
        assertThat(line).isNotNull();
        line = out.readLine();
      }
    }

    String ask(String line) throws IOException {
      in.println(line);
      return out.readLine();
    }

    String err() throws IOException {
      return Files.readString(err);
    }

    int end() throws Exception {
      in.close();
      return process.waitFor();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void eventsSayWhatHappenedAndShowNoValue(Jvm jvm) throws Exception {
    Path recording = scratch.resolve("events.jfr");
    String next = "canary-" + UUID.randomUUID();
    try (Observed app = new Observed(jvm, "-XX:StartFlightRecording=filename=" + recording)) {
      assertThat(app.ask("leak")).isEqualTo("a value: (secret db/password)");
      assertThat(app.ask("use")).isEqualTo("used " + canary.length() + " characters");
      mount.publish(db(next, "app"));
      while (!app.ask("bean").contains("version=2")) {
        Thread.sleep(50);
      }
      assertThat(app.end()).isZero();
    }

    List<RecordedEvent> events =
        RecordingFile.readAllEvents(recording).stream()
            .filter(event -> event.getEventType().getName().startsWith("dev.keyturn."))
            .sorted(Comparator.comparing(RecordedEvent::getStartTime))
            .toList();
    assertThat(events).hasSize(3);
    RecordedEvent leak = events.get(0);
    assertThat(leak.getEventType().getName()).isEqualTo("dev.keyturn.LeakBlocked");
    assertThat(leak.getString("secret")).isEqualTo("db");
    assertThat(leak.getString("key")).isEqualTo("password");
    assertThat(leak.getString("version")).isEqualTo("1");
    assertThat(leak.getString("sink")).isEqualTo("System.out");
    assertThat(leak.getString("outcome")).isEqualTo("masked");
    assertThat(leak.getString("caller")).isEqualTo("Observed");
    RecordedEvent used = events.get(1);
    assertThat(used.getEventType().getName()).isEqualTo("dev.keyturn.SecretUsed");
    assertThat(used.getString("secret")).isEqualTo("db");
    assertThat(used.getString("key")).isEqualTo("password");
    assertThat(used.getString("version")).isEqualTo("1");
    assertThat(used.getString("sink")).isEqualTo("jaas");
    assertThat(used.getString("host")).isNull();
    assertThat(used.getString("caller")).isEqualTo("Observed");
    RecordedEvent reloaded = events.get(2);
    assertThat(reloaded.getEventType().getName()).isEqualTo("dev.keyturn.SecretReloaded");
    assertThat(reloaded.getString("secret")).isEqualTo("db");
    assertThat(reloaded.getString("version")).isEqualTo("2");
    assertThat(new String(Files.readAllBytes(recording), StandardCharsets.ISO_8859_1))
        .doesNotContain(canary, next);
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void withoutARecordingNothingOfJfrIsLoaded(Jvm jvm) throws Exception {
    try (Observed app = new Observed(jvm, "-verbose:class")) {
      List<String> said = new ArrayList<>();
      app.in.println("leak");
      for (String line = app.out.readLine();
          !line.startsWith("a value");
          line = app.out.readLine()) {
        said.add(line);
      }
      assertThat(said)
          .anyMatch(line -> line.contains("javaagent.report.Leaks"))
          .noneMatch(line -> line.contains("jdk.jfr.internal"))
          .noneMatch(line -> line.contains("report.LeakBlocked"));
    }
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void theMxBeanComesWithTheServerThatTheApplicationMakes(Jvm jvm) throws Exception {
    try (Observed app = new Observed(jvm)) {
      app.ask("leak");
      app.ask("leak");
      app.ask("use");
      // The watcher has looked at least once by then.
      while (!app.err().contains("shorter than 8")) {
        Thread.sleep(50);
      }
      assertThat(app.ask("servers")).isEqualTo("servers: 0");
      while (!app.ask("bean").contains("versionInUse=1 ")) {
        Thread.sleep(50);
      }
      assertThat(app.ask("bean"))
          .contains(
              "Generation=" + mount.generation().getFileName().toString().substring(2),
              "LeaksMasked={System.out=2}",
              "LeaksBlocked={}",
              "FailuresSuppressed={}",
              "name=db ",
              "version=1 ",
              "uses={jaas=1} ",
              "loadedAt=a date ");
      mount.publish(db("canary-" + UUID.randomUUID(), "app"));
      while (!app.ask("bean").contains("version=2 ")) {
        Thread.sleep(50);
      }
      assertThat(app.ask("bean"))
          .contains("Generation=" + mount.generation().getFileName().toString().substring(2));
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  @SuppressWarnings("BanJNDI") // what is read comes from a JVM of our own
  void theMxBeanCanBeReadFromAnotherJvm(Jvm jvm) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    String remote = "-Dcom.sun.management.jmxremote.";
    try (Observed app =
            new Observed(
                jvm,
                remote + "port=" + port,
                remote + "rmi.port=" + port,
                remote + "host=127.0.0.1",
                remote + "authenticate=false",
                remote + "ssl=false",
                "-Djava.rmi.server.hostname=127.0.0.1");
        JMXConnector connector =
            JMXConnectorFactory.connect(
                new JMXServiceURL("service:jmx:rmi:///jndi/rmi://127.0.0.1:" + port + "/jmxrmi"))) {
      app.ask("leak");
      app.ask("use");
      MBeanServerConnection server = connector.getMBeanServerConnection();
      ObjectName name = new ObjectName("dev.keyturn:type=Agent");
      while (!server.isRegistered(name)) {
        Thread.sleep(50);
      }
      AgentMXBean bean = JMX.newMXBeanProxy(server, name, AgentMXBean.class);
      assertThat(bean.getGeneration())
          .isEqualTo(mount.generation().getFileName().toString().substring(2));
      assertThat(bean.getLeaksMasked()).isEqualTo(Map.of("System.out", 1L));
      assertThat((CompositeData[]) server.getAttribute(name, "Secrets"))
          .singleElement()
          .satisfies(
              secret -> {
                assertThat(secret.get("name")).isEqualTo("db");
                assertThat(secret.get("versionInUse")).isEqualTo("1");
              });
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void aSinkThatTheOptionsDoNotAllowGetsTheStandInWhichIsReported(Jvm jvm) throws Exception {
    try (Observed app = new Observed(",sinks=jdbc+redis", jvm)) {
      assertThat(app.ask("use"))
          .isEqualTo("used " + "keyturn:db/password".length() + " characters");
      assertThat(app.err())
          .contains(
              "keyturn: the stand-in for secret 'db' stays one: the agent's option 'sinks' does"
                  + " not have sink 'jaas'");
    }
    try (Observed app = new Observed(",sinks=jdbc+jaas", jvm)) {
      assertThat(app.ask("use")).isEqualTo("used " + canary.length() + " characters");
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void aValueTooShortToBeMaskedIsSaidOnceByName(Jvm jvm) throws Exception {
    try (Observed app = new Observed(jvm)) {
      while (app.err().isEmpty()) {
        Thread.sleep(50);
      }
      app.end();
      assertThat(app.err())
          .isEqualTo("keyturn: not masked in logs, being shorter than 8 characters: [db/pin]\n");
    }
  }
}
