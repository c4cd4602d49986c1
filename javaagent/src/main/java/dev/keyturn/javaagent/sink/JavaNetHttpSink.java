package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.reflect.Method;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.net.http}: where headers become the bytes of a request (HTTP/1.1) or of a stream's
 * first frame (HTTP/2), so that neither the request nor what a redirect makes of it has a value.
 */
final class JavaNetHttpSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JavaNetHttpSink java-net-http\n"
          // Called just before, by the same thread: says for which request.
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

  private final Call uri = new Call("java.net.http.HttpRequest", "uri()");
  private final Call map = new Call("java.net.http.HttpHeaders", "map()");
  private static final ThreadLocal<@Nullable URI> TARGET = new ThreadLocal<>();

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("headerFilter")) {
      Object request = values[1];
      TARGET.set(request == null ? null : (URI) uri.on(request));
    } else if (join.method.equals("collectHeaders1")) {
      URI to = TARGET.get();
      if (to != null) {
        values[2] = swapped(join.sink, to, values[2]);
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
          headers[i] = swapped(join.sink, to, headers[i]);
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

  private Object swapped(String sink, URI to, Object headers) throws Throwable {
    // A tunnel's CONNECT is for "socket://": what it has is for the proxy, whose name isn't known.
    if (to.getHost() == null || "socket".equals(to.getScheme()) || !holdsStandIn(headers)) {
      return headers;
    }
    Resolution resolution = Header.to(sink, to.getScheme(), to.getHost(), to.getPort());
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> header : map(headers).entrySet()) {
      List<String> values = new ArrayList<>();
      for (String value : header.getValue()) {
        values.add(Header.isForProxy(header.getKey()) ? value : Header.swapped(resolution, value));
      }
      all.put(header.getKey(), values);
    }
    Method of = headers.getClass().getMethod("of", Map.class, BiPredicate.class);
    return of.invoke(null, all, ALL);
  }
}
