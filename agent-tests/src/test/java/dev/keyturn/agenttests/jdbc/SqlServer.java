package dev.keyturn.agenttests.jdbc;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/**
 * As much of SQL Server's protocol (MS-TDS) as a login is, without TLS: takes a login or refuses it
 * with error 18456, and remembers who came. There is no server to be had as an artifact.
 */
final class SqlServer implements AutoCloseable {
  private static final int PRELOGIN = 0x12;
  private static final int LOGIN7 = 0x10;
  private static final int ANSWER = 0x04;

  private final ServerSocket listener;
  private final Predicate<Login> accepts;
  final List<Login> logins = new CopyOnWriteArrayList<>();

  SqlServer(Predicate<Login> accepts) throws IOException {
    this.accepts = accepts;
    listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::listen);
  }

  int port() {
    return listener.getLocalPort();
  }

  private void listen() {
    while (!listener.isClosed()) {
      try {
        Socket client = listener.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      DataInputStream in = new DataInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      while (true) {
        int type = in.read();
        if (type < 0) {
          return;
        }
        in.readUnsignedByte();
        byte[] data = new byte[in.readUnsignedShort() - 8];
        in.skipNBytes(4);
        in.readFully(data);
        if (type == PRELOGIN) {
          // MS-TDS 2.2.6.5: version 16.0, and no encryption.
          answer(out, new byte[] {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, -1, 16, 0, 3, -24, 0, 0, 2});
        } else if (type == LOGIN7) {
          Login login = login(data);
          logins.add(login);
          answer(out, accepts.test(login) ? accepted() : refused(login));
        } else {
          answer(out, done(0));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** MS-TDS 2.2.6.4: offsets and lengths are at fixed places, texts in UTF-16. */
  private static Login login(byte[] data) {
    ByteBuffer fields = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    byte[] user = field(fields, 40);
    byte[] password = field(fields, 44);
    for (int i = 0; i < password.length; i++) {
      int plain = (password[i] ^ 0xA5) & 0xFF;
      password[i] = (byte) (plain << 4 | plain >> 4);
    }
    return new Login(
        new String(user, StandardCharsets.UTF_16LE),
        new String(password, StandardCharsets.UTF_16LE));
  }

  private static byte[] field(ByteBuffer data, int at) {
    byte[] field = new byte[2 * data.getShort(at + 2)];
    data.get(data.getShort(at), field);
    return field;
  }

  private static byte[] accepted() {
    byte[] name = "SQL".getBytes(StandardCharsets.UTF_16LE);
    ByteBuffer tokens = ByteBuffer.allocate(200).order(ByteOrder.LITTLE_ENDIAN);
    tokens.put((byte) 0xAD).putShort((short) (10 + name.length)).put((byte) 1);
    tokens.put(new byte[] {0x74, 0, 0, 4}).put((byte) (name.length / 2)).put(name);
    tokens.put(new byte[] {16, 0, 3, -24}).put(done(0));
    return trimmed(tokens);
  }

  private static byte[] refused(Login login) {
    byte[] message =
        ("Login failed for user '" + login.user() + "'.").getBytes(StandardCharsets.UTF_16LE);
    ByteBuffer tokens = ByteBuffer.allocate(1000).order(ByteOrder.LITTLE_ENDIAN);
    tokens.put((byte) 0xAA).putShort((short) (14 + message.length)).putInt(18456);
    tokens.put((byte) 1).put((byte) 14).putShort((short) (message.length / 2)).put(message);
    tokens.put((byte) 0).put((byte) 0).putInt(1).put(done(2));
    return trimmed(tokens);
  }

  private static byte[] done(int status) {
    return ByteBuffer.allocate(13)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put((byte) 0xFD)
        .putShort((short) status)
        .array();
  }

  private static byte[] trimmed(ByteBuffer tokens) {
    byte[] bytes = new byte[tokens.position()];
    tokens.flip().get(bytes);
    return bytes;
  }

  private static void answer(OutputStream out, byte[] data) throws IOException {
    ByteBuffer packet = ByteBuffer.allocate(data.length + 8);
    packet.put((byte) ANSWER).put((byte) 1).putShort((short) packet.capacity());
    packet.putInt(0x00000100).put(data);
    out.write(packet.array());
    out.flush();
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
