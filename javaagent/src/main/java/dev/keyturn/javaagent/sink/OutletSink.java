package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Outlets;
import dev.keyturn.javaagent.weaving.Join;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Sees what goes out to connections, before TLS encrypts it, and reports stand-ins in it. */
final class OutletSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.OutletSink outlet java.net.Socket,"
          + Sinks.URL_DOORS
          + "\n"
          // Sockets: up to Java 12, and from 13 on.
          + "java.net.SocketOutputStream socketWrite([BII)V arguments\n"
          + "sun.nio.ch.NioSocketImpl write([BII)V arguments\n"
          + "@dev.keyturn.javaagent.sink.OutletSink outlet java.nio.channels.SocketChannel\n"
          + "sun.nio.ch.SocketChannelImpl write(Ljava/nio/ByteBuffer;)I arguments\n"
          + "sun.nio.ch.SocketChannelImpl write([Ljava/nio/ByteBuffer;II)J arguments\n"
          + "@dev.keyturn.javaagent.sink.OutletSink outlet"
          + " javax.net.ssl.SSLSocketFactory,javax.net.ssl.SSLSocket\n"
          // TLS over sockets: Java 8, and from 11 on. Over channels: what most callers end in.
          + "sun.security.ssl.AppOutputStream write([BII)V arguments\n"
          + "sun.security.ssl.SSLSocketImpl$AppOutputStream write([BII)V arguments\n"
          + "@dev.keyturn.javaagent.sink.OutletSink outlet javax.net.ssl.SSLEngine\n"
          + "sun.security.ssl.SSLEngineImpl"
          + " wrap([Ljava/nio/ByteBuffer;IILjava/nio/ByteBuffer;)"
          + "Ljavax/net/ssl/SSLEngineResult; arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    Object data = values[1];
    if (data instanceof ByteBuffer) {
      Outlets.look((ByteBuffer) data);
      return null;
    }
    Integer from = (Integer) values[2];
    Integer length = (Integer) values[3];
    if (data == null || from == null || length == null) {
      return null;
    }
    if (data instanceof byte[]) {
      Outlets.look((byte[]) data, from, length);
    } else {
      // Netty's array has nulls after those that are to be written.
      ByteBuffer[] buffers = (ByteBuffer[]) data;
      for (int i = from; i < Math.min(from + length, buffers.length); i++) {
        if (buffers[i] != null) {
          Outlets.look(buffers[i]);
        }
      }
    }
    return null;
  }
}
