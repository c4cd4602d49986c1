package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The sidecar as a process of its own, seen from outside: its files, pages, lines and resources.
 */
public final class SidecarProcess implements AutoCloseable {
  private final Path directory;
  private final Process process;

  private SidecarProcess(Path directory, Process process) {
    this.directory = directory;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param directory for its log and its socket
   * @param plan in YAML
   * @param mounts as in {@code KEYTURN_MOUNTS}
   * @param jvmOptions more of them
   */
  public static SidecarProcess start(
      Path directory, String plan, String mounts, String... jvmOptions) throws IOException {
    return start(directory, List.of(), Map.of(), plan, mounts, List.of(jvmOptions));
  }

  /**
   * Starts one that sleeps while nothing is due, under the supervisor that the image has.
   *
   * @param state where what it knows is kept; need not exist
   */
  static SidecarProcess startHibernating(Path directory, Path state, String plan, String mounts)
      throws Exception {
    Path supervisor = directory.resolve("hibernate");
    compile(OpenBao.root().resolve("deploy/image/hibernate.c"), supervisor);
    return start(
        directory,
        List.of(supervisor.toString()),
        Map.of("KEYTURN_HIBERNATE", state.toString()),
        plan,
        mounts,
        List.of());
  }

  /** As deploy/image/build does. */
  private static void compile(Path source, Path program) throws Exception {
    Process cc;
    try {
      cc =
          new ProcessBuilder(
                  "cc",
                  "-std=c11",
                  "-Wall",
                  "-Wextra",
                  "-Werror",
                  "-Os",
                  "-o",
                  "" + program,
                  "" + source)
              .inheritIO()
              .start();
    } catch (IOException e) {
      throw new AssertionError("there is no C compiler, cc (Debian: apt-get install gcc)", e);
    }
    assertThat(cc.waitFor()).as("cc compiles " + source).isZero();
  }

  private static SidecarProcess start(
      Path directory,
      List<String> supervisor,
      Map<String, String> environment,
      String plan,
      String mounts,
      List<String> jvmOptions)
      throws IOException {
    List<String> command = new ArrayList<>(supervisor);
    command.add(java("java"));
    // As in the image, but for its AOT cache.
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xmx48m"));
    command.addAll(jvmOptions);
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.addAll(List.of(Main.class.getName(), "run"));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("sidecar.log").toFile());
    builder
        .environment()
        .putAll(
            Map.of(
                "KEYTURN_PLAN",
                Plan.parseYaml(plan).toJson(),
                "KEYTURN_MOUNTS",
                mounts,
                "KEYTURN_ENDPOINT",
                "unix:" + directory.resolve("s"),
                "KEYTURN_ACKNOWLEDGE",
                directory.resolve("said").toString(),
                "KEYTURN_HINT",
                directory.resolve("hint").toString()));
    builder.environment().putAll(environment);
    return new SidecarProcess(directory, builder.start());
  }

  private static String java(String program) {
    return Path.of(System.getProperty("java.home"), "bin", program).toString();
  }

  /** Where the JVMs of a container say which versions they use. */
  public Path acknowledgements(String container) throws IOException {
    return Files.createDirectories(directory.resolve("said").resolve(container));
  }

  /** An answer of the endpoint, with its status line; empty while nobody listens. */
  public String page(String path) throws IOException {
    return ask("GET", path);
  }

  /** Tells it that secrets have changed. */
  public String refresh(String query) throws IOException {
    return ask("POST", "/refresh" + query);
  }

  /** The same by the annotation of its pod. */
  public void hint(String text) throws IOException {
    Path draft = Files.writeString(directory.resolve(".hint"), text);
    Files.move(draft, directory.resolve("hint"), StandardCopyOption.ATOMIC_MOVE);
  }

  private String ask(String method, String path) throws IOException {
    try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      channel.connect(UnixDomainSocketAddress.of(directory.resolve("s")));
      channel.write(
          ByteBuffer.wrap(
              (method + " " + path + " HTTP/1.1\r\n\r\n").getBytes(StandardCharsets.UTF_8)));
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "";
    }
  }

  public boolean isReady() throws IOException {
    return page("/readyz").startsWith("HTTP/1.1 200");
  }

  public void awaitReady(Duration atMost) throws Exception {
    Memory.await(
        "the sidecar is ready",
        atMost,
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("the sidecar ended: " + log());
          }
          return isReady();
        });
  }

  /** The sum of a metric's samples whose labels contain the text. */
  public double metric(String name, String label) throws IOException {
    return page("/metrics")
        .lines()
        .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
        .filter(line -> line.contains(label))
        .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
        .sum();
  }

  public String log() throws IOException {
    return Files.readString(directory.resolve("sidecar.log"));
  }

  /** How many audit lines contain all the texts. */
  public long lines(String... texts) throws IOException {
    try (Stream<String> lines = Files.lines(directory.resolve("sidecar.log"))) {
      return lines.filter(line -> Stream.of(texts).allMatch(line::contains)).count();
    }
  }

  /** What is alive on the heap, after a full collection. */
  long liveBytes() throws Exception {
    Process jcmd =
        new ProcessBuilder(java("jcmd"), Long.toString(process.pid()), "GC.class_histogram")
            .redirectErrorStream(true)
            .start();
    String histogram = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    // Its last line: "Total        28613        1711368"
    String total = histogram.strip().substring(histogram.strip().lastIndexOf('\n') + 1);
    return Long.parseLong(total.strip().split("\\s+", -1)[2]);
  }

  long residentBytes() throws IOException {
    return Files.readString(proc("status"))
            .lines()
            .filter(line -> line.startsWith("VmRSS:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
            .sum()
        * 1024;
  }

  int threads() throws IOException {
    return entries("task");
  }

  int descriptors() throws IOException {
    return entries("fd");
  }

  private int entries(String name) throws IOException {
    try (Stream<Path> all = Files.list(proc(name))) {
      return (int) all.count();
    }
  }

  private Path proc(String name) {
    return Path.of("/proc", Long.toString(process.pid()), name);
  }

  /** Stops it as a machine stops that is suspended; it continues after the time. */
  void suspend(Duration time) throws Exception {
    signal("-STOP");
    Thread.sleep(time);
    signal("-CONT");
  }

  private void signal(String which) throws Exception {
    new ProcessBuilder("kill", which, Long.toString(process.pid())).start().waitFor();
  }

  /** The JVM that the supervisor has started; empty while that sleeps. */
  Optional<ProcessHandle> jvm() {
    return process.children().findFirst();
  }

  /** Waits until the supervisor sleeps. */
  void awaitAsleep() throws Exception {
    Memory.await("it sleeps", Duration.ofSeconds(60), () -> jvm().isEmpty() && process.isAlive());
  }

  /** Sends SIGTERM and returns the exit status. */
  public int end() throws InterruptedException {
    process.destroy();
    return exit();
  }

  /** The exit status of one that ends by itself. */
  int exit() throws InterruptedException {
    if (!process.waitFor(30, TimeUnit.SECONDS)) {
      throw new AssertionError("the sidecar does not end within 30 s");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.children().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().onExit().join();
  }
}
