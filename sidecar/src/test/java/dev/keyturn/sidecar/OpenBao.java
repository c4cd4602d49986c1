package dev.keyturn.sidecar;

import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** A real OpenBao in development mode, on a loopback port of its own, in memory. */
public final class OpenBao implements AutoCloseable {
  private static final String ROOT = "root";

  private final Path directory;
  private final int port;
  private final boolean tls;
  private Process process;
  private final HttpClient http = HttpClient.newHttpClient();

  private OpenBao(Path directory, int port, boolean tls) {
    this.directory = directory;
    this.port = port;
    this.tls = tls;
  }

  public static OpenBao start(Path directory) throws Exception {
    return start(directory, false);
  }

  /** With a certificate of its own CA, for localhost and 127.0.0.1. */
  public static OpenBao startTls(Path directory) throws Exception {
    return start(directory, true);
  }

  private static OpenBao start(Path directory, boolean tls) throws Exception {
    OpenBao bao = new OpenBao(directory, freePort(), tls);
    bao.restart();
    return bao;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  /** Starts it anew on the same port; it has forgotten everything. */
  public void restart() throws Exception {
    String tools = Objects.requireNonNullElse(System.getenv("KEYTURN_TOOLS"), tools());
    Path bao = Path.of(System.getProperty("KEYTURN_TOOLS", tools), "openbao/bao");
    if (!Files.isExecutable(bao)) {
      throw new AssertionError("there is no " + bao + ": run bin/tools");
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                bao.toString(),
                "server",
                tls ? "-dev-tls" : "-dev",
                "-dev-root-token-id=" + ROOT,
                "-dev-no-store-token",
                "-dev-listen-address=127.0.0.1:" + port));
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

  private static String tools() {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("bin/tools"))) {
      here = Objects.requireNonNull(here.getParent());
    }
    return here.resolve(".tools").toString();
  }

  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  public String address() {
    return (tls ? "https" : "http") + "://127.0.0.1:" + port;
  }

  public Path ca() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith("ca.pem")).findFirst().orElseThrow();
    }
  }

  /** Calls the API as root and returns the answer's body. */
  public String call(String method, String path, String body) throws Exception {
    return call(method, path, body, Map.of());
  }

  public String call(String method, String path, String body, Map<String, String> headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(address() + "/v1/" + path))
            .header("X-Vault-Token", ROOT)
            .method(method, BodyPublishers.ofString(body));
    headers.forEach(request::header);
    HttpResponse<String> response = http.send(request.build(), BodyHandlers.ofString());
    if (response.statusCode() >= 300) {
      throw new AssertionError(
          method + " " + path + ": " + response.statusCode() + " " + response.body());
    }
    return response.body();
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

  /** Writes a secret of the KV v2 engine that is mounted at {@code secret}. */
  public void put(String path, String json) throws Exception {
    call("POST", "secret/data/" + path, "{\"data\":" + json + "}");
  }

  /** A policy named {@code app} that may read everything under {@code secret} and {@code kv1}. */
  public void allowReading() throws Exception {
    call(
        "PUT",
        "sys/policies/acl/app",
        """
        {"policy": "path \\"secret/data/*\\" {capabilities=[\\"read\\"]} path \\"kv1/*\\" {capabilities=[\\"read\\"]}"}
        """);
  }

  /**
   * An AppRole with the policy {@code app}; its role id and secret id are in {@code role-id} and
   * {@code secret-id} under the directory.
   *
   * @param settings of the role, such as {@code "token_ttl":"1h"}
   */
  public void appRole(Path into, String settings) throws Exception {
    call("POST", "sys/auth/approle", "{\"type\":\"approle\"}");
    call(
        "POST",
        "auth/approle/role/app",
        "{\"token_policies\":[\"app\"]" + (settings.isEmpty() ? "" : "," + settings) + "}");
    Files.writeString(
        into.resolve("role-id"),
        text(call("GET", "auth/approle/role/app/role-id", ""), "role_id") + "\n");
    if (!settings.contains("bind_secret_id")) {
      Files.writeString(
          into.resolve("secret-id"),
          text(call("POST", "auth/approle/role/app/secret-id", "{}"), "secret_id") + "\n");
    }
  }

  /** A token with the policy {@code app}. */
  public String token(String ttl) throws Exception {
    return text(
        call("POST", "auth/token/create", "{\"policies\":[\"app\"],\"ttl\":\"" + ttl + "\"}"),
        "client_token");
  }

  /** The value of a string in a JSON answer. */
  public static String text(String json, String name) {
    int start = json.indexOf("\"" + name + "\":\"") + name.length() + 4;
    return json.substring(start, json.indexOf('"', start));
  }

  @Override
  public void close() {
    kill();
    http.close();
  }
}
