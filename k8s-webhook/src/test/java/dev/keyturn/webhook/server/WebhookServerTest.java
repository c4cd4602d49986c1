package dev.keyturn.webhook.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.admission.TestSettings;
import dev.keyturn.webhook.certificate.ServerCertificate;
import dev.keyturn.webhook.certificate.TestCertificates;
import dev.keyturn.webhook.log.TestLog;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

@Timeout(60)
class WebhookServerTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  private final TestLog log = new TestLog();
  private TestCertificates certificates;
  private WebhookServer server;

  @BeforeEach
  void start() throws Exception {
    certificates = new TestCertificates();
    server = start(certificates.forLocalhost(), Duration.ofSeconds(10));
  }

  private WebhookServer start(ServerCertificate certificate, Duration requestTimeout)
      throws IOException {
    return new WebhookServer(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
        certificate,
        new Injector(TestSettings.typical())::admit,
        Optional.empty(),
        requestTimeout,
        "1.2.3",
        log.log());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.3", "TLSv1.2"})
  void aReviewIsAnsweredOverTls(String protocol) throws Exception {
    var parameters = new SSLParameters();
    parameters.setProtocols(new String[] {protocol});
    try (var client =
        HttpClient.newBuilder()
            .sslContext(certificates.client())
            .sslParameters(parameters)
            .build()) {
      HttpResponse<String> response = client.send(review("one-secret"), BodyHandlers.ofString());
      assertThat(response.sslSession().orElseThrow().getProtocol()).isEqualTo(protocol);
      assertThat(response.statusCode()).isEqualTo(200);
      assertThat(response.headers().firstValue("content-type")).contains("application/json");
      JsonNode answer = JsonMapper.shared().readTree(response.body());
      assertThat(answer.path("apiVersion").asString()).isEqualTo("admission.k8s.io/v1");
      assertThat(answer.path("kind").asString()).isEqualTo("AdmissionReview");
      assertThat(answer.path("response").path("allowed").asBoolean()).isTrue();
      assertThat(answer.path("response").path("patchType").asString()).isEqualTo("JSONPatch");
      assertThat(new String(answer.path("response").path("patch").binaryValue(), UTF_8))
          .contains("keyturn-secrets-0");
    }
  }

  @Test
  void olderTlsIsRefused() throws Exception {
    try (SSLSocket socket = connect()) {
      // The JDK would not even offer it: it is taken off the list of what is disabled, here only.
      socket.setEnabledProtocols(new String[] {"TLSv1.1"});
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
  }

  @Test
  void plainTextIsNotAnswered() throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.getOutputStream().write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(UTF_8));
      assertThat(new String(socket.getInputStream().readAllBytes(), UTF_8)).doesNotContain("HTTP/");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET,/healthz,200,ok",
    "GET,/readyz,200,ok",
    "GET,/healthz?verbose,200,ok",
    "POST,/healthz,405,use GET",
    "GET,/mutate,405,use POST",
    "PUT,/mutate,405,use POST",
    "GET,/,404,no such path",
    "GET,/mutate/x,404,no such path",
  })
  void pathsAndMethodsAreWhatTheyAre(String method, String path, int status, String says)
      throws Exception {
    HttpResponse<String> response =
        send(request(path).method(method, BodyPublishers.ofString("x")).build());
    assertThat(response.statusCode()).isEqualTo(status);
    assertThat(response.body()).startsWith(says);
    if (status == 405) {
      assertThat(response.headers().firstValue("allow")).contains(says.substring(4));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "text/plain", "application/jsonx", "application/yaml; a=json"})
  void onlyJsonIsTaken(String type) throws Exception {
    var request = request("/mutate").POST(BodyPublishers.ofString("{}"));
    if (!type.isEmpty()) {
      request.header("Content-Type", type);
    }
    HttpResponse<String> response = send(request.build());
    assertThat(response.statusCode()).isEqualTo(415);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json;charset=utf-8", "Application/JSON"})
  void jsonMaySayMore(String type) throws Exception {
    HttpRequest request =
        request("/mutate")
            .POST(BodyPublishers.ofFile(GOLDEN.resolve("no-annotation.review.json")))
            .header("Content-Type", type)
            .build();
    assertThat(send(request).statusCode()).isEqualTo(200);
  }

  @Test
  void aBodyThatIsNoReviewIsRefusedWithTheReason() throws Exception {
    HttpResponse<String> response = send(mutate("{\"secret\": canary"));
    assertThat(response.statusCode()).isEqualTo(400);
    assertThat(response.body()).startsWith("the body is not JSON").doesNotContain("canary");
    assertThat(log.text()).contains("review-refused").doesNotContain("canary");
  }

  @Test
  void aBodyThatIsTooLargeIsRefused() throws Exception {
    HttpResponse<String> response = send(mutate(" ".repeat(4 << 20)));
    assertThat(response.statusCode()).isEqualTo(413);
    assertThat(send(request("/metrics").build()).body())
        .contains("keyturn_webhook_requests_total{outcome=\"refused\",reason=\"size\"} 1");
  }

  @Test
  void theLargestObjectThatAnApiServerTakesIsTaken() throws Exception {
    String review = Files.readString(GOLDEN.resolve("one-secret.review.json"));
    assertThat(send(mutate(review + " ".repeat((3 << 20)))).statusCode()).isEqualTo(200);
  }

  @Test
  void aClientThatSendsTooSlowlyIsCutOff() throws Exception {
    try (var impatient = start(certificates.forLocalhost(), Duration.ofMillis(300));
        SSLSocket socket = connect(impatient)) {
      socket
          .getOutputStream()
          .write("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n".getBytes(UTF_8));
      // A byte now and then, which would keep a limit on silence content.
      var drip =
          CompletableFuture.runAsync(
              () -> {
                try {
                  for (int i = 0; i < 90; i++) {
                    socket.getOutputStream().write(' ');
                    Thread.sleep(50);
                  }
                } catch (IOException | InterruptedException e) {
                  // cut off
                }
              });
      assertThat(readToEnd(socket)).isEmpty();
      assertThat(drip).isNotDone();
    }
  }

  @Test
  void aClientThatNeverSpeaksTlsIsCutOff() throws Exception {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort())) {
      socket.setSoTimeout(20_000);
      assertThat(socket.getInputStream().read()).isEqualTo(-1);
    }
  }

  @Test
  void newConnectionsGetTheNewCertificateAndOldOnesGoOn() throws Exception {
    try (SSLSocket old = connect()) {
      old.startHandshake();
      Certificate before = old.getSession().getPeerCertificates()[0];
      ServerCertificate replacement = certificates.forLocalhost();
      server.use(replacement);
      try (SSLSocket fresh = connect()) {
        fresh.startHandshake();
        assertThat(fresh.getSession().getPeerCertificates()[0])
            .isEqualTo(replacement.chain().getFirst())
            .isNotEqualTo(before);
      }
      old.getOutputStream()
          .write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".getBytes(UTF_8));
      assertThat(readToEnd(old)).startsWith("HTTP/1.1 200 OK");
    }
  }

  @Test
  void whileItDrainsItIsNotReadyButAnswers() throws Exception {
    server.drain();
    HttpResponse<String> ready = send(request("/readyz").build());
    assertThat(ready.statusCode()).isEqualTo(503);
    assertThat(ready.body()).isEqualTo("shutting down\n");
    assertThat(send(request("/healthz").build()).statusCode()).isEqualTo(200);
    HttpResponse<String> response = send(review("one-secret"));
    assertThat(response.statusCode()).isEqualTo(200);
    assertThat(response.headers().firstValue("connection")).contains("close");
  }

  @Test
  void whatIsBeingAskedAtTheEndIsAnswered() throws Exception {
    String body = Files.readString(GOLDEN.resolve("no-annotation.review.json"));
    try (SSLSocket asking = connect();
        SSLSocket idle = connect()) {
      idle.startHandshake();
      asking
          .getOutputStream()
          .write(
              ("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                      + "Expect: 100-continue\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n")
                  .getBytes(UTF_8));
      // It has seen the head of the request when it asks for the rest.
      byte[] goOn = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(UTF_8);
      assertThat(asking.getInputStream().readNBytes(goOn.length)).isEqualTo(goOn);
      var closing = CompletableFuture.runAsync(server::close);
      assertThat(idle.getInputStream().read()).isEqualTo(-1);
      asking.getOutputStream().write(body.getBytes(UTF_8));
      assertThat(readToEnd(asking)).startsWith("HTTP/1.1 200 OK").contains("connection: close");
      closing.get(10, TimeUnit.SECONDS);
      assertThatThrownBy(this::connect).isInstanceOf(IOException.class);
    }
  }

  @Test
  void metricsTellOutcomesDurationsAndTheCertificatesEnd() throws Exception {
    send(review("one-secret"));
    send(review("no-annotation"));
    send(review("misspelt-annotation-denied"));
    send(review("taken-names-denied"));
    send(mutate("{}"));
    HttpResponse<String> response = send(request("/metrics").build());
    assertThat(response.headers().firstValue("content-type"))
        .contains("text/plain; version=0.0.4; charset=utf-8");
    assertThat(response.body())
        .contains(
            "keyturn_webhook_requests_total{outcome=\"patched\",reason=\"\"} 1\n",
            "keyturn_webhook_requests_total{outcome=\"unchanged\",reason=\"\"} 1\n",
            "keyturn_webhook_requests_total{outcome=\"denied\",reason=\"annotation\"} 1\n",
            "keyturn_webhook_requests_total{outcome=\"denied\",reason=\"conflict\"} 1\n",
            "keyturn_webhook_requests_total{outcome=\"refused\",reason=\"review\"} 1\n",
            "keyturn_webhook_request_duration_seconds_bucket{le=\"+Inf\"} 4\n",
            "keyturn_webhook_request_duration_seconds_count 4\n",
            "keyturn_webhook_build_info{version=\"1.2.3\"} 1\n")
        .containsPattern("keyturn_webhook_certificate_not_after_timestamp_seconds [0-9]{10}\n");
  }

  @Test
  void anAdmissionIsOneLineOfTheLog() throws Exception {
    send(review("misspelt-annotation-denied"));
    send(review("no-annotation"));
    assertThat(log.lines()).hasSize(1);
    JsonNode line = JsonMapper.shared().readTree(log.lines().getFirst());
    assertThat(line.path("event").asString()).isEqualTo("admission");
    assertThat(line.path("outcome").asString()).isEqualTo("denied");
    assertThat(line.path("namespace").asString()).isEqualTo("shop");
    assertThat(line.path("pod").asString()).isEqualTo("shop-7d9c5b8f6d-");
    assertThat(line.path("problems").asString()).contains("keyturn.dev/secert.db");
  }

  private HttpRequest review(String name) throws IOException {
    return mutate(Files.readString(GOLDEN.resolve(name + ".review.json")));
  }

  private HttpRequest mutate(String body) {
    return request("/mutate?timeout=10s")
        .POST(BodyPublishers.ofString(body))
        .header("Content-Type", "application/json")
        .build();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("https://localhost:" + server.address().getPort() + path))
        .timeout(Duration.ofSeconds(30));
  }

  private HttpResponse<String> send(HttpRequest request) throws Exception {
    try (var client = HttpClient.newBuilder().sslContext(certificates.client()).build()) {
      return client.send(request, BodyHandlers.ofString());
    }
  }

  private SSLSocket connect() throws Exception {
    return connect(server);
  }

  private SSLSocket connect(WebhookServer to) throws Exception {
    var socket =
        (SSLSocket)
            certificates
                .client()
                .getSocketFactory()
                .createSocket("127.0.0.1", to.address().getPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static String readToEnd(SSLSocket socket) throws IOException {
    InputStream in = socket.getInputStream();
    try {
      return new String(in.readAllBytes(), UTF_8);
    } catch (SSLException e) {
      return ""; // closed without a word
    }
  }
}
