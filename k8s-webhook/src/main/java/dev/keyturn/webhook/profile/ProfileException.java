package dev.keyturn.webhook.profile;

/** A namespace has no profile that its pods could be judged by; says why and what to do next. */
public final class ProfileException extends Exception {
  private static final long serialVersionUID = 1L;

  public ProfileException(String message) {
    super(message);
  }
}
