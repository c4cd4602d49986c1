package dev.keyturn.javaagent.standin;

/**
 * The text of stand-ins: {@code keyturn:SECRET/KEY}, or {@code keyturn:SECRET} for a whole file.
 */
final class StandIns {
  static final String START = "keyturn:";

  /** The same in a URL, up to the letter that may be in either case. */
  static final String ENCODED_START = "keyturn%3";

  private StandIns() {}

  static String of(String secret, String key) {
    return key.isEmpty() ? START + secret : START + secret + "/" + key;
  }

  static boolean in(String text) {
    // Nearly all texts end here.
    return text.contains("keyturn") && (text.contains(START) || text.contains(ENCODED_START));
  }

  static boolean in(char[] text) {
    for (int i = 0; i + START.length() <= text.length; i++) {
      if (text[i] == 'k' && text[i + 1] == 'e' && in(String.valueOf(text, i, text.length - i))) {
        return true;
      }
    }
    return false;
  }

  static boolean in(byte[] text) {
    for (int i = 0; i + START.length() <= text.length; i++) {
      if (text[i] == 'k' && text[i + 1] == 'e' && isStart(text, i)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isStart(byte[] text, int at) {
    for (int i = 2; i < "keyturn".length(); i++) {
      if (text[at + i] != START.charAt(i)) {
        return false;
      }
    }
    byte next = text[at + "keyturn".length()];
    return next == ':' || next == '%';
  }

  /** Where a run of characters that a secret's name and key may have ends. */
  static int nameEnd(String text, int from) {
    int end = from;
    while (end < text.length() && isNamePart(text.charAt(end))) {
      end++;
    }
    return end;
  }

  static boolean isNamePart(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }
}
