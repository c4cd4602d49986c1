package dev.keyturn.template;

import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/** Reads Go's literals. */
final class Literals {
  private Literals() {}

  /** The value of a number: a Long or a Double; null where it is none or too large. */
  static @Nullable Object number(String text) {
    boolean hex = text.contains("0x") || text.contains("0X");
    boolean real =
        text.indexOf('.') >= 0
            || (hex
                ? text.indexOf('p') >= 0 || text.indexOf('P') >= 0
                : text.indexOf('e') >= 0 || text.indexOf('E') >= 0);
    if (!areUnderscoresBetweenDigits(text)) {
      return null;
    }
    String digits = text.replace("_", "");
    try {
      return real ? (Object) Double.valueOf(digits) : integer(digits);
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable Long integer(String text) {
    boolean signed = text.charAt(0) == '-' || text.charAt(0) == '+';
    String digits = signed ? text.substring(1) : text;
    int radix = 10;
    int from = 0;
    if (digits.length() > 1 && digits.charAt(0) == '0') {
      radix =
          switch (digits.charAt(1)) {
            case 'x', 'X' -> 16;
            case 'b', 'B' -> 2;
            default -> 8;
          };
      from = Character.isDigit(digits.charAt(1)) ? 1 : 2;
    }
    String plain = digits.substring(from);
    if (plain.isEmpty() || plain.charAt(0) == '-' || plain.charAt(0) == '+') {
      return null;
    }
    BigInteger value = new BigInteger(plain, radix);
    value = text.charAt(0) == '-' ? value.negate() : value;
    return value.bitLength() > 63 ? null : value.longValue();
  }

  private static boolean areUnderscoresBetweenDigits(String text) {
    for (int i = text.indexOf('_'); i >= 0; i = text.indexOf('_', i + 1)) {
      boolean good =
          i > 0
              && i + 1 < text.length()
              && Character.isLetterOrDigit(text.charAt(i - 1))
              && Character.isLetterOrDigit(text.charAt(i + 1));
      if (!good) {
        return false;
      }
    }
    return true;
  }

  /** The text within the quotes, as bytes; null where it has an escape that Go does not know. */
  static @Nullable String text(String quoted) {
    String inside = quoted.substring(1, quoted.length() - 1);
    if (quoted.charAt(0) == '`') {
      return Bytes.of(inside.replace("\r", ""));
    }
    var bytes = new StringBuilder();
    int at = 0;
    while (at < inside.length()) {
      int end = inside.indexOf('\\', at);
      end = end < 0 ? inside.length() : end;
      bytes.append(Bytes.of(inside.substring(at, end)));
      at = end == inside.length() ? end : escape(inside, end + 1, quoted.charAt(0), bytes);
      if (at < 0) {
        return null;
      }
    }
    return bytes.toString();
  }

  /** The code point of a character in quotes; null where it is not one. */
  static @Nullable Long character(String quoted) {
    String text = text(quoted);
    if (text == null || text.isEmpty()) {
      return null;
    }
    if (quoted.startsWith("'\\x") || (quoted.charAt(1) == '\\' && text.length() == 1)) {
      return (long) text.charAt(0);
    }
    String decoded = Bytes.decode(text);
    return decoded.codePointCount(0, decoded.length()) == 1 ? (long) decoded.codePointAt(0) : null;
  }

  /** Appends what an escape stands for; where it ends, or -1. */
  private static int escape(String text, int at, char quote, StringBuilder bytes) {
    char c = text.charAt(at);
    int end = at + 1;
    switch (c) {
      case 'a' -> bytes.append('\u0007');
      case 'b' -> bytes.append('\b');
      case 'f' -> bytes.append('\f');
      case 'n' -> bytes.append('\n');
      case 'r' -> bytes.append('\r');
      case 't' -> bytes.append('\t');
      case 'v' -> bytes.append('\u000b');
      case '\\' -> bytes.append('\\');
      case 'x' -> end = code(text, at + 1, 2, 16, bytes);
      case 'u' -> end = code(text, at + 1, 4, 16, bytes);
      case 'U' -> end = code(text, at + 1, 8, 16, bytes);
      case '0', '1', '2', '3', '4', '5', '6', '7' -> end = code(text, at, 3, 8, bytes);
      default -> {
        if (c != quote) {
          return -1;
        }
        bytes.append(c);
      }
    }
    return end;
  }

  private static int code(String text, int at, int digits, int radix, StringBuilder bytes) {
    int end = at + digits;
    if (end > text.length()) {
      return -1;
    }
    long code = 0;
    for (int i = at; i < end; i++) {
      int digit = Character.digit(text.charAt(i), radix);
      if (digit < 0 || text.charAt(i) > 'f') {
        return -1;
      }
      code = code * radix + digit;
    }
    if (digits <= 3) {
      bytes.append((char) code);
      return code > 0xff ? -1 : end;
    }
    if (code > Character.MAX_CODE_POINT || (code >= 0xd800 && code < 0xe000)) {
      return -1;
    }
    bytes.append(Bytes.of(Character.toString((int) code)));
    return end;
  }
}
