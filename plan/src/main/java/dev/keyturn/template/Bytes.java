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
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) > 0x7f) {
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
      }
    }
    return text;
  }

  /** Bytes as text; what is no UTF-8 becomes U+FFFD. */
  static String decode(String bytes) {
    for (int i = 0; i < bytes.length(); i++) {
      if (bytes.charAt(i) > 0x7f) {
        return new String(bytes.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
      }
    }
    return bytes;
  }
}
