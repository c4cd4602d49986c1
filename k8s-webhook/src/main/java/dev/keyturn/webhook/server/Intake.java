package dev.keyturn.webhook.server;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import java.util.Optional;

/**
 * Lets a request's parts in: none whose end two readers could see in different places (RFC 9112,
 * section 11.2), and no more bytes of large ones at a time than there is room for. Runs on its
 * channel's own thread alone.
 */
final class Intake extends ChannelInboundHandlerAdapter {
  /**
   * A common review is of 5 to 10 KB. Bodies up to this size need no room of the shared one, so
   * that large ones, or slow ones that claim to be, never keep common ones out.
   */
  private static final int SMALL_BYTES = 32 << 10;

  private final Room room;
  private final Requests requests;
  private int bytes;
  private int taken;
  private boolean discarding;

  Intake(Room room, Requests requests) {
    this.room = room;
    this.requests = requests;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object part) {
    if (!discarding && part instanceof HttpObject object) {
      Optional<String> wrong = wrong(object);
      if (wrong.isPresent()) {
        // What follows could be taken for another request: nothing of it is read.
        refuse(context, requests.malformed(wrong.get())).addListener(ChannelFutureListener.CLOSE);
      }
    }
    if (!discarding && part instanceof HttpContent content && !hasRoom(content)) {
      var _ = refuse(context, requests.overloaded());
    }
    boolean last = part instanceof LastHttpContent;
    if (discarding) {
      ReferenceCountUtil.release(part);
      if (last) {
        var _ = context.close();
      }
      return;
    }
    context.fireChannelRead(part);
    if (last) {
      leave(); // it is answered: that happens on this thread
    }
  }

  private ChannelFuture refuse(ChannelHandlerContext context, FullHttpResponse response) {
    discarding = true;
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, false);
    return context.writeAndFlush(response);
  }

  private boolean hasRoom(HttpContent content) {
    bytes += content.content().readableBytes();
    int wanted = bytes - SMALL_BYTES - taken;
    if (wanted > 0) {
      if (!room.take(wanted)) {
        return false;
      }
      taken += wanted;
    }
    return true;
  }

  private void leave() {
    room.giveBack(taken);
    taken = 0;
    bytes = 0;
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    leave();
    context.fireChannelInactive();
  }

  /** What is wrong with a part of a request. */
  private static Optional<String> wrong(HttpObject part) {
    if (part.decoderResult().isFailure()) {
      return Optional.of("this is not HTTP/1.1");
    }
    return part instanceof HttpRequest request ? wrong(request) : Optional.empty();
  }

  /** What is wrong with a request's head; the decoder has seen to its lines already. */
  private static Optional<String> wrong(HttpRequest request) {
    HttpHeaders headers = request.headers();
    List<String> codings = headers.getAll(HttpHeaderNames.TRANSFER_ENCODING);
    if (!codings.isEmpty()) {
      if (headers.contains(HttpHeaderNames.CONTENT_LENGTH)) {
        return Optional.of("there is a Content-Length beside a Transfer-Encoding");
      }
      if (codings.size() > 1 || !codings.getFirst().equalsIgnoreCase("chunked")) {
        return Optional.of("the one Transfer-Encoding known here is chunked");
      }
      if (!request.protocolVersion().equals(HttpVersion.HTTP_1_1)) {
        return Optional.of("Transfer-Encoding is for HTTP/1.1");
      }
    }
    if (headers.getAll(HttpHeaderNames.CONTENT_LENGTH).size() > 1) {
      return Optional.of("there are two Content-Lengths");
    }
    int hosts = headers.getAll(HttpHeaderNames.HOST).size();
    if (hosts > 1 || (hosts == 0 && request.protocolVersion().equals(HttpVersion.HTTP_1_1))) {
      return Optional.of("there has to be one Host");
    }
    return Optional.empty();
  }
}
