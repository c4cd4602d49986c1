package dev.keyturn.bench;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/**
 * Sends one review again and again over TLS connections that are kept, each waiting for its answer:
 * {@code WebhookLoad PORT CA_FILE REVIEW_FILE CONNECTIONS WARM_UP_SECONDS SECONDS}. Prints requests
 * per second, while warming up and after, and the times of the requests. Plain sockets and hardly
 * any parsing, so that the load takes little of the machine from the server.
 */
final class WebhookLoad {
  private final int port;
  private final byte[] request;
  private final SSLContext tls;

  private WebhookLoad(int port, byte[] request, SSLContext tls) {
    this.port = port;
    this.request = request;
    this.tls = tls;
  }

  public static void main(String[] args) throws Exception {
    byte[] review = Files.readAllBytes(Path.of(args[2]));
    String head =
        "POST /mutate?timeout=10s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Accept: application/json\r\nContent-Length: "
            + review.length
            + "\r\n\r\n";
    byte[] request = Arrays.copyOf(head.getBytes(ISO_8859_1), head.length() + review.length);
    System.arraycopy(review, 0, request, head.length(), review.length);
    var load = new WebhookLoad(Integer.parseInt(args[0]), request, trusting(Path.of(args[1])));
    int connections = Integer.parseInt(args[3]);
    Duration warmUp = Duration.ofSeconds(Long.parseLong(args[4]));
    int before = load.run(connections, warmUp).length;
    Duration time = Duration.ofSeconds(Long.parseLong(args[5]));
    long[] nanos = load.run(connections, time);
    Arrays.sort(nanos);
    System.out.printf(
        Locale.ROOT,
        "{\"warm_up\": %.1f, \"requests_per_second\": %.1f, \"p50_ms\": %.3f, \"p99_ms\": %.3f}%n",
        before / (double) warmUp.toSeconds(),
        nanos.length / (double) time.toSeconds(),
        nanos[nanos.length / 2] / 1e6,
        nanos[(int) (nanos.length * 0.99)] / 1e6);
  }

  /** The times of all requests that were answered. */
  private long[] run(int connections, Duration time) throws Exception {
    long end = System.nanoTime() + time.toNanos();
    try (var threads = Executors.newFixedThreadPool(connections)) {
      Callable<long[]> connection = () -> ask(end);
      var all =
          threads.invokeAll(IntStream.range(0, connections).mapToObj(_ -> connection).toList());
      long[] nanos = {};
      for (Future<long[]> one : all) {
        long[] more = one.get();
        int had = nanos.length;
        nanos = Arrays.copyOf(nanos, had + more.length);
        System.arraycopy(more, 0, nanos, had, more.length);
      }
      return nanos;
    }
  }

  private long[] ask(long end) throws IOException {
    long[] nanos = new long[1 << 16];
    int count = 0;
    try (var socket = (SSLSocket) tls.getSocketFactory().createSocket("127.0.0.1", port)) {
      socket.setTcpNoDelay(true);
      OutputStream out = socket.getOutputStream();
      InputStream in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
      byte[] body = new byte[1 << 16];
      for (long start = System.nanoTime(); start < end; ) {
        out.write(request);
        int length = readAnswer(in, body);
        if (count == 0 && !new String(body, 0, length, ISO_8859_1).contains("\"patch\":\"")) {
          throw new IOException("no patch: " + new String(body, 0, length, ISO_8859_1));
        }
        long now = System.nanoTime();
        if (count == nanos.length) {
          nanos = Arrays.copyOf(nanos, 2 * count);
        }
        nanos[count++] = now - start;
        start = now;
      }
    }
    return Arrays.copyOf(nanos, count);
  }

  /** Reads one answer, whole or in chunks, into a buffer; how long its body is. */
  private static int readAnswer(InputStream in, byte[] body) throws IOException {
    int length = 0;
    boolean chunked = false;
    String line = readLine(in);
    if (!line.startsWith("HTTP/1.1 200")) {
      throw new IOException("the answer is " + line);
    }
    for (line = readLine(in); !line.isEmpty(); line = readLine(in)) {
      String header = line.toLowerCase(Locale.ROOT);
      chunked |= header.startsWith("transfer-encoding:");
      if (header.startsWith("content-length:")) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    if (!chunked) {
      return in.readNBytes(body, 0, length);
    }
    int chunk;
    do {
      chunk = Integer.parseInt(readLine(in), 16);
      length += in.readNBytes(body, length, chunk);
      readLine(in);
    } while (chunk > 0);
    return length;
  }

  private static String readLine(InputStream in) throws IOException {
    var line = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new IOException("the connection was closed");
      }
      if (c != '\r') {
        line.append((char) c);
      }
    }
    return line.toString();
  }

  private static SSLContext trusting(Path caFile) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(caFile)) {
      store.setCertificateEntry(
          "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    return tls;
  }
}
