package dev.keyturn.sidecar.source;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A version could not be had. The message says what failed, on what, why, and what to do next, and
 * holds no value.
 */
public final class FetchException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean permanent;

  private FetchException(String message, boolean permanent, @Nullable Throwable cause) {
    super(message, cause);
    this.permanent = permanent;
  }

  /** Time may heal it: try again later. */
  public static FetchException temporary(String message, @Nullable Throwable cause) {
    return new FetchException(message, false, cause);
  }

  /** Somebody has to correct the plan, the source or a policy first. */
  public static FetchException permanent(String message) {
    return new FetchException(message, true, null);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** Whether somebody has to correct something first. */
  public boolean permanent() {
    return permanent;
  }
}
