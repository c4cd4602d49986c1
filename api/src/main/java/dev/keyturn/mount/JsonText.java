package dev.keyturn.mount;

/**
 * A cursor over JSON text (RFC 8259) that hands out strings decoded and every other value as the
 * text it is. Not safe for use by several threads.
 */
final class JsonText {
  /** Far deeper than any secret; shallow enough for the stack of any thread. */
  private static final int MAX_DEPTH = 100;

  private final String text;
  private int at;

  JsonText(String text) {
    this.text = text;
  }

  boolean atEnd() {
    return at == text.length();
  }

  void end() {
    if (!atEnd()) {
      throw wrong("the end");
    }
  }

  void space() {
    while (!atEnd() && " \t\r\n".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  boolean take(char c) {
    if (!atEnd() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  void expect(char c) {
    if (!take(c)) {
      throw wrong("'" + c + "'");
    }
  }

  /** A string decoded; anything else as its text. */
  String value() {
    if (!atEnd() && text.charAt(at) == '"') {
      return string();
    }
    int start = at;
    skip(0);
    return text.substring(start, at);
  }

  String string() {
    expect('"');
    StringBuilder value = new StringBuilder();
    while (true) {
      char c = next("the end of a string");
      if (c == '"') {
        return value.toString();
      } else if (c < ' ') {
        throw wrong("no control character in a string");
      }
      value.append(c == '\\' ? escaped() : c);
    }
  }

  private char escaped() {
    char c = next("an escape");
    if (c == 'u') {
      int code = 0;
      for (int i = 0; i < 4; i++) {
        int digit = Character.digit(next("four hexadecimal digits"), 16);
        if (digit < 0) {
          throw wrong("four hexadecimal digits");
        }
        code = code << 4 | digit;
      }
      return (char) code;
    }
    int known = "\"\\/bfnrt".indexOf(c);
    if (known < 0) {
      throw wrong("an escape that JSON knows");
    }
    return "\"\\/\b\f\n\r\t".charAt(known);
  }

  private void skip(int depth) {
    if (depth > MAX_DEPTH) {
      throw wrong("at most " + MAX_DEPTH + " values inside one another");
    }
    if (take('{')) {
      members('}', depth);
    } else if (take('[')) {
      members(']', depth);
    } else if (!atEnd() && text.charAt(at) == '"') {
      string();
    } else {
      word();
    }
  }

  private void members(char close, int depth) {
    space();
    if (take(close)) {
      return;
    }
    do {
      space();
      if (close == '}') {
        string();
        space();
        expect(':');
        space();
      }
      skip(depth + 1);
      space();
    } while (take(','));
    expect(close);
  }

  /** true, false, null or a number; what a number may look like is the writer's care. */
  private void word() {
    int start = at;
    while (!atEnd() && "+-.eE0123456789aflnrstu".indexOf(text.charAt(at)) >= 0) {
      at++;
    }
    String word = text.substring(start, at);
    if (word.equals("true") || word.equals("false") || word.equals("null")) {
      return;
    }
    try {
      Double.parseDouble(word);
    } catch (NumberFormatException e) {
      at = start;
      throw wrong("a value");
    }
  }

  private char next(String expected) {
    if (atEnd()) {
      throw wrong(expected);
    }
    return text.charAt(at++);
  }

  private IllegalArgumentException wrong(String expected) {
    return new IllegalArgumentException("expected " + expected + " at character " + at);
  }
}
