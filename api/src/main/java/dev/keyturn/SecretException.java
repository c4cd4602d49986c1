package dev.keyturn;

import dev.keyturn.mount.MountException;

/** A secret can't be had: which, why, and what to do. Holds no value. */
public final class SecretException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  SecretException(MountException cause) {
    super(cause.getMessage(), cause);
  }

  SecretException(String message) {
    super(message);
  }
}
