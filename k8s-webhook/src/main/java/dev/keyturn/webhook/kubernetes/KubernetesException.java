package dev.keyturn.webhook.kubernetes;

/** A call of the API server failed; it may work when tried again. */
public final class KubernetesException extends Exception {
  private static final long serialVersionUID = 1L;

  KubernetesException(String message) {
    super(message);
  }

  KubernetesException(String message, Throwable cause) {
    super(message, cause);
  }
}
