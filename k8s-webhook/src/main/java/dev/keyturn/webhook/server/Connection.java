package dev.keyturn.webhook.server;

import dev.keyturn.webhook.certificate.TrustedClients;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.IdleStateEvent;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One client: its requests one after the other. Runs on its channel's own thread alone. */
final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
  /**
   * What has waited for so long is not answered but sent away, to come again: the API server gives
   * up after 5 s ({@code timeoutSeconds} in the chart), and an answer after that is work for
   * nothing. A request may also have come just after the last round began, and so have waited twice
   * as long.
   */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final Requests requests;
  private final Duration requestTimeout;
  private final Round round;
  private final Optional<TrustedClients> clients;
  private @Nullable Channel channel;
  private @Nullable Future<?> deadline;
  private boolean closing;
  private @Nullable ChannelFuture lastAnswer;
  private volatile long lastUse = System.nanoTime();

  Connection(
      Requests requests, Duration requestTimeout, Round round, Optional<TrustedClients> clients) {
    this.requests = requests;
    this.requestTimeout = requestTimeout;
    this.round = round;
    this.clients = clients;
  }

  /** When it was last answered, or else came, by {@link System#nanoTime}. Any thread. */
  long lastUse() {
    return lastUse;
  }

  /**
   * Stands where bytes come in: from the first of a request on, its last must come in time. A limit
   * on the silence between two bytes would let a client send one now and then for ever.
   */
  ChannelInboundHandlerAdapter deadline() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object bytes) {
        round.read();
        if (deadline == null) {
          deadline =
              context
                  .executor()
                  .schedule(
                      () -> tooSlow(context), requestTimeout.toMillis(), TimeUnit.MILLISECONDS);
        }
        context.fireChannelRead(bytes);
      }
    };
  }

  private void tooSlow(ChannelHandlerContext context) {
    requests.tooSlow();
    drop(context.channel());
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    noDeadline();
    if (!context.channel().isOpen()) {
      return; // what had come before it was closed
    }
    ChannelFuture unread = lastAnswer;
    if (unread != null && !unread.isDone()) {
      // A client that asks for more than it reads: the API server asks for one thing at a time.
      requests.unread();
      drop(context.channel());
      return;
    }
    FullHttpResponse response =
        requests.answer(request, isTrusted(context), round.waited().compareTo(PATIENCE) > 0);
    lastUse = System.nanoTime();
    boolean keepAlive = HttpUtil.isKeepAlive(request) && !closing && !requests.isDraining();
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, keepAlive);
    ChannelFuture written = context.writeAndFlush(response);
    lastAnswer = written;
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
    }
  }

  /** Whether the client is one that may ask for reviews. */
  private boolean isTrusted(ChannelHandlerContext context) {
    if (clients.isEmpty()) {
      return true;
    }
    try {
      SslHandler handshake = context.pipeline().get(SslHandler.class);
      return clients.get().include(handshake.engine().getSession().getPeerPrincipal());
    } catch (SSLPeerUnverifiedException e) {
      return false;
    }
  }

  /** Closes at once, or when the request that is coming in is answered. */
  void closeWhenIdle() {
    Channel open = channel;
    if (open == null) {
      return;
    }
    open.eventLoop()
        .execute(
            () -> {
              closing = true;
              if (deadline == null) {
                var _ = open.close();
              }
            });
  }

  /** Closes now: somebody else needs the room. Any thread. */
  void evict() {
    Channel open = channel;
    if (open != null) {
      lastUse = System.nanoTime(); // not twice
      requests.evicted();
      open.eventLoop().execute(() -> drop(open));
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof IdleStateEvent) {
      var _ = context.close();
    } else {
      context.fireUserEventTriggered(event);
    }
  }

  /** A broken handshake, a reset, a peer that stopped reading: the client's business, not ours. */
  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    drop(context.channel());
  }

  /** Closes without a word of TLS, which would wait for a client that may not read it. */
  private static void drop(Channel channel) {
    ChannelHandlerContext handshake = channel.pipeline().context(SslHandler.class);
    var _ = handshake == null ? channel.close() : handshake.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    noDeadline();
    context.fireChannelInactive();
  }

  private void noDeadline() {
    Future<?> running = deadline;
    if (running != null) {
      running.cancel(false);
      deadline = null;
    }
  }
}
