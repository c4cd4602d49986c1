package dev.keyturn.sidecar.state;

/** A state can't be used; the message says why, and holds nothing of it. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** For a reason. */
  public StateException(String message) {
    super(message);
  }
}
