package dev.keyturn.template;

import java.nio.charset.StandardCharsets;
import java.security.InvalidKeyException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.function.IntUnaryOperator;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/** What Go's {@code strings}, {@code html} and their like do. */
final class Texts {
  private Texts() {}

  static String map(String text, IntUnaryOperator each, Budget budget) {
    var out = budget.build();
    for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
      int c = Bytes.codePoint(text, i);
      out.add(Bytes.of(each.applyAsInt(c < 0 ? 0xfffd : c)));
    }
    return out.done();
  }

  /** Each word begins with a capital; the rest stays. */
  static String title(String text, Budget budget) {
    var out = budget.build();
    boolean inWord = false;
    for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
      int c = Bytes.codePoint(text, i);
      c = c < 0 ? 0xfffd : c;
      boolean letter = Character.isLetter(c);
      out.add(Bytes.of(letter && !inWord ? Character.toTitleCase(c) : c));
      int next = i + Bytes.size(text, i);
      boolean joins =
          inWord
              && (c == '\'' || c == '.' || c == 0x2019 || c == ':')
              && next < text.length()
              && Character.isLetter(Bytes.codePoint(text, next));
      inWord =
          letter
              || joins
              || (inWord
                  && (Character.isDigit(c)
                      || c == '_'
                      || Character.getType(c) == Character.NON_SPACING_MARK));
    }
    return out.done();
  }

  static boolean isSpace(int c) {
    return switch (c) {
      case '\t',
          '\n',
          11,
          '\f',
          '\r',
          ' ',
          0x85,
          0xa0,
          0x1680,
          0x2028,
          0x2029,
          0x202f,
          0x205f,
          0x3000 ->
          true;
      default -> c >= 0x2000 && c <= 0x200a;
    };
  }

  static String trimSpace(String text) {
    return trim(text, null);
  }

  /**
   * Without what is in a set at both ends.
   *
   * @param set null for white space
   */
  static String trim(String text, @Nullable String set) {
    String decodedSet = set == null ? null : Bytes.decode(set);
    int from = 0;
    while (from < text.length() && isIn(decodedSet, Bytes.codePoint(text, from))) {
      from += Bytes.size(text, from);
    }
    int to = text.length();
    while (to > from) {
      int last = to - 1;
      while (last > from && to - last < 4 && (text.charAt(last) & 0xc0) == 0x80) {
        last--;
      }
      if (last + Bytes.size(text, last) != to) {
        last = to - 1;
      }
      if (!isIn(decodedSet, Bytes.codePoint(text, last))) {
        break;
      }
      to = last;
    }
    return text.substring(from, to);
  }

  static String withoutPrefix(String prefix, String text) {
    return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
  }

  static String withoutSuffix(String suffix, String text) {
    return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
  }

  private static boolean isIn(@Nullable String set, int c) {
    return set == null ? isSpace(c) : set.indexOf(c < 0 ? 0xfffd : c) >= 0;
  }

  static List<@Nullable Object> split(String separator, String text, Budget budget) {
    String trimmed = trimSpace(text);
    var parts = new ArrayList<@Nullable Object>();
    if (trimmed.isEmpty()) {
      return parts;
    }
    int at = 0;
    while (true) {
      budget.step(1);
      int end =
          separator.isEmpty()
              ? (at + Bytes.size(trimmed, at) < trimmed.length()
                  ? at + Bytes.size(trimmed, at)
                  : -1)
              : trimmed.indexOf(separator, at);
      if (end < 0) {
        parts.add(trimmed.substring(at));
        return parts;
      }
      parts.add(trimmed.substring(at, end));
      at = end + separator.length();
    }
  }

  static Object splitToMap(String first, String second, String text, Budget budget) {
    var map = new Values.TextMap();
    for (Object part : split(first, text, budget)) {
      String pair = String.valueOf(part);
      int at = pair.indexOf(second);
      if (at >= 0) {
        map.put(pair.substring(0, at), pair.substring(at + second.length()));
      }
    }
    return map;
  }

  static String join(String separator, List<@Nullable Object> parts, Budget budget) {
    var out = budget.build();
    boolean first = true;
    for (Object part : parts) {
      if (!(part instanceof String text)) {
        throw new Failure("'join' takes a list of strings, and there is something else in it", 1);
      }
      out.add(first ? "" : separator).add(text);
      first = false;
    }
    return out.done();
  }

  static String replaceAll(String from, String to, String text, Budget budget) {
    var out = budget.build();
    int at = 0;
    while (true) {
      int found = from.isEmpty() ? at : text.indexOf(from, at);
      if (found < 0 || (from.isEmpty() && at >= text.length())) {
        break;
      }
      if (from.isEmpty()) {
        out.add(to).add(text.substring(at, at + Bytes.size(text, at)));
        at += Bytes.size(text, at);
      } else {
        out.add(text.substring(at, found)).add(to);
        at = found + from.length();
      }
    }
    out.add(from.isEmpty() ? to : text.substring(at));
    return out.done();
  }

  static String indent(int spaces, String text, Budget budget) {
    if (spaces < 0) {
      throw new Failure("'indent' takes no negative number");
    }
    var out = budget.build();
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      end = end < 0 ? text.length() : end;
      if (end > at) {
        out.repeat(' ', spaces).add(text.substring(at, end));
      }
      if (end < text.length()) {
        out.add('\n');
      }
      at = end + 1;
    }
    return out.done();
  }

  static String html(String text, Budget budget) {
    var out = budget.build();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case 0 -> out.add(Bytes.of(0xfffd));
        case '"' -> out.add("&#34;");
        case '\'' -> out.add("&#39;");
        case '&' -> out.add("&amp;");
        case '<' -> out.add("&lt;");
        case '>' -> out.add("&gt;");
        default -> out.add(c);
      }
    }
    return out.done();
  }

  static String js(String text, Budget budget) {
    var out = budget.build();
    for (int i = 0; i < text.length(); i += Bytes.size(text, i)) {
      int c = Bytes.codePoint(text, i);
      switch (c) {
        case '\\' -> out.add("\\\\");
        case '\'' -> out.add("\\'");
        case '"' -> out.add("\\\"");
        case '<' -> out.add("\\u003C");
        case '>' -> out.add("\\u003E");
        case '&' -> out.add("\\u0026");
        case '=' -> out.add("\\u003D");
        default -> {
          if (c < 0) {
            // U+FFFD is printable: Go copies the byte.
            out.add(text.charAt(i));
          } else if (c >= ' ' && (c < 0x80 || Bytes.isPrintable(c))) {
            out.add(Bytes.of(c));
          } else {
            out.add("\\u%04X".formatted(c));
          }
        }
      }
    }
    return out.done();
  }

  static String urlQuery(String text, Budget budget) {
    var out = budget.build();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean plain =
          (c >= 'a' && c <= 'z')
              || (c >= 'A' && c <= 'Z')
              || (c >= '0' && c <= '9')
              || "-_.~".indexOf(c) >= 0;
      if (plain) {
        out.add(c);
      } else {
        out.add(c == ' ' ? "+" : "%%%02X".formatted((int) c));
      }
    }
    return out.done();
  }

  static String encode(Base64.Encoder encoder, String text, Budget budget) {
    budget.text(text.length() * 4L / 3);
    return new String(encoder.encode(bytes(text)), StandardCharsets.ISO_8859_1);
  }

  static String decode(String function, Base64.Decoder decoder, String text, Budget budget) {
    budget.text(text.length());
    String one = text.replace("\r", "").replace("\n", "");
    try {
      if (one.length() % 4 != 0) {
        throw new IllegalArgumentException("no padding");
      }
      return new String(decoder.decode(bytes(one)), StandardCharsets.ISO_8859_1);
    } catch (IllegalArgumentException e) {
      throw new Failure("'" + function + "': this is not base64");
    }
  }

  static String digest(String algorithm, String text) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes(text)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JVM has it", e);
    }
  }

  static String hmac(String message, String key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      // Java refuses an empty key; one zero byte is the same to the algorithm.
      mac.init(new SecretKeySpec(key.isEmpty() ? new byte[1] : bytes(key), "HmacSHA256"));
      return HexFormat.of().formatHex(mac.doFinal(bytes(message)));
    } catch (NoSuchAlgorithmException | InvalidKeyException e) {
      throw new IllegalStateException("every JVM has it", e);
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
