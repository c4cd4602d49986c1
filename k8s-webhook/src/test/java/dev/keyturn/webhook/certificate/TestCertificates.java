package dev.keyturn.webhook.certificate;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** An authority for tests: certificates for localhost, and clients that trust them. */
public final class TestCertificates {
  private final CertificateAuthority authority;

  public TestCertificates() throws Exception {
    authority = CertificateAuthority.make(Instant.now(), Duration.ofDays(1));
  }

  public ServerCertificate forLocalhost() throws Exception {
    return authority.certify(List.of("localhost"), Instant.now(), Duration.ofDays(1));
  }

  /** Writes {@code tls.crt} and {@code tls.key}. */
  public static void write(ServerCertificate certificate, Path directory) throws Exception {
    Files.writeString(directory.resolve("tls.crt"), Pem.write(certificate.chain()));
    Files.writeString(directory.resolve("tls.key"), Pem.write(certificate.key()));
  }

  /** The authority's certificate, PEM. */
  public String authority() {
    return Pem.write(List.of(authority.certificate()));
  }

  /**
   * A client that shows a certificate of its own, as an API server can; made by keytool, since what
   * makes the webhook's own makes servers' alone.
   */
  public SSLContext client(KeyStore shown) throws Exception {
    var keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    keys.init(shown, "changeit".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust(authority.certificate()).getTrustManagers(), null);
    return context;
  }

  /** A key and a certificate signed by itself. */
  public static KeyStore clientKey(Path file, String subject) throws Exception {
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "key",
                "-keyalg",
                "EC",
                "-dname",
                subject,
                "-ext",
                "EKU=clientAuth",
                "-keystore",
                file.toString(),
                "-storepass",
                "changeit")
            .redirectErrorStream(true)
            .start();
    String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (keytool.waitFor() != 0) {
      throw new IllegalStateException(said);
    }
    return KeyStore.getInstance(file.toFile(), "changeit".toCharArray());
  }

  /** Writes the authority's certificate. */
  public void writeAuthority(Path file) throws Exception {
    Files.writeString(file, Pem.write(List.of(authority.certificate())));
  }

  public SSLContext client() throws Exception {
    return trusting(authority.certificate());
  }

  public static SSLContext trusting(X509Certificate... authorities) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust(authorities).getTrustManagers(), null);
    return context;
  }

  private static TrustManagerFactory trust(X509Certificate... authorities) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.length; i++) {
      store.setCertificateEntry("ca" + i, authorities[i]);
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust;
  }
}
