package dev.keyturn.template;

/** What is left of the limits. Used by one thread. */
final class Budget {
  private final Limits limits;
  private long steps;
  private long bytes;
  private int depth;
  private int looks;

  Budget(Limits limits) {
    this.limits = limits;
    this.steps = limits.steps();
    this.bytes = 16L * limits.bytes();
  }

  /** Takes steps. */
  void step(long count) {
    steps -= count;
    if (count < 0 || steps < 0) {
      throw new Failure("the template takes more than " + limits.steps() + " steps");
    }
  }

  /** A regular expression looks at a character: a hundredth of a step. */
  void look() {
    if (++looks % 100 == 0) {
      step(1);
    }
  }

  /** A text of so many bytes is made. */
  void text(long length) {
    bytes -= length;
    if (length > limits.bytes() || bytes < 0) {
      throw new Failure(
          "the template makes more text than " + limits.bytes() + " bytes, or 16 times in all");
    }
  }

  void enter() {
    if (++depth > limits.depth()) {
      throw new Failure("is nested deeper than " + limits.depth() + " levels: does it end?");
    }
  }

  void leave() {
    depth--;
  }

  /** A text under construction. */
  Text build() {
    return new Text();
  }

  /** Bytes under construction, within the limits. */
  final class Text {
    private final StringBuilder bytes = new StringBuilder();

    Text add(String more) {
      if (bytes.length() + (long) more.length() > limits.bytes()) {
        text((long) bytes.length() + more.length());
      }
      bytes.append(more);
      return this;
    }

    Text add(char more) {
      if (bytes.length() >= limits.bytes()) {
        text(bytes.length() + 1L);
      }
      bytes.append(more);
      return this;
    }

    Text repeat(char c, int count) {
      if (count > 0) {
        if (bytes.length() + (long) count > limits.bytes()) {
          text((long) bytes.length() + count);
        }
        bytes.repeat(c, count);
      }
      return this;
    }

    /** Drops everything from an index on. */
    void cut(int length) {
      bytes.setLength(length);
    }

    int length() {
      return bytes.length();
    }

    /** The text, which is paid for now. */
    String done() {
      text(bytes.length());
      return bytes.toString();
    }

    @Override
    public String toString() {
      return "[text]";
    }
  }
}
