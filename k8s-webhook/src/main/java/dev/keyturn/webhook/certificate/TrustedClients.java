package dev.keyturn.webhook.certificate;

import java.security.Principal;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.security.auth.x500.X500Principal;

/**
 * Who may ask for reviews, where not everybody may: the API server, by its client certificate.
 *
 * @param authorities that vouch for it, at least one
 * @param subject that its certificate has; any where empty
 */
public record TrustedClients(List<X509Certificate> authorities, Optional<X500Principal> subject) {
  public TrustedClients {
    authorities = List.copyOf(authorities);
  }

  /**
   * Reads what an operator has set.
   *
   * @param authorities certificates, PEM
   * @param subject a distinguished name (RFC 2253), or empty
   * @throws CertificateException if there is no certificate in it
   * @throws IllegalArgumentException if the subject is no distinguished name
   */
  public static TrustedClients of(String authorities, String subject) throws CertificateException {
    return new TrustedClients(
        Pem.certificates(authorities),
        subject.isEmpty() ? Optional.empty() : Optional.of(new X500Principal(subject)));
  }

  /** Whether a client of this name, which the handshake has verified, is one of them. */
  public boolean include(Principal client) {
    return subject.isEmpty() || subject.get().equals(client);
  }
}
