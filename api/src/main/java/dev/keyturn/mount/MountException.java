package dev.keyturn.mount;

import java.io.IOException;

/** A mount, or a file in it, can't be read: what, why, and what to do. Holds no value. */
public final class MountException extends IOException {
  private static final long serialVersionUID = 1L;

  MountException(String message) {
    super(message);
  }
}
