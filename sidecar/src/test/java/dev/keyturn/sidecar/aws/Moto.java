package dev.keyturn.sidecar.aws;

import dev.keyturn.sidecar.OpenBao;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** AWS as moto plays it, on a loopback port of its own, in memory. */
public final class Moto implements AutoCloseable {
  /** Of moto's account; a role need not be there to be taken on. */
  public static final String ROLE = "arn:aws:iam::123456789012:role/shop";

  private final HttpClient http = HttpClient.newHttpClient();
  private final Path directory;
  private final int port;
  private Process process;

  private Moto(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  /** Starts it, and writes a token of a service account to {@code token} in the directory. */
  public static Moto start(Path directory) throws Exception {
    Moto moto = new Moto(directory, OpenBao.freePort());
    // Nobody looks at it: moto takes whatever comes.
    Files.writeString(directory.resolve("token"), "a.service-account.token");
    moto.restart();
    return moto;
  }

  /** Starts it anew on the same port; it has forgotten everything. */
  public void restart() throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
                "python3",
                "-c",
                "from moto.server import main; main(['-H', '127.0.0.1', '-p', '%d'])"
                    .formatted(port))
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("moto.log").toFile());
    builder.environment().put("PYTHONPATH", OpenBao.tool("moto").toString());
    process = builder.start();
    long deadline = System.nanoTime() + 60_000_000_000L;
    while (true) {
      try {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address() + "/moto-api/")).build();
        http.send(request, HttpResponse.BodyHandlers.discarding());
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > deadline) {
          throw new AssertionError(
              "moto does not start: " + Files.readString(directory.resolve("moto.log")), e);
        }
        Thread.sleep(50);
      }
    }
  }

  public String address() {
    return "http://127.0.0.1:" + port;
  }

  /** The plan's section {@code aws}, in YAML. */
  public String settings() {
    return "aws: {region: eu-central-1, endpoint: '%s', role-arn: '%s', token-file: '%s'}"
        .formatted(address(), ROLE, directory.resolve("token"));
  }

  public String ssm(String action, String body) throws Exception {
    return call("ssm", "AmazonSSM." + action, body);
  }

  public String secretsManager(String action, String body) throws Exception {
    return call("secretsmanager", "secretsmanager." + action, body);
  }

  public String kms(String action, String body) throws Exception {
    return call("kms", "TrentService." + action, body);
  }

  /** Sends a request as somebody else, and returns the answer's body. */
  private String call(String service, String target, String body) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address() + "/"))
            .header("X-Amz-Target", target)
            .header("Content-Type", "application/x-amz-json-1.1")
            .header(
                "Authorization",
                "AWS4-HMAC-SHA256 Credential=test/20260101/eu-central-1/%s/aws4_request,"
                        .formatted(service)
                    + " SignedHeaders=host, Signature=0")
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build();
    HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new AssertionError(target + ": " + answer.statusCode() + " " + answer.body());
    }
    return answer.body();
  }

  /** What an answer says of a key. */
  public static String said(String answer, String key) {
    Matcher matcher = Pattern.compile("\"" + key + "\": \"([^\"]*)\"").matcher(answer);
    if (!matcher.find()) {
      throw new AssertionError(answer);
    }
    return matcher.group(1);
  }

  public void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
    http.close();
  }
}
