package dev.keyturn.javaagent.guard;

import java.util.HashSet;
import java.util.Set;

/**
 * How values start in texts, as the encoders in use write them: the first characters only, as
 * {@link Values} follows the rest in whatever style it is.
 */
final class Forms {
  /** More is not looked for. */
  private static final int ENOUGH = Values.SHORTEST;

  /** What RFC 3986, HTML forms, and {@code java.net.URI} leave as it is, beside A-Z, a-z, 0-9. */
  private static final String[] KEPT_IN_URLS = {"-._~", "-._*", "-_.!~*'();:@&=+$,/?#[]"};

  private static final String[] HEX = {"0123456789ABCDEF", "0123456789abcdef"};

  private static final String BASE64_ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

  private Forms() {}

  /** None if every URL holds the value as it is. */
  static Set<String> url(byte[] value) {
    Set<String> forms = new HashSet<>();
    for (byte b : value) {
      if (!isLetterOrDigit(b)) {
        for (String kept : KEPT_IN_URLS) {
          for (String hex : HEX) {
            forms.add(url(value, kept, hex, false));
            forms.add(url(value, kept, hex, true));
          }
        }
        break;
      }
    }
    return forms;
  }

  private static String url(byte[] value, String kept, String hex, boolean plus) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < value.length && form.length() < ENOUGH; i++) {
      if (isLetterOrDigit(value[i]) || kept.indexOf(value[i]) >= 0) {
        form.append((char) value[i]);
      } else if (plus && value[i] == ' ') {
        form.append('+');
      } else {
        form.append('%').append(hex.charAt(value[i] >> 4 & 15)).append(hex.charAt(value[i] & 15));
      }
    }
    return form.toString();
  }

  private static boolean isLetterOrDigit(int b) {
    return (b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || (b >= '0' && b <= '9');
  }

  /** None if every JSON text holds the value as it is. */
  static Set<String> json(String value) {
    Set<String> forms = new HashSet<>();
    for (int i = 0; i < value.length(); i++) {
      if (value.charAt(i) < ' '
          || value.charAt(i) > '~'
          || "\"\\/<>&='".indexOf(value.charAt(i)) >= 0) {
        for (String hex : HEX) {
          forms.add(json(value, "", "", false, hex));
          forms.add(json(value, "", "", true, hex));
          forms.add(json(value, "", "<>&='", false, hex)); // safe in HTML
          forms.add(json(value, "", "<>&='", true, hex));
          forms.add(json(value, "/", "", false, hex));
        }
        break;
      }
    }
    return forms;
  }

  private static String json(
      String value, String quoted, String escaped, boolean ascii, String hex) {
    StringBuilder form = new StringBuilder();
    for (int i = 0; i < value.length() && form.length() < ENOUGH; i++) {
      char c = value.charAt(i);
      int control = "\b\f\n\r\t".indexOf(c);
      if (control >= 0) {
        form.append('\\').append("bfnrt".charAt(control));
      } else if (c == '"' || c == '\\' || quoted.indexOf(c) >= 0) {
        form.append('\\').append(c);
      } else if (c < ' ' || (ascii && c > '~') || escaped.indexOf(c) >= 0) {
        form.append("\\u");
        for (int shift = 12; shift >= 0; shift -= 4) {
          form.append(hex.charAt(c >> shift & 15));
        }
      } else {
        form.append(c);
      }
    }
    return form.toString();
  }

  /**
   * The characters that depend on the value alone, when its first bits are in one that does not.
   */
  static String base64(byte[] value, int skippedBits) {
    StringBuilder form = new StringBuilder();
    for (int bit = skippedBits; bit + 6 <= 8 * value.length && form.length() < ENOUGH; bit += 6) {
      int two = (value[bit / 8] & 0xff) << 8;
      if (bit / 8 + 1 < value.length) {
        two |= value[bit / 8 + 1] & 0xff;
      }
      form.append(BASE64_ALPHABET.charAt(two >> (10 - bit % 8) & 0x3f));
    }
    return form.toString();
  }
}
