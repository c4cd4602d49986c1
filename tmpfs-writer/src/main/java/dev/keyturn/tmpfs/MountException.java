package dev.keyturn.tmpfs;

import java.io.IOException;

/**
 * The mount cannot be used or written; the message says what failed, on what, why, and what to do
 * next. What was published before is still there, whole.
 */
public final class MountException extends IOException {
  private static final long serialVersionUID = 1L;

  MountException(String message) {
    super(message);
  }

  MountException(String message, Throwable cause) {
    super(message, cause);
  }
}
