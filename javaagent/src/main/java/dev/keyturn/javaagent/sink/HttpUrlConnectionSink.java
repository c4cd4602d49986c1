package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.io.PrintStream;
import java.net.MalformedURLException;
import java.net.URL;
import org.jspecify.annotations.Nullable;

/**
 * The JDK's own {@code HttpURLConnection}, where the head of a request is printed into the
 * connection. Its classes are not open to the agent, so the stream that is printed to is wrapped;
 * to which host it goes is known one call earlier, from the text of the connection, which is its
 * URL.
 */
final class HttpUrlConnectionSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.HttpUrlConnectionSink http-url-connection "
          + Sinks.URL_DOORS
          + "\n"
          + "sun.net.www.http.HttpClient writeRequests(Lsun/net/www/MessageHeader;"
          + "Lsun/net/www/http/PosterOutputStream;)V arguments\n"
          + "sun.net.www.http.HttpClient writeRequests(Lsun/net/www/MessageHeader;"
          + "Lsun/net/www/http/PosterOutputStream;Z)V arguments\n"
          + "sun.net.www.MessageHeader print(Ljava/io/PrintStream;)V arguments\n";

  /** The connection that this thread is about to print to. */
  private static final ThreadLocal<@Nullable Object> CONNECTION = new ThreadLocal<>();

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("writeRequests")) {
      CONNECTION.set(values[0]);
      return null;
    }
    Object to = CONNECTION.get();
    CONNECTION.remove();
    String head = String.valueOf(values[0]);
    if (to != null && (Resolution.in(head) || head.contains(": Basic "))) {
      values[1] = new Head((PrintStream) values[1], resolution(join.sink, to.toString()));
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
    private final Resolution resolution;
    private boolean inHeaders;
    private boolean toProxy;

    Head(PrintStream connection, Resolution resolution) {
      super(connection);
      this.connection = connection;
      this.resolution = resolution;
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
        toProxy = text.startsWith("CONNECT ");
      } else if (colon > 0 && !toProxy && !Header.isForProxy(text.substring(0, colon))) {
        String value = text.substring(colon + 2, text.length() - "\r\n".length());
        if (Header.holdsStandIn(value)) {
          text = text.substring(0, colon + 2) + Header.swapped(resolution, value) + "\r\n";
        }
      }
      connection.print(text);
    }
  }
}
