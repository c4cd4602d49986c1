package dev.keyturn.agenttests.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;

/** Who visits a server on this machine, and trusts all of the given. */
final class Visitor {
  private final int port;
  private final Identity own;
  private final Identity[] trusted;

  /** Shows a certificate of its own, if it is given one. */
  Visitor(int port, Identity own, Identity... trusted) {
    this.port = port;
    this.own = own;
    this.trusted = trusted;
  }

  /** What has that identity, if any, and trusts the others. */
  static SSLContext context(Identity own, Identity... trusted) {
    try {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(null, null);
      if (own != null) {
        keys.setKeyEntry("own", own.key(), new char[0], new X509Certificate[] {own.certificate()});
      }
      KeyManagerFactory key = KeyManagerFactory.getInstance("SunX509");
      key.init(keys, new char[0]);
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      for (Identity one : trusted) {
        store.setCertificateEntry(one.name(), one.certificate());
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(key.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A connection with a handshake of its own, which can be used again and again. */
  Visit visit() throws IOException {
    // Without a session to resume, which would show the certificate that it began with.
    SSLContext context = context(own, trusted);
    return new Visit((SSLSocket) context.getSocketFactory().createSocket("localhost", port));
  }

  /** Whose certificate a new connection shows, after a request went well. */
  String name() throws IOException {
    try (Visit visit = visit()) {
      visit.get();
      return visit.server();
    }
  }

  /** Whether a request goes well, and does not end with the connection. */
  boolean isLetIn() {
    try (Visit visit = visit()) {
      visit.get();
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  static final class Visit implements AutoCloseable {
    private static final String LENGTH = "Content-Length: ";

    private final SSLSocket socket;
    private final BufferedReader in;

    private Visit(SSLSocket socket) throws IOException {
      this.socket = socket;
      socket.setSoTimeout(20_000);
      in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** A request, which goes well. */
    void get() throws IOException {
      socket
          .getOutputStream()
          .write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      String status = in.readLine();
      if (status == null) {
        throw new IOException("the connection was closed");
      }
      assertThat(status).startsWith("HTTP/1.1 200");
      int length = 0;
      for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
        if (line.regionMatches(true, 0, LENGTH, 0, LENGTH.length())) {
          length = Integer.parseInt(line.substring(LENGTH.length()));
        }
      }
      for (int i = 0; i < length; i++) {
        in.read();
      }
    }

    String server() throws IOException {
      X509Certificate certificate = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return certificate.getSubjectX500Principal().getName();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }
}
