package dev.keyturn.sidecar.vault;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** One HTTP/1.1 connection (RFC 9112). Used by one thread at a time. */
final class HttpConnection implements AutoCloseable {
  /** Go's default for idle client connections, below the 5 minutes of a Vault server. */
  private static final long MAX_IDLE_NANOS = 90_000_000_000L;

  /** Of status line and headers together; Go's default is 1 MB, a Vault sends less than 1 KB. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  /** Raft storage takes entries of up to 1 MiB; JSON escapes make that longer. */
  static final int MAX_BODY_BYTES = 8 << 20;

  /**
   * @param body the caller wipes it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared or printed
  record Answer(int status, HttpHeaders headers, byte[] body) {}

  /** The connection ended before the first byte of an answer. */
  static final class NoAnswerException extends IOException {
    private static final long serialVersionUID = 1L;

    NoAnswerException(String message) {
      super(message);
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final byte[] buffer = new byte[8192];
  private int position;
  private int limit;
  private int headBytes;
  private long deadline;
  private long lastUsed;
  private boolean keepAlive;

  HttpConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
  }

  boolean isOld() {
    return System.nanoTime() - lastUsed > MAX_IDLE_NANOS;
  }

  boolean reusable() {
    return keepAlive;
  }

  /**
   * @param more further header lines, each with its end
   */
  Answer exchange(HttpRequest request, URI to, String more, byte[] body, long deadline)
      throws IOException {
    this.deadline = deadline;
    keepAlive = false;
    position = 0;
    limit = 0;
    headBytes = 0;
    try {
      send(request, to, more, body);
      Answer answer = receive();
      lastUsed = System.nanoTime();
      return answer;
    } catch (SocketTimeoutException e) {
      throw timedOut();
    } finally {
      Arrays.fill(buffer, (byte) 0);
    }
  }

  private void send(HttpRequest request, URI to, String more, byte[] body) throws IOException {
    URI uri = URI.create(to.toASCIIString());
    StringBuilder head = new StringBuilder(512);
    head.append(request.method()).append(' ').append(uri.getRawPath());
    if (uri.getRawQuery() != null && !uri.getRawQuery().isEmpty()) {
      head.append('?').append(uri.getRawQuery());
    }
    head.append(" HTTP/1.1\r\nHost: ").append(uri.getRawAuthority()).append("\r\n");
    request
        .headers()
        .map()
        .forEach(
            (name, values) ->
                values.forEach(
                    value -> head.append(name).append(": ").append(value).append("\r\n")));
    head.append(more);
    if (request.bodyPublisher().isPresent()) {
      head.append("Content-Length: ").append(body.length).append("\r\n");
    }
    byte[] start = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] message = Arrays.copyOf(start, start.length + body.length);
    System.arraycopy(body, 0, message, start.length, body.length);
    try {
      socket.getOutputStream().write(message);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      throw new NoAnswerException(String.valueOf(e.getMessage()));
    } finally {
      Arrays.fill(start, (byte) 0);
      Arrays.fill(message, (byte) 0);
    }
  }

  private Answer receive() throws IOException {
    String[] statusLine;
    int status;
    Map<String, List<String>> headers;
    do {
      statusLine = line().split(" ", 3);
      if (statusLine.length < 2 || !statusLine[0].startsWith("HTTP/1.")) {
        throw new IOException("the answer is not HTTP/1.1: is this the server's address and port?");
      }
      status = number(statusLine[1], 10);
      headers = headers();
    } while (status >= 100 && status < 200);
    HttpHeaders all = HttpHeaders.of(headers, (name, value) -> true);
    String connection = all.firstValue("connection").orElse("").toLowerCase(Locale.ROOT);
    boolean persistent = statusLine[0].equals("HTTP/1.1") && !connection.contains("close");
    return new Answer(status, all, body(status, all, persistent));
  }

  private Map<String, List<String>> headers() throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      if (colon < 1) {
        throw new IOException("the answer has a malformed header");
      }
      headers
          .computeIfAbsent(line.substring(0, colon), name -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return headers;
  }

  private byte[] body(int status, HttpHeaders headers, boolean persistent) throws IOException {
    if (status == 204 || status == 304) {
      keepAlive = persistent;
      return new byte[0];
    }
    if (headers.firstValue("transfer-encoding").isPresent()) {
      byte[] body = chunks();
      keepAlive = persistent;
      return body;
    }
    var length = headers.firstValue("content-length");
    if (length.isEmpty()) {
      throw new IOException("the answer has no length");
    }
    byte[] body = new byte[checkedLength(number(length.get(), 10))];
    readFully(body, 0);
    keepAlive = persistent;
    return body;
  }

  private byte[] chunks() throws IOException {
    byte[] body = new byte[0];
    while (true) {
      int size = number(line().split(";", 2)[0].strip(), 16);
      if (size == 0) {
        headers();
        return body;
      }
      byte[] longer = Arrays.copyOf(body, checkedLength((long) body.length + size));
      Arrays.fill(body, (byte) 0);
      readFully(longer, body.length);
      body = longer;
      line();
    }
  }

  private static int checkedLength(long length) throws IOException {
    if (length < 0 || length > MAX_BODY_BYTES) {
      throw new IOException(
          "the answer has %d bytes; the limit is %d".formatted(length, MAX_BODY_BYTES));
    }
    return (int) length;
  }

  private static int number(String text, int radix) throws IOException {
    try {
      int number = Integer.parseInt(text, radix);
      if (number >= 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // As bad as a negative one.
    }
    throw new IOException("the answer is malformed: a number was expected");
  }

  private void readFully(byte[] into, int from) throws IOException {
    int at = from;
    while (at < into.length) {
      fill();
      int n = Math.min(limit - position, into.length - at);
      System.arraycopy(buffer, position, into, at, n);
      position += n;
      at += n;
    }
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    while (true) {
      fill();
      char c = (char) (buffer[position++] & 0xff);
      if (++headBytes > MAX_HEAD_BYTES) {
        throw new IOException("the answer's head is longer than " + MAX_HEAD_BYTES + " bytes");
      }
      if (c == '\n') {
        return line.toString();
      }
      if (c != '\r') {
        line.append(c);
      }
    }
  }

  private void fill() throws IOException {
    if (position < limit) {
      return;
    }
    long millis = (deadline - System.nanoTime()) / 1_000_000;
    if (millis <= 0) {
      throw timedOut();
    }
    socket.setSoTimeout((int) millis);
    int n;
    try {
      n = in.read(buffer);
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException e) {
      throw headBytes == 0 ? new NoAnswerException(String.valueOf(e.getMessage())) : e;
    }
    if (n < 0) {
      throw headBytes == 0
          ? new NoAnswerException("the server closed the connection without an answer")
          : new IOException("the server closed the connection in the middle of its answer");
    }
    position = 0;
    limit = n;
  }

  private static HttpTimeoutException timedOut() {
    return new HttpTimeoutException("no whole answer in time");
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // Nothing is lost: the connection is not used again.
    }
  }
}
