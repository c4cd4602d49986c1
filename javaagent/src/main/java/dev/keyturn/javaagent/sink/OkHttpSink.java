package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.net.Proxy;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * OkHttp since 3.13, where a request becomes bytes: after interceptors and event listeners, and a
 * response refers to the request as it was.
 */
final class OkHttpSink extends Sink {
  private static final String HTTP_1 = "okhttp3.internal.http1.Http1ExchangeCodec";

  static final String JOINS =
      "@dev.keyturn.javaagent.sink.OkHttpSink okhttp\n"
          + "okhttp3.internal.http1.Http1ExchangeCodec writeRequestHeaders(Lokhttp3/Request;)V"
          + " arguments\n"
          + "okhttp3.internal.http2.Http2ExchangeCodec writeRequestHeaders(Lokhttp3/Request;)V"
          + " arguments\n"
          // Also of a CONNECT to a proxy.
          + "okhttp3.internal.http1.Http1ExchangeCodec"
          + " writeRequest(Lokhttp3/Headers;Ljava/lang/String;)V arguments\n";

  private final Call url = new Call("okhttp3.Request", "url()");
  private final Call host = new Call("okhttp3.HttpUrl", "host()");
  private final Call port = new Call("okhttp3.HttpUrl", "port()");
  private final Call requestHeaders = new Call("okhttp3.Request", "headers()");
  private final Call newBuilder = new Call("okhttp3.Request", "newBuilder()");
  private final Call setHeaders = new Call("okhttp3.Request$Builder", "headers(okhttp3.Headers)");
  private final Call build = new Call("okhttp3.Request$Builder", "build()");
  private final Call size = new Call("okhttp3.Headers", "size()");
  private final Call name = new Call("okhttp3.Headers", "name(int)");
  private final Call value = new Call("okhttp3.Headers", "value(int)");
  private final Call headersBuilder = new Call("okhttp3.Headers", "newBuilder()");
  private final Call removeAll = new Call("okhttp3.Headers$Builder", "removeAll(java.lang.String)");
  private final Call add =
      new Call("okhttp3.Headers$Builder", "addUnsafeNonAscii(java.lang.String,java.lang.String)");
  private final Call headersBuild = new Call("okhttp3.Headers$Builder", "build()");
  private final Call connection3 = new Call(HTTP_1, "connection()");
  private final Call connection4 = new Call(HTTP_1, "getConnection()");
  private final Call carrier5 = new Call(HTTP_1, "getCarrier()");
  private final Call route = new Call("okhttp3.Connection", "route()");
  private final Call carrierRoute =
      new Call("okhttp3.internal.http.ExchangeCodec$Carrier", "getRoute()");
  private final Call proxy = new Call("okhttp3.Route", "proxy()");

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    boolean forProxy = join.method.equals("writeRequest");
    Object headers = forProxy ? values[1] : requestHeaders.on(values[1]);
    if (!holdsStandIn(headers, forProxy)) {
      return null;
    }
    if (forProxy) {
      Resolution resolution = Header.to(join.sink, proxyOf(values[0]));
      values[1] = swapped(resolution, headers, true);
    } else {
      Object request = values[1];
      Object to = url.on(request);
      Resolution resolution = Resolution.of(join.sink, (String) host.on(to), (int) port.on(to));
      values[1] =
          build.on(setHeaders.on(newBuilder.on(request), swapped(resolution, headers, false)));
    }
    return null;
  }

  private boolean holdsStandIn(Object headers, boolean forProxy) throws Throwable {
    int count = (int) size.on(headers);
    for (int i = 0; i < count; i++) {
      if (Header.holdsStandIn(value.on(headers, i))
          && Header.isForProxy((String) name.on(headers, i)) == forProxy) {
        return true;
      }
    }
    return false;
  }

  private Object swapped(Resolution resolution, Object headers, boolean forProxy) throws Throwable {
    Object builder = headersBuilder.on(headers);
    int count = (int) size.on(headers);
    for (int i = 0; i < count; i++) {
      removeAll.on(builder, name.on(headers, i));
    }
    for (int i = 0; i < count; i++) {
      String headerName = (String) name.on(headers, i);
      String headerValue = (String) value.on(headers, i);
      if (Header.isForProxy(headerName) == forProxy) {
        headerValue = Header.swapped(resolution, headerValue);
      }
      add.on(builder, headerName, headerValue);
    }
    return headersBuild.on(builder);
  }

  /** Where it is connected to, by the three names that the way to it had. */
  private @Nullable SocketAddress proxyOf(@Nullable Object codec) throws Throwable {
    Object connection;
    try {
      return ((Proxy) proxy.on(carrierRoute.on(carrier5.on(codec)))).address();
    } catch (NoSuchMethodException before5) {
      try {
        connection = connection4.orNull(codec);
      } catch (NoSuchMethodException before4) {
        connection = connection3.orNull(codec);
      }
    }
    // OkHttp 3 does not say what a tunnel is opened on.
    return connection == null ? null : ((Proxy) proxy.on(route.on(connection))).address();
  }
}
