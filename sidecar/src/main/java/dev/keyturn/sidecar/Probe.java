package dev.keyturn.sidecar;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;

/**
 * The startup probe: exits with 0 as soon as the sidecar is ready, with 1 when it is not within
 * {@link #PATIENCE_MILLIS}. One probe that waits starts the application sooner than many that look,
 * a second apart as Kubernetes has them, and costs one JVM. It loads as few classes as it can.
 */
public final class Probe {
  /** Below the time-out of the probe, which the webhook sets to 60 s. */
  private static final long PATIENCE_MILLIS = 50_000;

  private static final long PAUSE_MILLIS = 15;

  private Probe() {}

  /** Takes no arguments. */
  public static void main(String[] args) throws UnknownHostException, InterruptedException {
    String endpoint = System.getenv("KEYTURN_ENDPOINT");
    SocketAddress address = address(endpoint == null ? "unix:/keyturn/run/sidecar.sock" : endpoint);
    long deadline = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
    do {
      if (isReady(address, deadline)) {
        System.exit(0);
      }
      Thread.sleep(PAUSE_MILLIS);
    } while (System.nanoTime() < deadline);
    System.exit(1);
  }

  private static SocketAddress address(String endpoint) throws UnknownHostException {
    return endpoint.startsWith("unix:")
        ? UnixDomainSocketAddress.of(endpoint.substring(5))
        : new InetSocketAddress(
            InetAddress.getByAddress(new byte[] {127, 0, 0, 1}),
            Integer.parseInt(endpoint.substring(endpoint.lastIndexOf(':') + 1)));
  }

  private static boolean isReady(SocketAddress address, long deadline) throws InterruptedException {
    try (SocketChannel channel =
        address instanceof UnixDomainSocketAddress
            ? SocketChannel.open(StandardProtocolFamily.UNIX)
            : SocketChannel.open()) {
      channel.connect(address);
      channel.configureBlocking(false);
      channel.write(
          ByteBuffer.wrap("GET /readyz HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer answer = ByteBuffer.allocate(12);
      while (answer.hasRemaining()) {
        int n = channel.read(answer);
        if (n < 0 || System.nanoTime() > deadline) {
          return false;
        }
        if (n == 0) {
          Thread.sleep(1);
        }
      }
      return new String(answer.array(), StandardCharsets.US_ASCII).equals("HTTP/1.1 200");
    } catch (IOException e) {
      // It does not listen yet.
      return false;
    }
  }
}
