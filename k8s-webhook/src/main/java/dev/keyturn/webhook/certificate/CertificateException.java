package dev.keyturn.webhook.certificate;

/**
 * There is no good certificate now; the one in use, if any, stays, and the next look may find one.
 */
public final class CertificateException extends Exception {
  private static final long serialVersionUID = 1L;

  CertificateException(String message) {
    super(message);
  }

  CertificateException(String message, Throwable cause) {
    super(message, cause);
  }
}
