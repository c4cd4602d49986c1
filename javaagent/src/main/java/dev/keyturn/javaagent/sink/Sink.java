package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * One kind of place where a stand-in becomes the secret. A sink says in a constant which methods it
 * is at (see {@link dev.keyturn.javaagent.weaving.Joins}), is in the list of {@link Sinks}, and has
 * no state that a call leaves behind: it is made at the first call, and called by any thread.
 */
public abstract class Sink {
  /**
   * Called when a method of the sink is called, before its first instruction.
   *
   * @param values the receiver (null in static methods and constructors), then the arguments: an
   *     int as Integer, null in place of other primitive ones. A join of kind {@code arguments} may
   *     put others in the places of objects, of the same types; what the caller owns is copied and
   *     not changed
   * @return for a join of kind {@code instead}, the method's result, which it then returns at once
   *     (any object if it has none); or null, and the method runs as if nothing was
   * @throws Thrown what the application is to get
   * @throws Throwable anything else: it is suppressed, counted and said once, and the method runs
   */
  public abstract @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable;

  /** Carries what the application is to get out of {@link #enter}. */
  public static final class Thrown extends Exception {
    private static final long serialVersionUID = 1L;

    public Thrown(Throwable cause) {
      super(null, cause, false, false);
    }
  }
}
