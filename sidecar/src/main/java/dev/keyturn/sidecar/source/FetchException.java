package dev.keyturn.sidecar.source;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A version could not be had. The message says what failed, on what, why, and what to do next, and
 * holds no value.
 */
public final class FetchException extends Exception {
  private static final long serialVersionUID = 1L;

  private final boolean permanent;
  private final boolean held;
  private final Optional<Duration> retryAfter;

  private FetchException(
      String message,
      boolean permanent,
      boolean held,
      Optional<Duration> retryAfter,
      @Nullable Throwable cause) {
    super(message, cause);
    this.permanent = permanent;
    this.held = held;
    this.retryAfter = retryAfter;
  }

  /** Time may heal it: try again later. */
  public static FetchException temporary(String message, @Nullable Throwable cause) {
    return new FetchException(message, false, false, Optional.empty(), cause);
  }

  /** The source says itself when to try again. */
  public static FetchException later(String message, Duration retryAfter) {
    return new FetchException(message, false, false, Optional.of(retryAfter), null);
  }

  /** Somebody has to correct the plan, the source or a policy first. */
  public static FetchException permanent(String message) {
    return new FetchException(message, true, false, Optional.empty(), null);
  }

  /** The same, told as being about something: a reference. */
  public FetchException about(String what) {
    return new FetchException(what + ": " + getMessage(), permanent, held, retryAfter, this);
  }

  /** The same again, without another try: the source is known to be down. */
  public FetchException again(Duration retryAfter) {
    return new FetchException(getMessage(), permanent, true, Optional.of(retryAfter), this);
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** Whether somebody has to correct something first. */
  public boolean permanent() {
    return permanent;
  }

  /** Whether the source was not even asked. */
  public boolean held() {
    return held;
  }

  /** The time before which it makes no sense to try again; empty where nobody knows. */
  public Optional<Duration> retryAfter() {
    return retryAfter;
  }
}
