package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.MalformedURLException;
import java.net.SocketAddress;
import java.net.URL;
import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own {@code HttpURLConnection}, where the head of a request is printed into the
 * connection. Its classes are not open to the agent, so the stream that is printed to is wrapped;
 * to which host it goes is known one call earlier, from the text of the connection, which is its
 * URL. Who is at the other end, perhaps a proxy, was said when it was opened.
 */
final class HttpUrlConnectionSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.HttpUrlConnectionSink http-url-connection "
          + Sinks.URL_DOORS
          + "\n"
          + "sun.net.www.http.HttpClient openServer(Ljava/lang/String;I)V arguments\n"
          + "sun.net.www.http.HttpClient writeRequests(Lsun/net/www/MessageHeader;"
          + "Lsun/net/www/http/PosterOutputStream;)V arguments\n"
          + "sun.net.www.http.HttpClient writeRequests(Lsun/net/www/MessageHeader;"
          + "Lsun/net/www/http/PosterOutputStream;Z)V arguments\n"
          + "sun.net.www.MessageHeader print(Ljava/io/PrintStream;)V arguments\n";

  /** The connection that this thread is about to print to. */
  private static final ThreadLocal<@Nullable Object> CONNECTION = new ThreadLocal<>();

  /** Whom a connection was opened to. */
  private static final Map<Object, SocketAddress> PEERS =
      Collections.synchronizedMap(new WeakHashMap<Object, SocketAddress>());

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("openServer")) {
      PEERS.put(
          Objects.requireNonNull(values[0]),
          InetSocketAddress.createUnresolved(
              (String) Objects.requireNonNull(values[1]),
              (Integer) Objects.requireNonNull(values[2])));
      return null;
    }
    if (join.method.equals("writeRequests")) {
      CONNECTION.set(values[0]);
      return null;
    }
    Object to = CONNECTION.get();
    CONNECTION.remove();
    String head = String.valueOf(values[0]);
    if (to != null && (Resolution.in(head) || head.contains(": Basic "))) {
      values[1] =
          new Head(
              (PrintStream) values[1],
              resolution(join.sink, to.toString()),
              Header.to(join.sink, PEERS.get(to)));
    }
    return null;
  }

  /**
   * @param connection {@code sun.net.www.http.HttpClient(URL)}, since Java 1.2
   */
  private static Resolution resolution(String sink, String connection)
      throws MalformedURLException {
    URL url = new URL(connection.substring(connection.indexOf('(') + 1, connection.length() - 1));
    return Header.to(sink, url.getProtocol(), url.getHost(), url.getPort());
  }

  /** Takes the request line, then a line for each header, then an empty one. */
  private static final class Head extends PrintStream {
    private final PrintStream connection;
    private final Resolution toHost;
    private final Resolution toPeer;
    private boolean inHeaders;
    private boolean isTunnel;
    private boolean isProxied;

    Head(PrintStream connection, Resolution toHost, Resolution toPeer) {
      super(connection);
      this.connection = connection;
      this.toHost = toHost;
      this.toPeer = toPeer;
    }

    /** A line, as a StringBuilder. */
    @Override
    public void print(@Nullable Object line) {
      print(String.valueOf(line));
    }

    @Override
    public void print(@Nullable String line) {
      String text = String.valueOf(line);
      int colon = text.indexOf(": ");
      if (!inHeaders) {
        inHeaders = true;
        isTunnel = text.startsWith("CONNECT ");
        // A proxy is asked for a whole URL (RFC 9112, 3.2). Through a tunnel nothing is for it.
        isProxied = text.charAt(text.indexOf(' ') + 1) != '/';
      } else if (colon > 0) {
        boolean isForProxy = isTunnel || Header.isForProxy(text.substring(0, colon));
        String value = text.substring(colon + 2, text.length() - "\r\n".length());
        if (Header.holdsStandIn(value) && (isProxied || !isForProxy)) {
          text =
              text.substring(0, colon + 2)
                  + Header.swapped(isForProxy ? toPeer : toHost, value)
                  + "\r\n";
        }
      }
      connection.print(text);
    }
  }
}
