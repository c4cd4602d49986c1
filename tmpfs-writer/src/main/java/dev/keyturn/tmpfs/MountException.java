package dev.keyturn.tmpfs;

import java.io.IOException;
import java.nio.file.Path;

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

  /** Something stands where an entry of ours belongs, and it is not ours. */
  static MountException foreign(Path entry, String expected) {
    return new MountException(
        entry
            + " was not made by Keyturn, which expects "
            + expected
            + " there; nothing was written. Find out who writes to this directory, and remove the"
            + " entry");
  }
}
