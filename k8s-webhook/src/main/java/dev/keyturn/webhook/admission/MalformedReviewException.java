package dev.keyturn.webhook.admission;

/** What was sent is not an {@code AdmissionReview} that an API server could have made. */
public final class MalformedReviewException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  MalformedReviewException(String message) {
    super(message);
  }
}
