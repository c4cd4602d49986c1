package dev.keyturn.sidecar.http;

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
import org.jspecify.annotations.Nullable;

/** One HTTP/1.1 connection (RFC 9112). Used by one thread at a time. */
public final class HttpConnection implements AutoCloseable {
  /** Go's default for idle client connections, below the 5 minutes of a Vault server. */
  private static final long MAX_IDLE_NANOS = 90_000_000_000L;

  /** Of status line and headers together; Go's default is 1 MB, a Vault sends less than 1 KB. */
  private static final int MAX_HEAD_BYTES = 64 << 10;

  /** Raft storage takes entries of up to 1 MiB; JSON escapes make that longer. */
  public static final int MAX_BODY_BYTES = 8 << 20;

  /**
   * What a server says.
   *
   * @param body the caller wipes it
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared or printed
  public record Answer(int status, HttpHeaders headers, byte[] body) {}

  /** The connection ended before the first byte of an answer. */
  public static final class NoAnswerException extends IOException {
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

  /** How much of the current chunk is still to come; of what is followed. */
  private int chunk;

  /** Takes the socket over, and closes it when it is closed itself. */
  public HttpConnection(Socket socket) throws IOException {
    this.socket = socket;
    this.in = socket.getInputStream();
  }

  /** Whether it has been idle for so long that the server may have given it up. */
  public boolean isOld() {
    return System.nanoTime() - lastUsed > MAX_IDLE_NANOS;
  }

  /** Whether another request may follow. */
  public boolean reusable() {
    return keepAlive;
  }

  /**
   * Sends a request and reads the whole answer.
   *
   * @param more further header lines, each with its end
   * @param deadline of {@link System#nanoTime}
   */
  public Answer exchange(HttpRequest request, URI to, String more, byte[] body, long deadline)
      throws IOException {
    StringBuilder lines = new StringBuilder();
    request
        .headers()
        .map()
        .forEach(
            (name, values) ->
                values.forEach(
                    value -> lines.append(name).append(": ").append(value).append("\r\n")));
    lines.append(more);
    if (request.bodyPublisher().isPresent()) {
      lines.append("Content-Length: ").append(body.length).append("\r\n");
    }
    return exchange(request.method(), to, lines, body, deadline);
  }

  /**
   * The same for a request without a body.
   *
   * @param lines header lines, each with its end
   */
  public Answer get(URI to, CharSequence lines, long deadline) throws IOException {
    return exchange("GET", to, lines, new byte[0], deadline);
  }

  private Answer exchange(String method, URI to, CharSequence lines, byte[] body, long deadline)
      throws IOException {
    begin(deadline);
    try {
      send(method, to, lines, body);
      Head head = head();
      Answer answer = new Answer(head.status, head.headers, body(head));
      lastUsed = System.nanoTime();
      return answer;
    } catch (SocketTimeoutException e) {
      throw timedOut();
    } finally {
      Arrays.fill(buffer, (byte) 0);
    }
  }

  /** What comes before a body. */
  private record Head(int status, HttpHeaders headers, boolean persistent) {}

  /**
   * Sends a request without a body, to which a success is an answer of lines that come when there
   * is something to tell: read them with {@link #line}.
   *
   * @param lines header lines, each with its end
   * @return the status, and the whole body where that is not 200
   */
  public Answer follow(URI to, CharSequence lines, long deadline) throws IOException {
    begin(deadline);
    try {
      send("GET", to, lines, new byte[0]);
      Head head = head();
      boolean lined =
          head.status == 200 && head.headers.firstValue("transfer-encoding").isPresent();
      return new Answer(head.status, head.headers, lined ? new byte[0] : body(head));
    } catch (SocketTimeoutException e) {
      throw timedOut();
    }
  }

  /**
   * The next line of what {@link #follow} follows, without its end.
   *
   * @return null when the server has ended it
   */
  public byte @Nullable [] line(long deadline) throws IOException {
    this.deadline = deadline;
    byte[] line = new byte[1024];
    int length = 0;
    while (true) {
      if (chunk == 0) {
        headBytes = 1; // not the first answer on this connection any more
        chunk = number(textLine().split(";", 2)[0].strip(), 16);
        if (chunk == 0) {
          return null;
        }
      }
      fill();
      byte b = buffer[position++];
      chunk--;
      if (chunk == 0) {
        textLine();
      }
      if (b == '\n') {
        return Arrays.copyOf(line, length);
      }
      if (length == line.length) {
        line = Arrays.copyOf(line, checkedLength(2L * length));
      }
      line[length++] = b;
    }
  }

  private void begin(long deadline) {
    this.deadline = deadline;
    keepAlive = false;
    position = 0;
    limit = 0;
    headBytes = 0;
    chunk = 0;
  }

  private void send(String method, URI to, CharSequence lines, byte[] body) throws IOException {
    URI uri = URI.create(to.toASCIIString());
    StringBuilder head = new StringBuilder(512);
    head.append(method).append(' ').append(uri.getRawPath());
    if (uri.getRawQuery() != null && !uri.getRawQuery().isEmpty()) {
      head.append('?').append(uri.getRawQuery());
    }
    head.append(" HTTP/1.1\r\nHost: ").append(uri.getRawAuthority()).append("\r\n");
    byte[] start =
        head.append(lines).append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
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

  private Head head() throws IOException {
    String[] statusLine;
    int status;
    Map<String, List<String>> headers;
    do {
      statusLine = textLine().split(" ", 3);
      if (statusLine.length < 2 || !statusLine[0].startsWith("HTTP/1.")) {
        throw new IOException("the answer is not HTTP/1.1: is this the server's address and port?");
      }
      status = number(statusLine[1], 10);
      headers = headers();
    } while (status >= 100 && status < 200);
    HttpHeaders all = HttpHeaders.of(headers, (name, value) -> true);
    String connection = all.firstValue("connection").orElse("").toLowerCase(Locale.ROOT);
    boolean persistent = statusLine[0].equals("HTTP/1.1") && !connection.contains("close");
    return new Head(status, all, persistent);
  }

  private Map<String, List<String>> headers() throws IOException {
    Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (String line = textLine(); !line.isEmpty(); line = textLine()) {
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

  private byte[] body(Head head) throws IOException {
    int status = head.status;
    HttpHeaders headers = head.headers;
    boolean persistent = head.persistent;
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
      int size = number(textLine().split(";", 2)[0].strip(), 16);
      if (size == 0) {
        headers();
        return body;
      }
      byte[] longer = Arrays.copyOf(body, checkedLength((long) body.length + size));
      Arrays.fill(body, (byte) 0);
      readFully(longer, body.length);
      body = longer;
      textLine();
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

  private String textLine() throws IOException {
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
