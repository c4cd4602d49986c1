package dev.keyturn.webhook.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.timeout.IdleStateEvent;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** One client: its requests one after the other. Runs on its channel's own thread alone. */
final class Connection extends SimpleChannelInboundHandler<FullHttpRequest> {
  private final Requests requests;
  private final Duration requestTimeout;
  private @Nullable Channel channel;
  private @Nullable Future<?> deadline;
  private boolean closing;

  Connection(Requests requests, Duration requestTimeout) {
    this.requests = requests;
    this.requestTimeout = requestTimeout;
  }

  /**
   * Stands where bytes come in: from the first of a request on, its last must come in time. A limit
   * on the silence between two bytes would let a client send one now and then for ever.
   */
  ChannelInboundHandlerAdapter deadline() {
    return new ChannelInboundHandlerAdapter() {
      @Override
      public void channelRead(ChannelHandlerContext context, Object bytes) {
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
    var _ = context.close();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    noDeadline();
    FullHttpResponse response = requests.answer(request);
    boolean keepAlive = HttpUtil.isKeepAlive(request) && !closing && !requests.isDraining();
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, keepAlive);
    var written = context.writeAndFlush(response);
    if (!keepAlive) {
      written.addListener(ChannelFutureListener.CLOSE);
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
    var _ = context.close();
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
