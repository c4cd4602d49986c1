package dev.keyturn.agenttests.applications;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.javaagent.Jvm;
import dev.keyturn.sidecar.Memory;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A server in a JVM of its own, seen from outside: its pages, log, environment and heap. */
final class RunningApplication implements AutoCloseable {
  private static final HttpClient HTTP =
      HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

  private final Process process;
  private final Path directory;
  private final int port;

  private RunningApplication(Process process, Path directory, int port) {
    this.process = process;
    this.directory = directory;
    this.port = port;
  }

  /**
   * Starts it.
   *
   * @param directory for its log
   * @param environment all of it, but for {@code SERVER_PORT}, a free port
   * @param arguments of the JVM
   */
  static RunningApplication start(
      Path directory, Map<String, String> environment, List<String> arguments) throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    List<String> command = new ArrayList<>(List.of(java("java")));
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("application.log").toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.environment().put("SERVER_PORT", String.valueOf(port));
    return new RunningApplication(builder.start(), directory, port);
  }

  private static String java(String program) {
    return Jvm.own().home().resolve("bin").resolve(program).toString();
  }

  void awaitPage(String path, Duration atMost) throws Exception {
    Memory.await(
        path,
        atMost,
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("it ended: " + log());
          }
          try {
            return send("GET", path).statusCode() == 200;
          } catch (IOException e) {
            return false;
          }
        });
  }

  HttpResponse<String> send(String method, String path) throws IOException, InterruptedException {
    return send(method, path, "");
  }

  /**
   * @param json the body; may be empty
   */
  HttpResponse<String> send(String method, String path, String json)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
            .method(method, HttpRequest.BodyPublishers.ofString(json))
            .header("Content-Type", "application/json")
            .timeout(Duration.ofSeconds(30))
            .build();
    return HTTP.send(request, BodyHandlers.ofString());
  }

  /** The text of a page that is there. */
  String page(String path) throws IOException, InterruptedException {
    HttpResponse<String> response = send("GET", path);
    assertThat(response.statusCode()).as(path).isEqualTo(200);
    return response.body();
  }

  String log() throws IOException {
    return Files.readString(directory.resolve("application.log"));
  }

  /** What the kernel shows of its environment and its arguments. */
  String process() throws IOException {
    return proc("environ") + proc("cmdline");
  }

  private String proc(String name) throws IOException {
    return Files.readString(
        Path.of("/proc", String.valueOf(process.pid()), name), StandardCharsets.ISO_8859_1);
  }

  /**
   * A dump of all that is alive on its heap, a moment after a collection: the JDK's key of a SCRAM
   * login (PBKDF2KeyImpl) has a copy of the password that is wiped by a cleaner, so after the next
   * one.
   */
  byte[] heap() throws IOException, InterruptedException {
    Path dump = directory.resolve("heap.hprof");
    jcmd("GC.run");
    Thread.sleep(1000);
    jcmd("GC.heap_dump", dump.toString());
    byte[] heap = Files.readAllBytes(dump);
    Files.delete(dump);
    return heap;
  }

  private void jcmd(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of(java("jcmd"), String.valueOf(process.pid())));
    command.addAll(List.of(arguments));
    Path log = directory.resolve("jcmd.log");
    int exit =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start()
            .waitFor();
    assertThat(exit).as(Files.readString(log)).isZero();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  @Override
  public void close() {
    process.destroyForcibly().onExit().join();
  }
}
