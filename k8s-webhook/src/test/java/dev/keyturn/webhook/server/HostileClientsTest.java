package dev.keyturn.webhook.server;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.webhook.admission.Admission;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.admission.TestSettings;
import dev.keyturn.webhook.certificate.TestCertificates;
import dev.keyturn.webhook.certificate.TrustedClients;
import dev.keyturn.webhook.log.TestLog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client can do to the server that is no API server, or one that asks for too much. */
@Timeout(90)
class HostileClientsTest {
  private static final String REVIEW = "src/test/resources/golden/one-secret.review.json";
  private static final String NEXT = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";

  @TempDir private Path directory;
  private final TestLog log = new TestLog();
  private TestCertificates certificates;
  private WebhookServer server;
  private String review;

  @BeforeEach
  void start() throws Exception {
    certificates = new TestCertificates();
    review = Files.readString(Path.of(REVIEW));
    start(new Injector(TestSettings.typical())::admit, Optional.empty());
  }

  private void start(Function<Pod, Admission> injector, Optional<TrustedClients> clients)
      throws Exception {
    stop();
    server =
        new WebhookServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            certificates.forLocalhost(),
            injector,
            clients,
            Duration.ofSeconds(5),
            "1",
            log.log());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5\r\nContent-Length: 5\r\n",
        "Content-Length: +5\r\n",
        "Content-Length: -5\r\n",
        "Content-Length: 5, 5\r\n",
        "Content-Length: 0x5\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        "Transfer-Encoding:\u000bchunked\r\n",
        "Content-Length: 5\nX: a\r\n",
        "X: a\u0000b\r\nContent-Length: 5\r\n",
        "X: a\rContent-Length: 5\r\n",
        "Host: y\r\nContent-Length: 5\r\n",
      })
  void aRequestWhoseEndCouldBeSeenElsewhereIsTheLastOfItsConnection(String headers)
      throws Exception {
    String said =
        say("POST /healthz HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n", "0\r\n\r\n", NEXT, NEXT);
    assertThat(said).doesNotContain("200 OK");
    assertThat(said.split("HTTP/1.1 ", -1)).as(said).hasSizeLessThanOrEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"zz\r\n", "5;\u0000\r\nabcde\r\n", "-1\r\n", "ffffffffffffffff\r\n", "5\nabcde"})
  void aBrokenChunkIsTheEndOfItsConnection(String chunk) throws Exception {
    String head = "POST /mutate HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    assertThat(say(head, chunk, NEXT)).doesNotContain("200 OK");
  }

  @Test
  void whatIsNoHttpIsAnsweredOnceAndClosed() throws Exception {
    assertThat(say("HELO example.com\r\n\r\n", NEXT))
        .startsWith("HTTP/1.1 400 Bad Request")
        .doesNotContain("200 OK");
  }

  @ParameterizedTest
  @ValueSource(ints = {10_000, 1_000_000})
  void aHeadThatIsTooLongIsNotRead(int length) throws Exception {
    assertThat(say("GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + "a".repeat(length) + "\r\n\r\n"))
        .doesNotContain("200 OK");
    assertThat(say("GET /" + "a".repeat(length) + " HTTP/1.1\r\nHost: x\r\n\r\n"))
        .doesNotContain("200 OK");
  }

  @Test
  void aBodyThatBreaksOffIsNoReview() throws Exception {
    try (SSLSocket socket = connect()) {
      write(socket, head(review.length()), review.substring(0, review.length() / 2));
    }
    // It is gone from the server, which answers others.
    assertThat(say(head(review.length()), review)).startsWith("HTTP/1.1 200 OK");
    assertThat(log.lines()).hasSize(1);
  }

  @Test
  void aClientThatNeverReadsIsCutOff() throws Exception {
    try (SSLSocket socket = connect()) {
      socket.setReceiveBufferSize(1 << 12);
      String many = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
      assertThatThrownBy(
              () -> {
                while (true) {
                  write(socket, many);
                }
              })
          .isInstanceOf(IOException.class);
    }
    assertThat(metrics()).contains("{outcome=\"refused\",reason=\"unread\"} 1\n");
  }

  @Test
  void largeBodiesThatNeverEndLeaveRoomForCommonReviews() throws Exception {
    var hogs = new ArrayList<Socket>();
    try {
      byte[] most = " ".repeat(3 << 20).getBytes(ISO_8859_1);
      for (int i = 0; i < 12; i++) {
        SSLSocket hog = connect();
        hogs.add(hog);
        write(hog, head(most.length + 1));
        hog.getOutputStream().write(most);
      }
      assertThat(say(head(review.length()), review)).startsWith("HTTP/1.1 200 OK");
      assertThat(metrics()).containsPattern("outcome=\"refused\",reason=\"overload\"} [1-9]");
    } finally {
      for (Socket hog : hogs) {
        hog.close();
      }
    }
  }

  @Test
  void theLongestUnusedConnectionMakesRoomForANewOne() throws Exception {
    var idle = new ArrayList<Socket>();
    try (SSLSocket used = connect()) {
      write(used, NEXT);
      assertThat(used.getInputStream().read()).isEqualTo('H');
      for (int i = 0; i < 1050; i++) {
        idle.add(new Socket(InetAddress.getLoopbackAddress(), server.address().getPort()));
        if (i % 100 == 0) {
          write(used, NEXT); // as an API server's connection is
        }
      }
      assertThat(say(head(review.length()), review)).startsWith("HTTP/1.1 200 OK");
      write(used, "GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      assertThat(read(used)).contains("connection: close");
    } finally {
      for (Socket socket : idle) {
        socket.close();
      }
    }
    assertThat(metrics()).contains("reason=\"connections\"}");
  }

  @Test
  void whatHasWaitedTooLongIsSentAwayToComeAgain() throws Exception {
    start(HostileClientsTest::slowly, Optional.empty());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<String> ask = () -> say(head(review.length()), review);
      List<String> answers = new ArrayList<>();
      for (Future<String> answer :
          threads.invokeAll(Stream.generate(() -> ask).limit(24).toList())) {
        answers.add(answer.get());
      }
      assertThat(answers).anyMatch(answer -> answer.startsWith("HTTP/1.1 200 OK"));
      assertThat(answers)
          .filteredOn(answer -> !answer.startsWith("HTTP/1.1 200 OK"))
          .isNotEmpty()
          .allMatch(answer -> answer.startsWith("HTTP/1.1 429 Too Many Requests"))
          .allMatch(answer -> answer.contains("retry-after: 1\r\n"));
    }
    // Whoever comes later is served, and whether the server lives was never in doubt.
    assertThat(say(head(review.length()), review)).startsWith("HTTP/1.1 200 OK");
  }

  private static Admission slowly(Pod pod) {
    try {
      Thread.sleep(400);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return new Admission.Unchanged();
  }

  @Test
  void reviewsAreForTheApiServerAloneWhereItShowsACertificate() throws Exception {
    KeyStore apiServer = key("CN=kube-apiserver,O=cluster");
    KeyStore kubelet = key("CN=kubelet");
    start(
        new Injector(TestSettings.typical())::admit,
        Optional.of(
            new TrustedClients(
                List.of(certificate(apiServer), certificate(kubelet)),
                Optional.of(new X500Principal("CN=kube-apiserver, O=cluster")))));
    assertThat(say(certificates.client(apiServer), head(review.length()), review))
        .startsWith("HTTP/1.1 200 OK");
    assertThat(say(certificates.client(kubelet), head(review.length()), review))
        .startsWith("HTTP/1.1 403 Forbidden");
    assertThat(say(head(review.length()), review)).startsWith("HTTP/1.1 403 Forbidden");
    assertThat(say("GET /readyz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 OK");
    assertThat(say(certificates.client(key("CN=kube-apiserver,O=cluster")), NEXT)).isEmpty();
  }

  private KeyStore key(String subject) throws Exception {
    return TestCertificates.clientKey(
        Files.createTempDirectory(directory, "k").resolve("p12"), subject);
  }

  private static X509Certificate certificate(KeyStore store) throws Exception {
    return (X509Certificate) store.getCertificate("key");
  }

  private static String head(int length) {
    return "POST /mutate HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        + "Content-Length: "
        + length
        + "\r\n\r\n";
  }

  private String metrics() throws Exception {
    return say("GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  }

  /** What the server answers to some bytes until it closes, or has nothing to say for a while. */
  private String say(String... parts) throws Exception {
    return say(certificates.client(), parts);
  }

  private String say(SSLContext client, String... parts) throws Exception {
    try (SSLSocket socket = connect(client)) {
      try {
        write(socket, parts);
      } catch (IOException e) {
        // closed while we were talking; it may have answered before
      }
      return read(socket);
    }
  }

  private SSLSocket connect() throws Exception {
    return connect(certificates.client());
  }

  private SSLSocket connect(SSLContext client) throws Exception {
    int port = server.address().getPort();
    var socket = (SSLSocket) client.getSocketFactory().createSocket("127.0.0.1", port);
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void write(SSLSocket socket, String... parts) throws IOException {
    for (String part : parts) {
      socket.getOutputStream().write(part.getBytes(ISO_8859_1));
    }
  }

  private static String read(SSLSocket socket) {
    var said = new StringBuilder();
    try {
      for (int c = socket.getInputStream().read(); c >= 0; c = socket.getInputStream().read()) {
        said.append((char) c);
      }
    } catch (IOException e) {
      // closed without a word
    }
    return said.toString();
  }
}
