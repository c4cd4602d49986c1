package dev.keyturn.sidecar;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a sidecar and an OpenBao, passes on what both say, and plays every fault that a
 * network or a server has, one at a time. Counts what the sidecar asks for.
 */
@SuppressWarnings("FutureReturnValueIgnored") // of writes: one that fails has lost its reader
final class FaultProxy implements AutoCloseable {
  /** What the sidecar gets instead of an answer. */
  enum Fault {
    NONE,
    /** Nobody listens. */
    REFUSED,
    /** Whoever connects never gets an answer. */
    BLACK_HOLE,
    /** The true answer, one byte each 50 ms. */
    BYTE_BY_BYTE,
    /** Half of the true body, then the end. */
    HALF_BODY,
    /** Half of the true body, then a reset. */
    RESET,
    /** A body without end. */
    HUGE_BODY,
    NO_HTTP,
    BAD_JSON,
    /** JSON in which nothing is what it should be. */
    STRANGE_JSON,
    EMPTY_ANSWER,
    /** What a TLS server says to a client that does not speak TLS. */
    TLS_ALERT,
    /** Refused for a second, with Retry-After. */
    TOO_MANY_REQUESTS,
    SERVER_ERROR,
    BAD_GATEWAY,
    SEALED,
    /** A node of a disaster recovery cluster. */
    STATUS_472,
    /** A performance standby. */
    STATUS_473,
    /** A standby that knows the active node, where nobody listens. */
    REDIRECT,
    /** A redirect to itself. */
    REDIRECT_LOOP,
    /** A node that is behind what the client has seen. */
    BEHIND,
    FORBIDDEN
  }

  private static final HttpClient UPSTREAM = HttpClient.newHttpClient();
  private static final int HUGE = 1 << 30;

  private final String server;
  private final EventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final ChannelGroup connections = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final ConcurrentLinkedDeque<Long> requestTimes = new ConcurrentLinkedDeque<>();
  private final ConcurrentLinkedDeque<Long> connectionTimes = new ConcurrentLinkedDeque<>();
  private final int port;
  private volatile Fault fault = Fault.NONE;
  private Channel listener;

  /**
   * Listens on a port of its own.
   *
   * @param server an address to pass requests on to
   */
  FaultProxy(String server) throws InterruptedException {
    this.server = server;
    this.listener = listen(0);
    this.port = ((InetSocketAddress) listener.localAddress()).getPort();
  }

  private Channel listen(int at) throws InterruptedException {
    return new ServerBootstrap()
        .group(group)
        .channel(NioServerSocketChannel.class)
        .option(ChannelOption.SO_REUSEADDR, true)
        .childHandler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                connections.add(channel);
                connectionTimes.add(System.nanoTime());
                channel
                    .pipeline()
                    .addLast(
                        new HttpRequestDecoder(), new HttpObjectAggregator(1 << 20), new Front());
              }
            })
        .bind("127.0.0.1", at)
        .sync()
        .channel();
  }

  String address() {
    return "http://127.0.0.1:" + port;
  }

  /** From now on; forgets what was counted. */
  void play(Fault next) throws InterruptedException {
    fault = next;
    if (next == Fault.REFUSED) {
      listener.close().sync();
      connections.close().sync();
    } else if (!listener.isOpen()) {
      listener = listen(port);
    }
    requestTimes.clear();
    connectionTimes.clear();
  }

  /** Since the last fault began. */
  int requests() {
    return requestTimes.size();
  }

  /** Since the last fault began. */
  int connections() {
    return connectionTimes.size();
  }

  /** The most requests or connections, whichever are more, that any second saw. */
  int busiestSecond() {
    return Math.max(busiest(List.copyOf(requestTimes)), busiest(List.copyOf(connectionTimes)));
  }

  private static int busiest(List<Long> times) {
    int most = 0;
    int first = 0;
    for (int last = 0; last < times.size(); last++) {
      while (times.get(last) - times.get(first) > 1_000_000_000L) {
        first++;
      }
      most = Math.max(most, last - first + 1);
    }
    return most;
  }

  /** One connection of the sidecar's. */
  private final class Front extends SimpleChannelInboundHandler<FullHttpRequest> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      requestTimes.add(System.nanoTime());
      switch (fault) {
        case NONE -> pass(context, request, answer -> context.writeAndFlush(answer));
        case REFUSED -> context.close();
        case BLACK_HOLE -> {}
        case BYTE_BY_BYTE -> pass(context, request, answer -> drip(context, answer));
        case HALF_BODY -> pass(context, request, answer -> half(context, answer));
        case RESET ->
            pass(
                context,
                request,
                answer -> {
                  // Closing does not wait for the other side: it resets.
                  context.channel().config().setOption(ChannelOption.SO_LINGER, 0);
                  half(context, answer);
                });
        case HUGE_BODY -> {
          context.writeAndFlush(
              text("HTTP/1.1 200 OK\r\nContent-Length: " + HUGE + "\r\n\r\n{\"data\":{\"a\":\""));
          flood(context);
        }
        case NO_HTTP -> end(context, text("220 mail.example ESMTP\r\n"));
        case BAD_JSON -> context.writeAndFlush(status("200 OK", "", "{\"data\": {\"data\": {\"v"));
        case STRANGE_JSON ->
            context.writeAndFlush(
                status(
                    "200 OK",
                    "",
                    "{\"data\":[1,null],\"auth\":\"x\",\"lease_duration\":\"y\",\"lease_id\":{}}"));
        case EMPTY_ANSWER -> context.writeAndFlush(status("200 OK", "", ""));
        case TLS_ALERT ->
            end(context, Unpooled.wrappedBuffer(new byte[] {0x15, 3, 3, 0, 2, 2, 0x46}));
        case TOO_MANY_REQUESTS -> refuse(context, "429 Too Many Requests", "Retry-After: 1\r\n");
        case SERVER_ERROR -> refuse(context, "500 Internal Server Error", "");
        case BAD_GATEWAY ->
            context.writeAndFlush(status("502 Bad Gateway", "", "<html>bad gateway</html>"));
        case SEALED -> refuse(context, "503 Service Unavailable", "");
        case STATUS_472 -> refuse(context, "472 Disaster Recovery", "");
        case STATUS_473 -> refuse(context, "473 Performance Standby", "");
        case REDIRECT ->
            refuse(
                context,
                "307 Temporary Redirect",
                "Location: http://127.0.0.1:1" + request.uri() + "\r\n");
        case REDIRECT_LOOP ->
            refuse(
                context,
                "307 Temporary Redirect",
                "Location: " + address() + request.uri() + "\r\n");
        case BEHIND -> refuse(context, "412 Precondition Failed", "");
        case FORBIDDEN -> refuse(context, "403 Forbidden", "");
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }

    private void refuse(ChannelHandlerContext context, String status, String headers) {
      context.writeAndFlush(status(status, headers, "{\"errors\":[\"played by the test\"]}"));
    }

    private void half(ChannelHandlerContext context, ByteBuf answer) {
      end(context, answer.slice(0, answer.readableBytes() - 5));
    }

    private void end(ChannelHandlerContext context, ByteBuf answer) {
      context.writeAndFlush(answer).addListener(ChannelFutureListener.CLOSE);
    }

    private void drip(ChannelHandlerContext context, ByteBuf rest) {
      if (context.channel().isActive() && rest.isReadable()) {
        context.writeAndFlush(rest.readBytes(1));
        context.executor().schedule(() -> drip(context, rest), 50, TimeUnit.MILLISECONDS);
      }
    }

    private void flood(ChannelHandlerContext context) {
      context
          .writeAndFlush(Unpooled.wrappedBuffer(new byte[1 << 16]))
          .addListener(
              written -> {
                if (written.isSuccess()) {
                  flood(context);
                }
              });
    }

    private void pass(ChannelHandlerContext context, FullHttpRequest request, Then then) {
      HttpRequest.Builder forward =
          HttpRequest.newBuilder(URI.create(server + request.uri()))
              .method(
                  request.method().name(),
                  BodyPublishers.ofByteArray(ByteBufUtil.getBytes(request.content())));
      for (var header : request.headers()) {
        if (header.getKey().toLowerCase(java.util.Locale.ROOT).startsWith("x-vault-")) {
          forward.header(header.getKey(), header.getValue());
        }
      }
      UPSTREAM
          .sendAsync(forward.build(), BodyHandlers.ofByteArray())
          .whenComplete(
              (answer, failure) ->
                  context
                      .executor()
                      .execute(
                          () -> {
                            if (failure == null) {
                              then.answer(whole(answer));
                            } else {
                              context.close();
                            }
                          }));
    }

    private ByteBuf whole(HttpResponse<byte[]> answer) {
      return status(
          answer.statusCode() + " As It Came",
          "Content-Type: application/json\r\n",
          new String(answer.body(), StandardCharsets.UTF_8));
    }
  }

  private interface Then {
    void answer(ByteBuf answer);
  }

  private static ByteBuf status(String line, String headers, String body) {
    int length = body.getBytes(StandardCharsets.UTF_8).length;
    return text(
        "HTTP/1.1 %s\r\n%sContent-Length: %d\r\n\r\n%s".formatted(line, headers, length, body));
  }

  private static ByteBuf text(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
  }
}
