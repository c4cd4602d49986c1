package dev.keyturn.sidecar.text;

import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;

/** Writes JSON. */
public final class Json {
  private Json() {}

  /** Appends the value at which the parser stands, without white space, numbers as written. */
  public static void copy(JsonParser parser, SecretText out) {
    switch (parser.currentToken()) {
      case START_OBJECT -> {
        out.append('{');
        String separator = "";
        for (String key = parser.nextName(); key != null; key = parser.nextName()) {
          quote(key, out.append(separator));
          parser.nextToken();
          copy(parser, out.append(':'));
          separator = ",";
        }
        out.append('}');
      }
      case START_ARRAY -> {
        out.append('[');
        String separator = "";
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          copy(parser, out.append(separator));
          separator = ",";
        }
        out.append(']');
      }
      case VALUE_STRING -> quote(parser.getString(), out);
      default -> out.append(parser.getString());
    }
  }

  /** Appends a string with its quotes. */
  public static void quote(CharSequence text, SecretText out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"', '\\' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> appendPrintable(c, out);
      }
    }
    out.append('"');
  }

  /**
   * Appends JSON that a library wrote. Only inside strings can it hold characters to be escaped.
   */
  public static void reprint(CharSequence json, SecretText out) {
    for (int i = 0; i < json.length(); i++) {
      appendPrintable(json.charAt(i), out);
    }
  }

  /**
   * Escapes what JSON asks for and what YAML calls not printable (YAML 1.2.2, c-printable; the two
   * separators end a line for YAML 1.1), so that what comes out is both.
   */
  private static void appendPrintable(char c, SecretText out) {
    if (c < 0x20
        || (c >= 0x7f && c < 0xa0)
        || c == 0x2028
        || c == 0x2029
        || c == 0xfeff
        || c >= 0xfffe) {
      appendEscaped(c, out);
    } else {
      out.append(c);
    }
  }

  /** Appends a backslash, a {@code u} and four hexadecimal digits. */
  public static void appendEscaped(char c, SecretText out) {
    out.append("\\u");
    for (int shift = 12; shift >= 0; shift -= 4) {
      out.append(Character.forDigit((c >> shift) & 0xf, 16));
    }
  }
}
