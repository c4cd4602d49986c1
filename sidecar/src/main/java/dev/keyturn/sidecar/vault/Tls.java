package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultSettings;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.util.Arrays;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * TLS to the server of a plan: the JDK's whole path validation, against the plan's certificates
 * alone where it has some, and the host's name. The driver's own settings for both have no effect
 * on a client that it is given.
 */
final class Tls {
  private final VaultSettings settings;
  private byte @Nullable [] trusted;
  private @Nullable SSLSocketFactory factory;

  Tls(VaultSettings settings) {
    this.settings = settings;
  }

  /** Whose certificates are trusted, for errors. */
  static String trustOf(VaultSettings settings) {
    return settings
        .caFile()
        .map(file -> "the CA file " + file)
        .orElse(settings.ca().isPresent() ? "the plan's ca" : "the JVM's certificates");
  }

  Socket start(Socket plain, String host) throws IOException {
    String name = settings.serverName().orElse(host);
    SSLSocket socket =
        (SSLSocket) factory().createSocket(plain, name, plain.getPort(), /* autoClose= */ true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  /** Made again when the file with the certificates has changed, since they rotate too. */
  private synchronized SSLSocketFactory factory() throws IOException {
    if (settings.ca().isEmpty() && settings.caFile().isEmpty()) {
      return (SSLSocketFactory) SSLSocketFactory.getDefault();
    }
    byte[] pem =
        settings.ca().isPresent()
            ? settings.ca().get().getBytes(StandardCharsets.US_ASCII)
            : read(Path.of(settings.caFile().orElseThrow()));
    SSLSocketFactory current = factory;
    if (current == null || !Arrays.equals(pem, trusted)) {
      current = context(pem).getSocketFactory();
      factory = current;
      trusted = pem;
    }
    return current;
  }

  private static byte[] read(Path file) throws IOException {
    try {
      return Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new SSLException("there is no file " + file, e);
    }
  }

  private SSLContext context(byte[] pem) throws IOException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      Collection<? extends Certificate> certificates =
          CertificateFactory.getInstance("X.509")
              .generateCertificates(new ByteArrayInputStream(pem));
      if (certificates.isEmpty()) {
        throw new CertificateException("no certificate found");
      }
      int i = 0;
      for (Certificate certificate : certificates) {
        store.setCertificateEntry("ca" + i++, certificate);
      }
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new SSLException(
          "%s holds no usable PEM certificates: %s".formatted(trustOf(settings), e.getMessage()),
          e);
    }
  }
}
