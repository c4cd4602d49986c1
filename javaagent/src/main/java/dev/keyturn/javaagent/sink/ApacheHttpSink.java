package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Apache HttpClient 4.3 and later and 5, classic and asynchronous, HTTP/1.1 and 2, where a request
 * is handed to its connection. What is written is a view of the request in which only the iteration
 * over its headers is another: the request, which may be used again, and the libraries' header logs
 * keep the stand-ins.
 */
final class ApacheHttpSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.ApacheHttpSink apache-http-4\n"
          + "org.apache.http.protocol.HttpRequestExecutor doSendRequest("
          + "Lorg/apache/http/HttpRequest;Lorg/apache/http/HttpClientConnection;"
          + "Lorg/apache/http/protocol/HttpContext;)Lorg/apache/http/HttpResponse; arguments\n"
          + "org.apache.http.impl.nio.DefaultNHttpClientConnection submitRequest("
          + "Lorg/apache/http/HttpRequest;)V arguments\n"
          + "@dev.keyturn.javaagent.sink.ApacheHttpSink apache-http-5\n"
          + "org.apache.hc.core5.http.impl.io.DefaultBHttpClientConnection sendRequestHeader("
          + "Lorg/apache/hc/core5/http/ClassicHttpRequest;)V arguments\n"
          // Of clients and servers.
          + "org.apache.hc.core5.http.impl.nio.AbstractHttp1StreamDuplexer commitMessageHead("
          + "Lorg/apache/hc/core5/http/HttpMessage;Z"
          + "Lorg/apache/hc/core5/http/impl/nio/FlushMode;)V arguments\n"
          + "org.apache.hc.core5.http2.impl.nio.AbstractH2StreamMultiplexer commitHeaders("
          + "ILjava/util/List;Z)V arguments\n";

  private static final String FOUR = "org.apache.http.";
  private static final String FIVE = "org.apache.hc.core5.http.";

  private final Api four = new Api(FOUR, "getAllHeaders()");
  private final Api five = new Api(FIVE, "getHeaders()");
  private final Call attribute =
      new Call("org.apache.http.protocol.HttpContext", "getAttribute(java.lang.String)");
  private final Call targetHost =
      new Call("org.apache.http.conn.routing.RouteInfo", "getTargetHost()");
  private final Call requestLine = new Call("org.apache.http.HttpRequest", "getRequestLine()");
  private final Call method4 = new Call("org.apache.http.RequestLine", "getMethod()");
  private final Call remotePort = new Call("org.apache.http.HttpInetConnection", "getRemotePort()");
  private final Call remote4 = new Call("org.apache.http.HttpInetConnection", "getRemoteAddress()");
  private final Call schemeName = new Call("org.apache.http.HttpHost", "getSchemeName()");
  private final Call hostName4 = new Call("org.apache.http.HttpHost", "getHostName()");
  private final Call port4 = new Call("org.apache.http.HttpHost", "getPort()");
  private final Call remote5 =
      new Call("org.apache.hc.core5.http.HttpConnection", "getRemoteAddress()");
  private final Call method5 = new Call("org.apache.hc.core5.http.HttpRequest", "getMethod()");
  private final Call scheme5 = new Call("org.apache.hc.core5.http.HttpRequest", "getScheme()");
  private final Call authority = new Call("org.apache.hc.core5.http.HttpRequest", "getAuthority()");
  private final Call hostName5 = new Call("org.apache.hc.core5.net.NamedEndpoint", "getHostName()");
  private final Call port5 = new Call("org.apache.hc.core5.net.NamedEndpoint", "getPort()");

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    Object message =
        Objects.requireNonNull(join.method.equals("commitHeaders") ? values[2] : values[1]);
    switch (join.method) {
      case "doSendRequest":
        if (four.holdsStandIn(message)) {
          values[1] = view4(join.sink, message, values[2], values[3]);
        }
        break;
      case "submitRequest":
        if (four.holdsStandIn(message)) {
          Resolution remote = remote4(join.sink, values[0]);
          values[1] = four.view(message, four.swapped(message, remote, remote));
        }
        break;
      case "commitHeaders":
        values[2] = ofStream(join.sink, values[0], (List<?>) message);
        break;
      default:
        if (Call.type(message.getClass(), "org.apache.hc.core5.http.HttpRequest") != null
            && five.holdsStandIn(message)) {
          values[1] = view5(join.sink, message, values[0]);
        }
    }
    return null;
  }

  private Object view4(
      String sink, Object request, @Nullable Object connection, @Nullable Object context)
      throws Throwable {
    Resolution remote = remote4(sink, connection);
    Object route = attribute.orNull(context, "http.route");
    Object target = route == null ? null : targetHost.on(route);
    Resolution to =
        target == null || "CONNECT".equals(method4.on(requestLine.on(request)))
            ? remote
            : Header.to(
                sink,
                (String) schemeName.on(target),
                (String) hostName4.on(target),
                (int) port4.on(target));
    return four.view(request, four.swapped(request, to, remote));
  }

  private Resolution remote4(String sink, @Nullable Object connection) throws Throwable {
    InetAddress address = (InetAddress) remote4.orNull(connection);
    return address == null
        ? Header.to(sink, null)
        : Header.to(sink, address, (int) remotePort.on(connection));
  }

  private Object view5(String sink, Object request, @Nullable Object connection) throws Throwable {
    Resolution remote = Header.to(sink, (SocketAddress) remote5.orNull(connection));
    Object target = authority.orNull(request);
    Resolution to =
        target == null || "CONNECT".equals(method5.on(request))
            ? remote
            : Header.to(
                sink,
                (String) scheme5.orNull(request),
                (String) hostName5.on(target),
                (int) port5.on(target));
    return five.view(request, five.swapped(request, to, remote));
  }

  /** The headers of an HTTP/2 stream, which a proxy does not see. A response's have a status. */
  private List<?> ofStream(String sink, @Nullable Object connection, List<?> headers)
      throws Throwable {
    Object[] all = headers.toArray();
    String scheme = null;
    String to = null;
    boolean holdsStandIn = false;
    for (Object header : all) {
      String name = (String) five.name.on(header);
      String value = (String) five.value.orNull(header);
      if (":authority".equals(name)) {
        to = value;
      } else if (":scheme".equals(name)) {
        scheme = value;
      }
      holdsStandIn |= Header.holdsStandIn(value);
    }
    if (!holdsStandIn || to == null) {
      return headers;
    }
    URI uri = URI.create(scheme + "://" + to + "/");
    Resolution resolution = Header.to(sink, uri.getScheme(), uri.getHost(), uri.getPort());
    five.swap(all, resolution, Header.to(sink, (SocketAddress) remote5.orNull(connection)));
    return Arrays.asList(all);
  }

  /** The types that both versions have, in one package or in another. */
  private static final class Api {
    private final String core;
    private final Call headers;
    private final Call name;
    private final Call value;

    Api(String core, String headers) {
      this.core = core;
      this.headers =
          new Call(core + (core.equals(FIVE) ? "MessageHeaders" : "HttpMessage"), headers);
      name = new Call(core + "NameValuePair", "getName()");
      value = new Call(core + "NameValuePair", "getValue()");
    }

    boolean holdsStandIn(@Nullable Object message) throws Throwable {
      for (Object header : (Object[]) headers.on(message)) {
        if (Header.holdsStandIn(value.orNull(header))) {
          return true;
        }
      }
      return false;
    }

    Object[] swapped(@Nullable Object message, Resolution to, Resolution toProxy) throws Throwable {
      Object[] all = ((Object[]) headers.on(message)).clone();
      swap(all, to, toProxy);
      return all;
    }

    void swap(Object[] all, Resolution to, Resolution toProxy) throws Throwable {
      for (int i = 0; i < all.length; i++) {
        String headerName = (String) name.on(all[i]);
        String headerValue = (String) value.orNull(all[i]);
        if (headerValue != null && Header.holdsStandIn(headerValue)) {
          Resolution resolution = Header.isForProxy(headerName) ? toProxy : to;
          String swapped = Header.swapped(resolution, headerValue);
          if (!swapped.equals(headerValue)) {
            all[i] = header(all[i], headerName, swapped);
          }
        }
      }
    }

    private Object header(Object like, String headerName, String swapped)
        throws ReflectiveOperationException {
      Class<?> basic = Call.beside(like, core + "NameValuePair", core + "message.BasicHeader");
      return core.equals(FIVE)
          // Sensitive: so that an HTTP/2 connection does not keep it for its next request.
          ? basic
              .getConstructor(String.class, Object.class, boolean.class)
              .newInstance(headerName, swapped, true)
          : basic.getConstructor(String.class, String.class).newInstance(headerName, swapped);
    }

    /** The message, but for its headers when they are iterated over. */
    Object view(Object message, Object[] all) {
      Class<?> seen = null;
      for (String type :
          Arrays.asList("HttpEntityEnclosingRequest", "ClassicHttpRequest", "HttpRequest")) {
        if (seen == null) {
          seen = Call.type(message.getClass(), core + type);
        }
      }
      Class<?>[] types = {Objects.requireNonNull(seen)};
      return Proxy.newProxyInstance(types[0].getClassLoader(), types, new View(message, all, core));
    }
  }

  private static final class View implements InvocationHandler {
    private final Object message;
    private final Object[] headers;
    private final String core;

    View(Object message, Object[] headers, String core) {
      this.message = message;
      this.headers = headers;
      this.core = core;
    }

    @Override
    public @Nullable Object invoke(Object view, Method method, Object @Nullable [] arguments)
        throws Throwable {
      if (arguments == null && method.getName().equals("headerIterator")) {
        return iterator(method.getReturnType());
      }
      try {
        return method.invoke(message, arguments);
      } catch (InvocationTargetException e) {
        throw e.getTargetException();
      }
    }

    private Object iterator(Class<?> type) throws ReflectiveOperationException {
      if (type == Iterator.class) {
        return Arrays.asList(headers).iterator();
      }
      Class<?> iterator =
          Class.forName(core + "message.BasicHeaderIterator", false, type.getClassLoader());
      return iterator.getConstructors()[0].newInstance(headers, null);
    }
  }
}
