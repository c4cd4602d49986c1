package dev.keyturn.sidecar.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;

/**
 * A handshake with nobody. For its first one the JVM loads and computes so much that this is most
 * of the time of a start; where it is done beside the rest of the start, the real one finds it
 * there (docs/decisions/sidecar-tls.md). What fails here the real one will tell.
 */
public final class Rehearsal {
  private Rehearsal() {}

  /** Makes a key on P-256: for the first the JDK computes a table, which takes longest of all. */
  public static void makeKey() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC", "SunEC");
      generator.initialize(new ECGenParameterSpec("secp256r1"));
      var _ = generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      // A JVM without the curve: the handshake does without it, too.
    }
  }

  /** Says hello, and hears nothing. */
  public static void sayHello() {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      // Trusts nobody, and so reads no certificates.
      context.init(null, new TrustManager[0], null);
      try (SSLSocket socket =
          (SSLSocket)
              context.getSocketFactory().createSocket(new Nobody(), "localhost", 443, true)) {
        socket.startHandshake();
      }
    } catch (IOException | GeneralSecurityException e) {
      // The end that it had to have.
    }
  }

  /** Takes what is said to it, and hangs up. */
  private static final class Nobody extends Socket {
    @Override
    public boolean isConnected() {
      return true;
    }

    @Override
    public InputStream getInputStream() {
      return InputStream.nullInputStream();
    }

    @Override
    public OutputStream getOutputStream() {
      return OutputStream.nullOutputStream();
    }
  }
}
