package dev.keyturn.sidecar;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A real OpenBao in development mode, on a loopback port of its own, in memory. */
public final class OpenBao implements BaoApi, AutoCloseable {
  private static final String ROOT = "root";

  private final Path directory;
  private final int port;
  private final boolean tls;
  private final List<String> options;
  private Process process;

  private OpenBao(Path directory, int port, boolean tls, List<String> options) {
    this.directory = directory;
    this.port = port;
    this.tls = tls;
    this.options = options;
  }

  public static OpenBao start(Path directory) throws Exception {
    return start(directory, false, List.of());
  }

  /** With a certificate of its own CA, for localhost and 127.0.0.1. */
  public static OpenBao startTls(Path directory) throws Exception {
    return start(directory, true, List.of());
  }

  /** Writes a line for each request and each answer to {@code audit.log} in the directory. */
  static OpenBao startAudited(Path directory) throws Exception {
    Path config =
        Files.writeString(
            directory.resolve("audit.hcl"),
            "audit \"file\" \"file\" { options = { file_path = \"%s\" } }"
                .formatted(directory.resolve("audit.log")));
    return start(directory, false, List.of("-config=" + config));
  }

  private static OpenBao start(Path directory, boolean tls, List<String> options) throws Exception {
    OpenBao bao = new OpenBao(directory, freePort(), tls, options);
    bao.restart();
    return bao;
  }

  public static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  /** Starts it anew on the same port; it has forgotten everything. */
  public void restart() throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                program().toString(),
                "server",
                tls ? "-dev-tls" : "-dev",
                "-dev-root-token-id=" + ROOT,
                "-dev-no-store-token",
                "-dev-listen-address=127.0.0.1:" + port));
    command.addAll(options);
    if (tls) {
      command.add("-dev-tls-cert-dir=" + directory);
    }
    Path log = directory.resolve("bao.log");
    process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    Memory.await(
        "OpenBao starts",
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("OpenBao ended: " + Files.readString(log));
          }
          // The last line of its greeting; before that some engines may still be missing.
          return Files.readString(log).contains("Development mode should NOT be used");
        });
  }

  /** The OpenBao that bin/tools installs. */
  static Path program() {
    return tool("openbao/bao");
  }

  /** Something that bin/tools installs. */
  public static Path tool(String path) {
    String tools = Objects.requireNonNullElse(System.getenv("KEYTURN_TOOLS"), tools());
    Path tool = Path.of(System.getProperty("KEYTURN_TOOLS", tools), path);
    if (!Files.exists(tool)) {
      throw new AssertionError("there is no " + tool + ": run bin/tools");
    }
    return tool;
  }

  private static String tools() {
    return root().resolve(".tools").toString();
  }

  /** Of the checkout. */
  static Path root() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("bin/tools"))) {
      here = Objects.requireNonNull(here.getParent());
    }
    return here;
  }

  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public String address() {
    return (tls ? "https" : "http") + "://127.0.0.1:" + port;
  }

  int port() {
    return port;
  }

  public Path ca() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith("ca.pem")).findFirst().orElseThrow();
    }
  }

  @Override
  public String call(String method, String path, String body) throws Exception {
    return call(method, path, body, Map.of());
  }

  public String call(String method, String path, String body, Map<String, String> headers)
      throws Exception {
    return BaoApi.send(address(), ROOT, method, path, body, headers);
  }

  /** POSTs to the API as root; curl trusts the CA with less ado than Java. */
  public void callOverTls(String path, String body) throws Exception {
    Process curl =
        new ProcessBuilder(
                "curl",
                "-sSf",
                "--cacert",
                ca().toString(),
                "-H",
                "X-Vault-Token: " + ROOT,
                "-d",
                body,
                address() + "/v1/" + path)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("curl.log").toFile())
            .start();
    if (curl.waitFor() != 0) {
      throw new AssertionError("curl ended with " + curl.exitValue());
    }
  }

  @Override
  public void close() {
    kill();
  }
}
