import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/** Sends stand-ins to where no sink is. */
public final class Outgoing {
  public static void main(String[] args) throws Exception {
    try (ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      // The agent weaves these classes some time after the start: until it has seen one.
      for (int i = 0; i < 200; i++) {
        bySocket(server, "AUTH keyturn:db/first\r\n");
        Thread.sleep(20);
      }
      bySocket(server, "GET /keyturn HTTP/1.1\r\nX: keyturn:db/password\r\n\r\n");
      bySocket(server, "HTTP/1.1 200 OK\r\n\r\nkeyturn:db/answer");
      byChannel(server, "keyturn:db/channel");
      byEngine("user=keyturn%3Adb%2Fengine&x=1");
    }
    System.out.println("sent");
  }

  private static void bySocket(ServerSocket server, String text) throws Exception {
    try (Socket socket = new Socket(server.getInetAddress(), server.getLocalPort());
        Socket other = server.accept()) {
      OutputStream out = socket.getOutputStream();
      out.write(text.getBytes("UTF-8"));
    }
  }

  private static void byChannel(ServerSocket server, String text) throws Exception {
    try (SocketChannel channel = SocketChannel.open(server.getLocalSocketAddress());
        Socket other = server.accept()) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(100);
      buffer.put(text.getBytes("UTF-8"));
      buffer.flip();
      channel.write(new ByteBuffer[] {buffer, null}, 0, 1);
    }
  }

  /** What is about to be encrypted. */
  private static void byEngine(String text) throws Exception {
    SSLEngine engine = SSLContext.getDefault().createSSLEngine("example.com", 443);
    engine.setUseClientMode(true);
    engine.wrap(ByteBuffer.wrap(text.getBytes("UTF-8")), ByteBuffer.allocate(20_000));
  }
}
