package dev.keyturn.template;

/** Go's regular expressions, outside of templates. */
public final class GoRegex {
  private GoRegex() {}

  /**
   * Whether an expression finds something in a text.
   *
   * @throws IllegalArgumentException if it is none that can be used, or takes too long for the
   *     text; the message quotes neither
   */
  public static boolean find(String expression, String text) {
    try {
      return Regex.matches(Bytes.of(expression), Bytes.of(text), new Budget(Limits.DEFAULT));
    } catch (Failure e) {
      throw new IllegalArgumentException(e.what(), e);
    }
  }
}
