import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.Collections;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLServerSocketFactory;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSessionContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

/** A server and a client that know no more of TLS than the properties javax.net.ssl.* say. */
public class ServedByProperties {
  public static void main(String[] args) throws Exception {
    String mount = System.getProperty("keyturn.mount") + "/..data/";
    System.setProperty("javax.net.ssl.keyStore", mount + "web");
    System.setProperty("javax.net.ssl.keyStoreType", args[0]);
    System.setProperty("javax.net.ssl.keyStorePassword", "changeit");
    System.setProperty("javax.net.ssl.trustStore", mount + "ca");
    System.setProperty("javax.net.ssl.trustStoreType", args[0]);
    System.setProperty("javax.net.ssl.trustStorePassword", "changeit");
    SSLServerSocket server =
        (SSLServerSocket) SSLServerSocketFactory.getDefault().createServerSocket(0);
    Thread accepting = new Thread(() -> accept(server));
    accepting.setDaemon(true);
    accepting.start();
    SSLSocket first =
        (SSLSocket) SSLSocketFactory.getDefault().createSocket("localhost", server.getLocalPort());
    BufferedReader in = reader(first);
    App.serve(
        command -> {
          if (command.equals("on the first connection")) {
            first
                .getOutputStream()
                .write("GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String status = in.readLine();
            while (!in.readLine().isEmpty()) {}
            return status + " " + (char) in.read();
          }
          // A session that is resumed shows the certificate that it began with.
          SSLSessionContext sessions = SSLContext.getDefault().getClientSessionContext();
          for (byte[] id : Collections.list(sessions.getIds())) {
            SSLSession session = sessions.getSession(id);
            if (session != null) {
              session.invalidate();
            }
          }
          HttpsURLConnection connection =
              (HttpsURLConnection)
                  new URL("https://localhost:" + server.getLocalPort() + "/").openConnection();
          connection.setRequestProperty("Connection", "close");
          InputStream body = connection.getInputStream();
          X509Certificate certificate = (X509Certificate) connection.getServerCertificates()[0];
          body.close();
          return certificate.getSubjectX500Principal().getName();
        });
  }

  private static void accept(SSLServerSocket server) {
    while (true) {
      try {
        SSLSocket socket = (SSLSocket) server.accept();
        Thread serving = new Thread(() -> serve(socket));
        serving.setDaemon(true);
        serving.start();
      } catch (IOException e) {
        e.printStackTrace();
      }
    }
  }

  private static void serve(SSLSocket socket) {
    try {
      BufferedReader in = reader(socket);
      OutputStream out = socket.getOutputStream();
      String line;
      boolean close = false;
      while ((line = in.readLine()) != null) {
        close |= line.equals("Connection: close");
        if (line.isEmpty()) {
          String head = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n";
          out.write(
              (head + (close ? "Connection: close\r\n\r\n+" : "\r\n+"))
                  .getBytes(StandardCharsets.US_ASCII));
          out.flush();
          if (close) {
            socket.close();
            return;
          }
        }
      }
    } catch (IOException e) {
      // The client went, or has seen a certificate that it does not trust.
    }
  }

  private static BufferedReader reader(SSLSocket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
  }
}
