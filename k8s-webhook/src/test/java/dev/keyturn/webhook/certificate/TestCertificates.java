package dev.keyturn.webhook.certificate;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
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

  /** Writes the authority's certificate. */
  public void writeAuthority(Path file) throws Exception {
    Files.writeString(file, Pem.write(List.of(authority.certificate())));
  }

  public SSLContext client() throws Exception {
    return trusting(authority.certificate());
  }

  public static SSLContext trusting(X509Certificate... authorities) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    for (int i = 0; i < authorities.length; i++) {
      store.setCertificateEntry("ca" + i, authorities[i]);
    }
    var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }
}
