package dev.keyturn.javaagent.tls;

import org.jspecify.annotations.Nullable;

/** Calls that the agent itself makes to key stores and factories: they give plain managers. */
final class OwnCalls {
  private static final ThreadLocal<@Nullable Boolean> INSIDE = new ThreadLocal<>();

  private OwnCalls() {}

  /** Whether this thread is in one. */
  static boolean inside() {
    return INSIDE.get() != null;
  }

  /** Returns what to hand to {@link #end}: they may be nested. */
  static @Nullable Boolean begin() {
    Boolean before = INSIDE.get();
    INSIDE.set(true);
    return before;
  }

  static void end(@Nullable Boolean before) {
    if (before == null) {
      INSIDE.remove();
    }
  }
}
