package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.net.http}: where headers become the bytes of a request (HTTP/1.1) or of a stream's
 * first frame (HTTP/2), so that neither the request nor what a redirect makes of it has a value.
 */
final class JavaNetHttpSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JavaNetHttpSink java-net-http\n"
          // Called just before, by the same thread: says for which request, and on what connection.
          + "jdk.internal.net.http.HttpConnection headerFilter("
          + "Ljdk/internal/net/http/HttpRequestImpl;)Ljava/util/function/BiPredicate; arguments\n"
          + "jdk.internal.net.http.Http1Request collectHeaders1(Ljava/lang/StringBuilder;"
          + "Ljava/net/http/HttpHeaders;Ljava/util/function/BiPredicate;)V arguments\n"
          + "jdk.internal.net.http.Http2Connection encodeHeadersImpl(I[Ljava/net/http/HttpHeaders;)"
          + "Ljava/util/List; arguments\n";

  private static final BiPredicate<String, String> ALL =
      new BiPredicate<String, String>() {
        @Override
        public boolean test(String name, String value) {
          return true;
        }
      };

  /** The end of a channel's text: {@code remote=NAME/ADDRESS:PORT]}, the name perhaps empty. */
  private static final Pattern REMOTE = Pattern.compile("remote=([^/\\s]*)/(\\S+):(\\d+)]$");

  private final Call uri = new Call("java.net.http.HttpRequest", "uri()");
  private final Call map = new Call("java.net.http.HttpHeaders", "map()");
  private static final ThreadLocal<@Nullable URI> TARGET = new ThreadLocal<>();
  private static final ThreadLocal<@Nullable WeakReference<Object>> CONNECTION =
      new ThreadLocal<>();

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("headerFilter")) {
      Object request = values[1];
      TARGET.set(request == null ? null : (URI) uri.on(request));
      CONNECTION.set(new WeakReference<>(Objects.requireNonNull(values[0])));
    } else if (join.method.equals("collectHeaders1")) {
      URI to = TARGET.get();
      WeakReference<Object> connection = CONNECTION.get();
      if (to != null && connection != null) {
        values[2] = swapped(join.sink, to, connection.get(), filter(values[3]), values[2]);
      }
    } else {
      Object[] headers = ((Object[]) values[2]).clone();
      URI to = null;
      for (int i = 1; i < headers.length; i++) {
        if (holdsStandIn(headers[i])) {
          if (to == null) {
            // The first are what stands in place of the request line (RFC 9113, 8.3.1).
            Map<String, List<String>> pseudo = map(headers[0]);
            to = URI.create(first(pseudo, ":scheme") + "://" + first(pseudo, ":authority") + "/");
          }
          headers[i] = swapped(join.sink, to, null, ALL, headers[i]);
        }
      }
      values[2] = headers;
    }
    return null;
  }

  @SuppressWarnings("unchecked")
  private Map<String, List<String>> map(Object headers) throws Throwable {
    return (Map<String, List<String>>) map.on(headers);
  }

  private static String first(Map<String, List<String>> headers, String name) {
    return Objects.requireNonNull(headers.get(name), name).get(0);
  }

  private boolean holdsStandIn(Object headers) throws Throwable {
    for (List<String> values : map(headers).values()) {
      for (String value : values) {
        if (Header.holdsStandIn(value)) {
          return true;
        }
      }
    }
    return false;
  }

  @SuppressWarnings("unchecked")
  private static BiPredicate<String, String> filter(@Nullable Object filter) {
    return (BiPredicate<String, String>) Objects.requireNonNull(filter);
  }

  /**
   * @param connection which may be to a proxy; null if what is for one is not to be swapped
   * @param sent says of a header whether it goes out: the JDK keeps back what is for a proxy when
   *     there is none, or when it goes through a tunnel
   */
  private Object swapped(
      String sink,
      URI to,
      @Nullable Object connection,
      BiPredicate<String, String> sent,
      Object headers)
      throws Throwable {
    if (to.getHost() == null || !holdsStandIn(headers)) {
      return headers;
    }
    // All that opens a tunnel is for the proxy; the URI of that is "socket://HOST:PORT".
    boolean isTunnel = "socket".equals(to.getScheme());
    Resolution toHost = Header.to(sink, to.getScheme(), to.getHost(), to.getPort());
    Resolution toPeer = Header.to(sink, connection == null ? null : remote(connection));
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> header : map(headers).entrySet()) {
      boolean isForProxy = isTunnel || Header.isForProxy(header.getKey());
      List<String> values = new ArrayList<>();
      for (String value : header.getValue()) {
        boolean stays = (isForProxy && connection == null) || !sent.test(header.getKey(), value);
        values.add(stays ? value : Header.swapped(isForProxy ? toPeer : toHost, value));
      }
      all.put(header.getKey(), values);
    }
    Method of = headers.getClass().getMethod("of", Map.class, BiPredicate.class);
    return of.invoke(null, all, ALL);
  }

  /**
   * Whom the connection was opened to. Its class is not open to the agent; its text has been that
   * of its channel since Java 11.
   */
  private static @Nullable SocketAddress remote(Object connection) {
    Matcher remote = REMOTE.matcher(connection.toString());
    if (!remote.find()) {
      return null;
    }
    String name = remote.group(1).isEmpty() ? remote.group(2) : remote.group(1);
    return InetSocketAddress.createUnresolved(name, Integer.parseInt(remote.group(3)));
  }
}
