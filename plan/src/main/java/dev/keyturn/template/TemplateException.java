package dev.keyturn.template;

/**
 * A template that can't be read or rendered. The message says where and what, and holds no value of
 * a secret.
 */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final String what;

  /**
   * @param text the whole template
   * @param at the place, counted in characters from the start of the text
   * @param what is wrong, and what to do
   */
  TemplateException(String text, int at, String what) {
    this(lineOf(text, at), at - text.lastIndexOf('\n', at - 1), what);
  }

  private TemplateException(int line, int column, String what) {
    super("line " + line + ", column " + column + ": " + what);
    this.line = line;
    this.column = column;
    this.what = what;
  }

  private static int lineOf(String text, int at) {
    int line = 1;
    for (int i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) {
      line++;
    }
    return line;
  }

  /** The line of the template, from 1 on. */
  public int line() {
    return line;
  }

  /** The character in the line, from 1 on. */
  public int column() {
    return column;
  }

  /** What is wrong, without the place. */
  public String what() {
    return what;
  }
}
