package dev.keyturn.sidecar.sops;

import java.util.Objects;

/**
 * A file is none of sops's, was changed behind its back, or can't be decrypted with what there is.
 * The message says what and what to do, and holds no value.
 */
final class SopsException extends Exception {
  private static final long serialVersionUID = 1L;

  SopsException(String message) {
    super(message);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }
}
