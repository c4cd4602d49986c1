package dev.keyturn.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.webhook.certificate.ServerCertificate;
import dev.keyturn.webhook.certificate.TestCertificates;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The webhook as a process. */
@Timeout(120)
class MainTest {
  @TempDir private Path directory;
  private Process process;
  private final List<String> lines = new ArrayList<>();

  @AfterEach
  void stop() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  @Test
  void itServesUntilSigtermFollowingItsCertificateAndExitsWithZero() throws Exception {
    var certificates = new TestCertificates();
    TestCertificates.write(certificates.forLocalhost(), directory);
    BufferedReader log =
        start(
            Map.of(
                "KEYTURN_IMAGE", "example.com/keyturn:1",
                "KEYTURN_LISTEN", "127.0.0.1:0",
                "KEYTURN_CERTIFICATE", "files",
                "KEYTURN_CERTIFICATE_DIR", directory.toString(),
                "KEYTURN_DRAIN", "1s"));
    String listen = await(log, "started").path("listen").asString();
    var ready = URI.create("https://localhost:" + listen.replaceAll(".*:", "") + "/readyz");
    try (var client = HttpClient.newBuilder().sslContext(certificates.client()).build()) {
      assertThat(get(client, ready)).isEqualTo(200);

      ServerCertificate replacement = certificates.forLocalhost();
      TestCertificates.write(replacement, directory);
      await(log, "certificate-replaced");

      process.toHandle().destroy(); // SIGTERM; Process.destroy would close the log, too
      int status = 200;
      while (status == 200) {
        status = get(client, ready); // still answered, for the time that it drains
      }
      assertThat(status).isEqualTo(503);
    }
    await(log, "stopped");
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isZero();
    assertThat(lines).allMatch(line -> line.startsWith("{\"time\":\""));
  }

  @Test
  void wrongSettingsAreAllNamedAndEndTheStart() throws Exception {
    BufferedReader log =
        start(Map.of("KEYTURN_SIDECAR", "natve", "KEYTURN_CERTIFICATE", "self-made"));
    assertThat(log.readAllLines())
        .extracting(line -> JsonMapper.shared().readTree(line).path("name").asString())
        .containsExactly("KEYTURN_IMAGE", "KEYTURN_SIDECAR");
    assertThat(process.waitFor()).isEqualTo(1);
  }

  @Test
  void outsideOfAClusterASelfMadeCertificateIsRefusedWithWhatToDo() throws Exception {
    BufferedReader log = start(Map.of("KEYTURN_IMAGE", "example.com/keyturn:1"));
    assertThat(log.readLine())
        .contains("not-started", "this is no pod of a cluster", "KEYTURN_CERTIFICATE=files");
    assertThat(process.waitFor()).isEqualTo(1);
  }

  private BufferedReader start(Map<String, String> settings) throws IOException {
    var builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED", // as in the image; else the JVM warns of
            // BoringSSL
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName());
    builder.environment().keySet().removeIf(name -> name.startsWith("KUBERNETES_"));
    builder.environment().keySet().removeIf(name -> name.startsWith("KEYTURN_"));
    builder.environment().putAll(settings);
    process = builder.redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
    return process.errorReader();
  }

  private JsonNode await(BufferedReader log, String event) throws IOException {
    while (true) {
      String line = log.readLine();
      assertThat(line).as("the line '%s', after %s", event, lines).isNotNull();
      lines.add(line);
      JsonNode json = JsonMapper.shared().readTree(line);
      if (json.path("event").asString().equals(event)) {
        return json;
      }
    }
  }

  private static int get(HttpClient client, URI uri) throws Exception {
    var request = HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(20)).build();
    return client.send(request, BodyHandlers.discarding()).statusCode();
  }
}
