package dev.keyturn.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;

/**
 * The endpoint of a sidecar that runs on this machine.
 *
 * @param address as {@code keyturn run --endpoint} takes it
 */
record SidecarEndpoint(String address) {

  /**
   * What it said.
   *
   * @param status of HTTP
   */
  record Answer(int status, String body) {}

  /**
   * Posts nothing but the target itself.
   *
   * @throws CommandFailure if nobody answers there
   */
  Answer post(String target) {
    try (SocketChannel channel = connect()) {
      channel.write(ByteBuffer.wrap(("POST " + target + " HTTP/1.1\r\n\r\n").getBytes(UTF_8)));
      String answer = new String(Channels.newInputStream(channel).readAllBytes(), UTF_8);
      int body = answer.indexOf("\r\n\r\n");
      return new Answer(Integer.parseInt(answer.split(" ", 3)[1]), answer.substring(body + 4));
    } catch (IOException | RuntimeException e) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          "no sidecar answers at "
              + address
              + " ("
              + e
              + "): give the address that keyturn run got with --endpoint.");
    }
  }

  private SocketChannel connect() throws IOException {
    if (address.startsWith("unix:")) {
      SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
      channel.connect(UnixDomainSocketAddress.of(address.substring("unix:".length())));
      return channel;
    }
    int port = Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    if (!address.startsWith("127.0.0.1:")) {
      throw new IOException("it is neither unix:/PATH nor 127.0.0.1:PORT");
    }
    return SocketChannel.open(
        new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
  }
}
