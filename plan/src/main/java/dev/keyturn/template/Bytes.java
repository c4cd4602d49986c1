package dev.keyturn.template;

import java.nio.charset.StandardCharsets;

/**
 * A string of Go's is bytes: here it is a String whose characters are bytes, 0 to 255, so that what
 * comes out of {@code base64Decode}, or is cut in the middle of a letter, is what Go has.
 */
final class Bytes {
  private Bytes() {}

  /** Text as bytes, UTF-8. */
  static String of(String text) {
    return isAscii(text)
        ? text
        : new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  /** A character as bytes, UTF-8; what is none becomes U+FFFD. */
  static String of(int codePoint) {
    boolean good =
        Character.isValidCodePoint(codePoint) && (codePoint < 0xd800 || codePoint > 0xdfff);
    return of(Character.toString(good ? codePoint : 0xfffd));
  }

  /** Bytes as text; each byte that is no UTF-8 becomes U+FFFD. */
  static String decode(String bytes) {
    if (isAscii(bytes)) {
      return bytes;
    }
    var text = new StringBuilder(bytes.length());
    for (int i = 0; i < bytes.length(); i += size(bytes, i)) {
      int c = codePoint(bytes, i);
      text.appendCodePoint(c < 0 ? 0xfffd : c);
    }
    return text.toString();
  }

  private static boolean isAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** How many characters there are; a byte that is no UTF-8 counts as one. */
  static int count(String bytes) {
    int count = 0;
    for (int i = 0; i < bytes.length(); i += size(bytes, i)) {
      count++;
    }
    return count;
  }

  /** How many bytes the character at an index has; 1 where there is none. */
  static int size(String bytes, int at) {
    int c = codePoint(bytes, at);
    return c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  }

  /** The character that begins at an index; -1 where there is no UTF-8. */
  static int codePoint(String bytes, int at) {
    int first = bytes.charAt(at);
    if (first < 0x80) {
      return first;
    }
    int size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || at + size > bytes.length()) {
      return -1;
    }
    int c = first & (0xff >> (size + 1));
    for (int i = at + 1; i < at + size; i++) {
      if ((bytes.charAt(i) & 0xc0) != 0x80) {
        return -1;
      }
      c = c << 6 | (bytes.charAt(i) & 0x3f);
    }
    boolean overlong = (size == 3 && c < 0x800) || (size == 4 && c < 0x10000);
    return overlong || c > Character.MAX_CODE_POINT || (c >= 0xd800 && c < 0xe000) ? -1 : c;
  }

  /** Whether Go takes a character for a visible one ({@code unicode.IsPrint}). */
  static boolean isPrintable(int c) {
    if (c == ' ') {
      return true;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
