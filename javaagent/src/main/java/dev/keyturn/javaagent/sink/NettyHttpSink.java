package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.net.SocketAddress;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Netty's HTTP codecs, and so Reactor Netty, Spring's WebClient, gRPC and others, where requests (a
 * server writes none) become bytes. They go to where the channel is connected, or through the proxy
 * there to where that was told to connect.
 */
final class NettyHttpSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.NettyHttpSink netty-http\n"
          + "io.netty.handler.codec.http.HttpObjectEncoder encode("
          + "Lio/netty/channel/ChannelHandlerContext;Ljava/lang/Object;Ljava/util/List;)V"
          + " arguments\n"
          + "io.netty.handler.codec.http.HttpObjectEncoder encodeHeaders("
          + "Lio/netty/handler/codec/http/HttpHeaders;Lio/netty/buffer/ByteBuf;)V arguments\n"
          + "io.netty.handler.codec.http2.DefaultHttp2FrameWriter writeHeaders("
          + "Lio/netty/channel/ChannelHandlerContext;ILio/netty/handler/codec/http2/Http2Headers;"
          + "IZLio/netty/channel/ChannelPromise;)Lio/netty/channel/ChannelFuture; arguments\n"
          + "io.netty.handler.codec.http2.DefaultHttp2FrameWriter writeHeaders("
          + "Lio/netty/channel/ChannelHandlerContext;ILio/netty/handler/codec/http2/Http2Headers;"
          + "ISZIZLio/netty/channel/ChannelPromise;)Lio/netty/channel/ChannelFuture; arguments\n";

  private static final ClassValue<Boolean> IS_REQUEST =
      new ClassValue<Boolean>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          return Call.type(type, "io.netty.handler.codec.http.HttpRequest") != null;
        }
      };

  private final Call headers = new Call("io.netty.handler.codec.http.HttpMessage", "headers()");
  private final Call method = new Call("io.netty.handler.codec.http.HttpRequest", "method()");
  private final Call copy = new Call("io.netty.handler.codec.http.HttpHeaders", "copy()");
  private final Call clear = new Call("io.netty.handler.codec.http.HttpHeaders", "clear()");
  private final Call add =
      new Call(
          "io.netty.handler.codec.http.HttpHeaders",
          "add(java.lang.CharSequence,java.lang.Object)");
  private final Call method2 = new Call("io.netty.handler.codec.http2.Http2Headers", "method()");
  private final Call add2 =
      new Call("io.netty.handler.codec.Headers", "add(java.lang.Object,java.lang.Object)");
  private final Call channel = new Call("io.netty.channel.ChannelHandlerContext", "channel()");
  private final Call pipeline = new Call("io.netty.channel.ChannelHandlerContext", "pipeline()");
  private final Call handler = new Call("io.netty.channel.ChannelPipeline", "get(java.lang.Class)");
  private final Call remote = new Call("io.netty.channel.Channel", "remoteAddress()");
  private final Call destination =
      new Call("io.netty.handler.proxy.ProxyHandler", "destinationAddress()");

  /** The request whose headers this thread encodes next, if they may hold a stand-in. */
  private static final ThreadLocal<@Nullable Encoding> ENCODING = new ThreadLocal<>();

  @Override
  @SuppressWarnings("ReferenceEquality") // of another request may be equal, and go elsewhere
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    switch (join.method) {
      case "encode":
        Object message = values[2];
        if (message != null && IS_REQUEST.get(message.getClass())) {
          Object all = headers.on(message);
          if (holdsStandIn(all)) {
            ENCODING.set(
                new Encoding(all, values[1], "CONNECT".equals(String.valueOf(method.on(message)))));
          }
        }
        break;
      case "encodeHeaders":
        Encoding next = ENCODING.get();
        if (next != null && next.headers == values[1]) {
          ENCODING.remove();
          Object swapped = clear.on(copy.on(next.headers));
          add(swapped, add, next.headers, join.sink, next.context, next.connect);
          values[1] = swapped;
        }
        break;
      default:
        if (holdsStandIn(values[3]) && method2.orNull(values[3]) != null) {
          Object swapped = newHttp2Headers(values[3]);
          String verb = String.valueOf(method2.on(values[3]));
          add(swapped, add2, values[3], join.sink, values[1], "CONNECT".equals(verb));
          values[3] = swapped;
        }
    }
    return null;
  }

  private static boolean holdsStandIn(Object headers) {
    for (Object header : (Iterable<?>) headers) {
      if (Header.holdsStandIn(((Map.Entry<?, ?>) header).getValue())) {
        return true;
      }
    }
    return false;
  }

  private void add(
      Object swapped, Call add, Object all, String sink, Object context, boolean connect)
      throws Throwable {
    SocketAddress peer = (SocketAddress) remote.orNull(channel.on(context));
    Resolution toPeer = Header.to(sink, peer);
    Resolution to = connect ? toPeer : Header.to(sink, behindProxy(context, peer));
    for (Object one : (Iterable<?>) all) {
      Map.Entry<?, ?> header = (Map.Entry<?, ?>) one;
      CharSequence name = (CharSequence) header.getKey();
      Object value = header.getValue();
      if (Header.holdsStandIn(value)) {
        value = Header.swapped(Header.isForProxy(name) ? toPeer : to, value.toString());
      }
      add.on(swapped, name, value);
    }
  }

  private @Nullable SocketAddress behindProxy(Object context, @Nullable SocketAddress peer)
      throws Throwable {
    Class<?> proxyHandler;
    try {
      proxyHandler =
          Call.beside(
              context,
              "io.netty.channel.ChannelHandlerContext",
              "io.netty.handler.proxy.ProxyHandler");
    } catch (ClassNotFoundException e) {
      return peer;
    }
    Object proxy = handler.orNull(pipeline.on(context), proxyHandler);
    SocketAddress behind = proxy == null ? null : (SocketAddress) destination.orNull(proxy);
    return behind == null ? peer : behind;
  }

  private static Object newHttp2Headers(Object like) throws ReflectiveOperationException {
    // Not checked again, as what is of another kind (gRPC's) was not.
    return Call.beside(
            like,
            "io.netty.handler.codec.http2.Http2Headers",
            "io.netty.handler.codec.http2.DefaultHttp2Headers")
        .getConstructor(boolean.class)
        .newInstance(false);
  }

  private static final class Encoding {
    private final Object headers;
    private final Object context;
    private final boolean connect;

    Encoding(Object headers, Object context, boolean connect) {
      this.headers = headers;
      this.context = context;
      this.connect = connect;
    }
  }
}
