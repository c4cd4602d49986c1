package dev.keyturn.javaagent.guard;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Prints like another, with the values in its messages masked. */
final class MaskedThrowable extends Throwable {
  private static final long serialVersionUID = 1;

  private final @Nullable String message;
  private final String text;
  private @Nullable Throwable cause;

  private MaskedThrowable(Throwable like, String sink) {
    super(null, null, true, true);
    String said = like.getMessage();
    message = said == null ? null : Mask.text(said, sink);
    text = Mask.text(String.valueOf(like), sink);
    setStackTrace(like.getStackTrace());
  }

  static boolean holdsValue(Throwable thrown) {
    return holdsValue(thrown, Collections.newSetFromMap(new IdentityHashMap<Throwable, Boolean>()));
  }

  private static boolean holdsValue(@Nullable Throwable thrown, Set<Throwable> seen) {
    if (thrown == null || !seen.add(thrown)) {
      return false;
    }
    String message = thrown.getMessage();
    if (Mask.values().find(String.valueOf(thrown), 0) != null
        || (message != null && Mask.values().find(message, 0) != null)
        || holdsValue(thrown.getCause(), seen)) {
      return true;
    }
    for (Throwable suppressed : thrown.getSuppressed()) {
      if (holdsValue(suppressed, seen)) {
        return true;
      }
    }
    return false;
  }

  static MaskedThrowable of(Throwable thrown, String sink) {
    return of(thrown, sink, new IdentityHashMap<Throwable, MaskedThrowable>());
  }

  private static MaskedThrowable of(
      Throwable thrown, String sink, Map<Throwable, MaskedThrowable> made) {
    MaskedThrowable masked = made.get(thrown);
    if (masked == null) {
      masked = new MaskedThrowable(thrown, sink);
      made.put(thrown, masked);
      Throwable cause = thrown.getCause();
      if (cause != null) {
        masked.cause = of(cause, sink, made);
      }
      for (Throwable suppressed : thrown.getSuppressed()) {
        masked.addSuppressed(of(suppressed, sink, made));
      }
    }
    return masked;
  }

  @Override
  public @Nullable String getMessage() {
    return message;
  }

  @Override
  @SuppressWarnings("UnsynchronizedOverridesSynchronized") // it is set before anybody asks
  public @Nullable Throwable getCause() {
    return cause;
  }

  @Override
  public String toString() {
    return text;
  }
}
