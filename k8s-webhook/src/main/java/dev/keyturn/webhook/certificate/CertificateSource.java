package dev.keyturn.webhook.certificate;

/** Where the server's certificate comes from. Called by one thread at a time. */
public interface CertificateSource {

  /**
   * The certificate that the server should use now; equal to the last one where nothing changed.
   *
   * @throws CertificateException if there is none, or none that works
   */
  ServerCertificate current() throws CertificateException, InterruptedException;
}
