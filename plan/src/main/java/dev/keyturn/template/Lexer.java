package dev.keyturn.template;

import dev.keyturn.template.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Takes a template apart, by the rules of Go's {@code text/template/parse}. */
final class Lexer {
  private static final Map<String, Kind> KEYWORDS =
      Map.ofEntries(
          Map.entry("block", Kind.BLOCK),
          Map.entry("break", Kind.BREAK),
          Map.entry("continue", Kind.CONTINUE),
          Map.entry("define", Kind.DEFINE),
          Map.entry("else", Kind.ELSE),
          Map.entry("end", Kind.END_KEYWORD),
          Map.entry("if", Kind.IF),
          Map.entry("nil", Kind.NIL),
          Map.entry("range", Kind.RANGE),
          Map.entry("template", Kind.TEMPLATE),
          Map.entry("with", Kind.WITH),
          Map.entry("true", Kind.BOOL),
          Map.entry("false", Kind.BOOL));

  private final String text;
  private final String left;
  private final String right;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  Lexer(String text, String left, String right) {
    this.text = text;
    this.left = left;
    this.right = right;
  }

  /** All pieces, the last of which is the end. */
  List<Token> tokens() {
    boolean trim = false;
    while (true) {
      int start = trim ? skipSpace(at) : at;
      int open = text.indexOf(left, start);
      int end = open < 0 ? text.length() : open;
      at = end;
      if (open >= 0 && isTrimmedLeft(open + left.length())) {
        while (end > start && isSpace(text.charAt(end - 1))) {
          end--;
        }
      }
      if (end > start) {
        add(Kind.TEXT, start, end);
      }
      if (open < 0) {
        add(Kind.END_OF_TEXT, text.length(), text.length());
        return tokens;
      }
      trim = action();
    }
  }

  /** An action or a comment; whether space after it is dropped. */
  private boolean action() {
    int start = at;
    at += left.length();
    int content = isTrimmedLeft(at) ? at + 2 : at;
    if (text.startsWith("/*", content)) {
      return comment(start, content);
    }
    add(Kind.LEFT, start, at);
    // The space of the marker stays, as in Go: it separates nothing here.
    at = content;
    int parentheses = 0;
    while (true) {
      boolean trimmed = isTrimmedRight(at);
      if (trimmed || text.startsWith(right, at)) {
        if (parentheses > 0) {
          throw bad(at, "a parenthesis is not closed");
        }
        int close = trimmed ? at + 2 : at;
        at = close + right.length();
        add(Kind.RIGHT, close, at);
        return trimmed;
      }
      if (at == text.length()) {
        throw bad(start, "the action is not closed: write '" + right + "'");
      }
      parentheses += piece();
      if (parentheses < 0) {
        throw bad(at - 1, "a parenthesis is closed that was not opened");
      }
    }
  }

  private boolean comment(int start, int content) {
    int end = text.indexOf("*/", content + 2);
    if (end < 0) {
      throw bad(start, "the comment is not closed: write '*/'");
    }
    at = end + 2;
    boolean trimmed = isTrimmedRight(at);
    if (!trimmed && !text.startsWith(right, at)) {
      throw bad(at, "a comment ends right before '" + right + "', or before ' -" + right + "'");
    }
    at += (trimmed ? 2 : 0) + right.length();
    return trimmed;
  }

  /** One piece of an action; by how many parentheses are open after it more than before. */
  private int piece() {
    int start = at;
    char c = text.charAt(at);
    if (isSpace(c)) {
      // The last space may belong to a trim marker.
      while (at < text.length() && isSpace(text.charAt(at)) && !isTrimmedRight(at)) {
        at++;
      }
      add(Kind.SPACE, start, at);
      return 0;
    }
    if (isAlphanumeric(text.codePointAt(at)) && !(c >= '0' && c <= '9')) {
      word();
      Kind keyword = KEYWORDS.get(text.substring(start, at));
      add(keyword == null ? Kind.IDENTIFIER : keyword, start, at);
      return 0;
    }
    at++;
    switch (c) {
      case '=' -> add(Kind.ASSIGN, start, at);
      case ':' -> {
        if (at == text.length() || text.charAt(at) != '=') {
          throw bad(start, "':' stands alone: write ':='");
        }
        at++;
        add(Kind.DECLARE, start, at);
      }
      case '|' -> add(Kind.PIPE, start, at);
      case ',' -> add(Kind.COMMA, start, at);
      case '"' -> quoted('"', Kind.STRING, start);
      case '\'' -> quoted('\'', Kind.CHARACTER, start);
      case '`' -> {
        at = text.indexOf('`', at) + 1;
        if (at == 0) {
          throw bad(start, "the text in backquotes is not closed");
        }
        add(Kind.RAW_STRING, start, at);
      }
      case '$' -> {
        if (!isTerminator()) {
          word();
        }
        add(Kind.VARIABLE, start, at);
      }
      case '.' -> {
        if (at < text.length() && isDigit(text.charAt(at))) {
          number(start);
        } else if (isTerminator()) {
          add(Kind.DOT, start, at);
        } else {
          word();
          add(Kind.FIELD, start, at);
        }
      }
      case '(' -> {
        add(Kind.OPEN, start, at);
        return 1;
      }
      case ')' -> {
        add(Kind.CLOSE, start, at);
        return -1;
      }
      case '+', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number(start);
      default -> {
        if (c < ' ' || c > '~') {
          throw bad(start, "this character can't stand in an action");
        }
        add(Kind.OTHER, start, at);
      }
    }
    return 0;
  }

  /** Letters, digits and underscores, after which something else must begin. */
  private void word() {
    while (at < text.length() && isAlphanumeric(text.codePointAt(at))) {
      at += Character.charCount(text.codePointAt(at));
    }
    if (!isTerminator()) {
      throw bad(at, "this character can't follow a name: is a blank missing?");
    }
  }

  private boolean isTerminator() {
    if (at == text.length() || isSpace(text.charAt(at))) {
      return true;
    }
    return switch (text.charAt(at)) {
      case '.', ',', '|', ':', ')', '(' -> true;
      default -> text.startsWith(right, at);
    };
  }

  private void quoted(char quote, Kind kind, int start) {
    while (true) {
      char c = at == text.length() ? '\n' : text.charAt(at++);
      if (c == '\\') {
        c = at == text.length() ? '\n' : text.charAt(at++);
      } else if (c == quote) {
        add(kind, start, at);
        return;
      }
      if (c == '\n') {
        throw bad(start, "the quotation is not closed on its line");
      }
    }
  }

  /** What looks like a number; whether it is one shows when it is read. */
  private void number(int start) {
    at = start;
    accept("+-");
    String digits = "0123456789_";
    if (accept("0")) {
      if (accept("xX")) {
        digits = "0123456789abcdefABCDEF_";
      } else if (accept("oO")) {
        digits = "01234567_";
      } else if (accept("bB")) {
        digits = "01_";
      }
    }
    acceptAll(digits);
    if (accept(".")) {
      acceptAll(digits);
    }
    boolean decimal = digits.length() == 11;
    if ((decimal && accept("eE")) || (digits.length() == 23 && accept("pP"))) {
      accept("+-");
      acceptAll("0123456789_");
    }
    if (at < text.length() && isAlphanumeric(text.codePointAt(at))) {
      throw bad(start, "is no number");
    }
    add(Kind.NUMBER, start, at);
  }

  private boolean accept(String characters) {
    boolean accepted = at < text.length() && characters.indexOf(text.charAt(at)) >= 0;
    at += accepted ? 1 : 0;
    return accepted;
  }

  private void acceptAll(String characters) {
    while (accept(characters)) {
      // Until another comes.
    }
  }

  /** Whether an action that begins here drops the space before it. */
  private boolean isTrimmedLeft(int from) {
    return text.startsWith("-", from) && from + 1 < text.length() && isSpace(text.charAt(from + 1));
  }

  private boolean isTrimmedRight(int from) {
    return from + 1 < text.length()
        && isSpace(text.charAt(from))
        && text.charAt(from + 1) == '-'
        && text.startsWith(right, from + 2);
  }

  private int skipSpace(int from) {
    int to = from;
    while (to < text.length() && isSpace(text.charAt(to))) {
      to++;
    }
    return to;
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isAlphanumeric(int c) {
    return c == '_' || Character.isLetter(c) || Character.isDigit(c);
  }

  private void add(Kind kind, int from, int to) {
    tokens.add(new Token(kind, from, text.substring(from, to)));
  }

  private TemplateException bad(int where, String what) {
    return new TemplateException(text, where, what);
  }
}
