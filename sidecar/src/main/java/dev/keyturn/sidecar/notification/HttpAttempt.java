package dev.keyturn.sidecar.notification;

import dev.keyturn.plan.Action;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;

/**
 * An HTTP/1.1 request on loopback, on a connection of its own. Of the answer only the status
 * counts, so this is less than any client of the JDK.
 */
final class HttpAttempt implements Attempt {
  /** Of an answer, head and body; what is longer is not waited for. */
  private static final int MAX_BYTES = 64 << 10;

  private final Action.Http action;

  HttpAttempt(Action.Http action) {
    this.action = action;
  }

  @Override
  public void run() throws IOException {
    long deadline = System.nanoTime() + action.timeout().toNanos();
    URI url = action.url();
    String host = url.getHost().replaceAll("[\\[\\]]", "");
    int port = url.getPort() > 0 ? url.getPort() : isHttps() ? 443 : 80;
    IOException failure = new UnknownHostException(host);
    for (InetAddress address : InetAddress.getAllByName(host)) {
      if (!address.isLoopbackAddress()) {
        throw new IOException(
            host
                + " is "
                + address.getHostAddress()
                + " here, which is not loopback: use 127.0.0.1");
      }
      try (Socket socket = new Socket()) {
        socket.connect(new InetSocketAddress(address, port), millisTo(deadline));
        check(status(answer(socket, host, port, deadline)));
        return;
      } catch (SocketTimeoutException e) {
        throw new IOException(
            "no answer within %s: make it faster or raise its timeout".formatted(action.timeout()),
            e);
      } catch (ConnectException e) {
        failure = e; // it may listen on the other of IPv4 and IPv6
      }
    }
    throw new IOException("nobody listens there: " + failure.getMessage(), failure);
  }

  private boolean isHttps() {
    return action.url().getScheme().equals("https");
  }

  private String answer(Socket plain, String host, int port, long deadline) throws IOException {
    plain.setSoTimeout(millisTo(deadline));
    try (Socket socket = isHttps() ? AnyCertificate.start(plain, host, port) : plain) {
      socket.getOutputStream().write(request().getBytes(StandardCharsets.US_ASCII));
      InputStream in = socket.getInputStream();
      byte[] answer = new byte[MAX_BYTES];
      int length = 0;
      try {
        int read = 0;
        while (read >= 0 && length < answer.length) {
          length += read;
          socket.setSoTimeout(millisTo(deadline));
          read = in.read(answer, length, answer.length - length);
        }
      } catch (IOException e) {
        // To its end only so that the server is not cut off in the middle of its sentence.
        if (status(text(answer, length)) == 0) {
          throw e;
        }
      }
      return text(answer, length);
    }
  }

  private String request() {
    URI url = action.url();
    String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
    String length = action.method().equals("GET") ? "" : "Content-Length: 0\r\n";
    return action.method()
        + " "
        + path
        + query
        + " HTTP/1.1\r\nHost: "
        + url.getRawAuthority()
        + "\r\nUser-Agent: keyturn\r\nAccept: */*\r\nConnection: close\r\n"
        + length
        + "\r\n";
  }

  private static String text(byte[] answer, int length) {
    return new String(answer, 0, length, StandardCharsets.ISO_8859_1);
  }

  /** The final status, past interim ones (RFC 9110, section 15.2); 0 if it is not there. */
  private static int status(String answer) {
    int at = 0;
    while (answer.startsWith("HTTP/1.", at) && answer.length() >= at + "HTTP/1.1 200".length()) {
      String digits = answer.substring(at + "HTTP/1.1 ".length(), at + "HTTP/1.1 200".length());
      int status =
          digits.chars().allMatch(c -> c >= '0' && c <= '9') ? Integer.parseInt(digits) : 0;
      int end = answer.indexOf("\r\n\r\n", at);
      if (status < 100 || status >= 200) {
        return status;
      }
      if (end < 0) {
        return 0;
      }
      at = end + "\r\n\r\n".length();
    }
    return 0;
  }

  private static void check(int status) throws IOException {
    if (status == 0) {
      throw new IOException("the answer is not HTTP/1.1: is this the right port?");
    }
    if (status < 200 || status >= 300) {
      throw new IOException("it answered with status " + status + ": see its log");
    }
  }

  private static int millisTo(long deadline) {
    return (int) Math.max(1, (deadline - System.nanoTime()) / 1_000_000);
  }
}
