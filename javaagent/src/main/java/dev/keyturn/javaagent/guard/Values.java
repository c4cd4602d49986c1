package dev.keyturn.javaagent.guard;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds values of secrets in texts: raw, URL-encoded, JSON-escaped, and as part of something in
 * base64 (three alignments, both alphabets). What it knows of the values is in direct memory, where
 * no heap dump finds it. Immutable; any thread.
 *
 * <p>A value is at least 8 characters long, so every text that holds it shows one of the first five
 * 4-character pieces of its form at a position that is a multiple of five. Only there is looked, in
 * a table of such pieces; what is found there is compared with the value, whole.
 */
final class Values {
  /** Shorter ones would be found by chance. In characters; in bytes if a value is no text. */
  static final int SHORTEST = 8;

  private static final int PIECE = 4;
  private static final int STRIDE = SHORTEST - PIECE + 1;

  private static final int RAW = 0;
  private static final int OCTETS = 1; // a text of bytes, one a character
  private static final int URL = 2;
  private static final int JSON = 3;
  private static final int BASE64 = 4; // to 6: after 0, 1 or 2 other bytes in its group of three

  /** How many bits of the value's first byte are in a character with bits of what is before it. */
  private static final int[] BASE64_SKIPPED = {0, 4, 2};

  private static final int NOT = -1;
  private static final int RAN_OUT = -2;

  private final Secret[] secrets;
  private final long salt;
  private final ByteBuffer memory; // the filter's bits, then the table's slots, then the values
  private final int filterMask;
  private final int table;
  private final int slotBits;
  private final int[] starts;
  private final int longestForm;

  /** Whose value it is. */
  static final class Secret {
    final String name;
    final String key;
    final String version;

    Secret(String name, String key, String version) {
      this.name = name;
      this.key = key;
      this.version = version;
    }

    @Override
    public String toString() {
      return key.isEmpty() ? name : name + "/" + key;
    }
  }

  /** A value in a text. */
  static final class Found {
    final int start;
    final int end;
    final Secret secret;

    Found(int start, int end, Secret secret) {
      this.start = start;
      this.end = end;
      this.secret = secret;
    }
  }

  private Values(Builder values, long salt) {
    this.secrets = values.secrets.toArray(new Secret[0]);
    this.salt = salt;
    this.starts = new int[secrets.length + 1];
    List<Anchor> anchors = new ArrayList<>();
    for (int i = 0; i < secrets.length; i++) {
      anchors(values.bytes.get(i).array(), i, anchors);
    }
    int filterBits = Integer.highestOneBit(128 * anchors.size() + 1023) << 1;
    this.filterMask = filterBits - 1;
    this.table = filterBits / 8;
    this.slotBits = 32 - Integer.numberOfLeadingZeros(2 * STRIDE * anchors.size() + 15);
    starts[0] = table + (8 << slotBits);
    int longest = 0;
    for (int i = 0; i < secrets.length; i++) {
      starts[i + 1] = starts[i] + values.bytes.get(i).capacity();
      longest = Math.max(longest, values.bytes.get(i).capacity());
    }
    longestForm = 6 * longest; // each byte as an escape of JSON
    // Written at once: a single byte of direct memory is dear before the JVM has compiled that.
    byte[] filter = new byte[table];
    int[] slots = new int[2 << slotBits];
    for (Anchor anchor : anchors) {
      for (int offset = 0; offset < STRIDE; offset++) {
        int hash = hash(anchor.text, offset);
        enter(slots, hash, (anchor.value * 8 + anchor.form) * 8 + offset + 1);
        int bit = hash & filterMask;
        filter[bit >>> 3] |= (byte) (1 << (bit & 7));
      }
    }
    this.memory = ByteBuffer.allocateDirect(starts[secrets.length]);
    memory.order(ByteOrder.nativeOrder());
    memory.put(filter).asIntBuffer().put(slots);
    memory.position(starts[0]);
    for (int i = 0; i < secrets.length; i++) {
      memory.put(values.bytes.get(i).array());
    }
    Arrays.fill(filter, (byte) 0);
    Arrays.fill(slots, 0);
  }

  /** How a form of a value starts: its first 8 characters are looked for. */
  private static final class Anchor {
    final String text;
    final int form;
    final int value;

    Anchor(String text, int form, int value) {
      this.text = text;
      this.form = form;
      this.value = value;
    }
  }

  /** Collects values. For one thread. */
  static final class Builder {
    private final List<Secret> secrets = new ArrayList<>();
    private final List<ByteBuffer> bytes = new ArrayList<>();
    private final Set<ByteBuffer> known = new HashSet<>();

    /**
     * Adds a value, without the white space around it; one that is there already keeps its name.
     *
     * @return whether it is long enough
     */
    boolean add(Secret secret, byte[] value) {
      byte[] trimmed = trimmed(value);
      String text = text(trimmed);
      if ((text == null ? trimmed.length : text.length()) < SHORTEST) {
        return trimmed.length == 0;
      }
      ByteBuffer buffer = ByteBuffer.wrap(trimmed);
      if (known.add(buffer)) {
        secrets.add(secret);
        bytes.add(buffer);
      }
      return true;
    }

    /** The salt makes where a piece is in the table differ from JVM to JVM. */
    Values build(long salt) {
      return new Values(this, salt);
    }

    private static byte[] trimmed(byte[] value) {
      int start = 0;
      int end = value.length;
      while (start < end && isSpace(value[start])) {
        start++;
      }
      while (end > start && isSpace(value[end - 1])) {
        end--;
      }
      return Arrays.copyOfRange(value, start, end);
    }

    private static boolean isSpace(byte b) {
      return b == ' ' || b == '\n' || b == '\r' || b == '\t';
    }
  }

  /** Null if it is not UTF-8. */
  private static @Nullable String text(byte[] value) {
    String text = new String(value, StandardCharsets.UTF_8);
    return Arrays.equals(text.getBytes(StandardCharsets.UTF_8), value) ? text : null;
  }

  boolean isEmpty() {
    return secrets.length == 0;
  }

  /**
   * The first value at or after that place, and the longest of those that start there.
   *
   * @param text characters, or bytes, one a character
   */
  @Nullable Found find(String text, int from) {
    int last = text.length() - PIECE;
    for (int at = from; at <= last; at += STRIDE) {
      int hash = hash(text, at);
      if (mayBeThere(hash)) {
        Found found = compare(text, at, from, hash);
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  /**
   * Where a value may start of which the text has only the beginning, 4 characters or more; the
   * text's length if none does.
   */
  int torn(String text) {
    for (int at = Math.max(0, text.length() - longestForm); at <= text.length() - PIECE; at++) {
      int hash = hash(text, at);
      if (mayBeThere(hash)) {
        for (int slot = slot(hash), entry; (entry = entry(slot)) != 0; slot = after(slot)) {
          if (tag(slot) == hash && (entry - 1) % 8 == 0 && end(text, at, entry) == RAN_OUT) {
            return at;
          }
        }
      }
    }
    return text.length();
  }

  private @Nullable Found compare(String text, int at, int from, int hash) {
    Found best = null;
    for (int slot = slot(hash), entry; (entry = entry(slot)) != 0; slot = after(slot)) {
      int start = at - (entry - 1) % 8;
      if (tag(slot) == hash && start >= from) {
        int end = end(text, start, entry);
        if (end >= 0) {
          int form = (entry - 1) / 8 % 8;
          if (form > BASE64 && start > from && sextet(text.charAt(start - 1)) >= 0) {
            start--; // it has some bits of the value
          }
          if (best == null || start < best.start || (start == best.start && end > best.end)) {
            best = new Found(start, end, secrets[(entry - 1) / 64]);
          }
        }
      }
    }
    return best;
  }

  /** Where the form of the value ends in the text if it starts there; else NOT or RAN_OUT. */
  private int end(String text, int start, int entry) {
    int form = (entry - 1) / 8 % 8;
    int value = (entry - 1) / 64;
    return form >= BASE64
        ? endOfBase64(text, start, starts[value], starts[value + 1], form - BASE64)
        : endOfText(text, start, starts[value], starts[value + 1], form);
  }

  private int endOfText(String text, int start, int from, int stop, int form) {
    int at = start;
    int next = from;
    int high = 0; // the first of two surrogates
    while (next < stop) {
      if (at == text.length()) {
        return RAN_OUT;
      }
      int c = text.charAt(at++);
      boolean octet = form == OCTETS;
      if (form == URL && c == '%') {
        if (at + 2 > text.length()) {
          return RAN_OUT;
        }
        int hex = hex(text, at, 2);
        if (hex >= 0) {
          c = hex;
          octet = true;
          at += 2;
        }
      } else if (form == URL && c == '+' && memory.get(next) == ' ') {
        c = ' ';
      } else if (form == JSON && c == '\\') {
        if (at == text.length()) {
          return RAN_OUT;
        }
        c = text.charAt(at++);
        int control = "bfnrt".indexOf(c);
        if (control >= 0) {
          c = "\b\f\n\r\t".charAt(control);
        } else if (c == 'u') {
          if (at + 4 > text.length()) {
            return RAN_OUT;
          }
          c = hex(text, at, 4);
          at += 4;
        }
      }
      if (high != 0) {
        c = Character.toCodePoint((char) high, (char) c);
        high = 0;
      } else if (!octet && c >= Character.MIN_HIGH_SURROGATE && c <= Character.MAX_HIGH_SURROGATE) {
        high = c;
        continue;
      }
      if (octet || c < 0x80) {
        if ((memory.get(next++) & 0xff) != c) {
          return NOT;
        }
      } else {
        int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
        int utf8 = (0xff00 >> (more + 1) & 0xff) | c >> (6 * more);
        while (true) {
          if (next == stop || (memory.get(next++) & 0xff) != utf8) {
            return NOT;
          } else if (more == 0) {
            break;
          }
          more--;
          utf8 = 0x80 | (c >> (6 * more) & 0x3f);
        }
      }
    }
    return at;
  }

  private int endOfBase64(String text, int start, int from, int stop, int alignment) {
    int at = start;
    int bit = BASE64_SKIPPED[alignment];
    int bits = (stop - from) * 8;
    while (bit + 6 <= bits) {
      if (at == text.length()) {
        return RAN_OUT;
      }
      char c = text.charAt(at++);
      if (c != '\n' && c != '\r') { // MIME's lines
        int two = (memory.get(from + bit / 8) & 0xff) << 8;
        if (bit / 8 + 1 < bits / 8) {
          two |= memory.get(from + bit / 8 + 1) & 0xff;
        }
        if (sextet(c) != (two >> (10 - bit % 8) & 0x3f)) {
          return NOT;
        }
        bit += 6;
      }
    }
    // Some bits of the value may be in a character with those of what follows.
    return bit < bits && at < text.length() && sextet(text.charAt(at)) >= 0 ? at + 1 : at;
  }

  private static int sextet(char c) {
    if (c >= 'A' && c <= 'Z') {
      return c - 'A';
    } else if (c >= 'a' && c <= 'z') {
      return c - 'a' + 26;
    } else if (c >= '0' && c <= '9') {
      return c - '0' + 52;
    } else if (c == '+' || c == '-') {
      return 62;
    }
    return c == '/' || c == '_' ? 63 : -1;
  }

  private static int hex(String text, int at, int digits) {
    int hex = 0;
    for (int i = at; i < at + digits; i++) {
      hex = hex * 16 + Character.digit(text.charAt(i), 16);
      if (hex < 0) {
        return -1;
      }
    }
    return hex;
  }

  private int hash(String text, int at) {
    long piece =
        text.charAt(at)
            | (long) text.charAt(at + 1) << 16
            | (long) text.charAt(at + 2) << 32
            | (long) text.charAt(at + 3) << 48;
    long hash = (piece ^ salt) * 0x9e3779b97f4a7c15L; // 2^64 / golden ratio: Fibonacci hashing
    return (int) (hash >>> 32) ^ (int) hash;
  }

  private boolean mayBeThere(int hash) {
    int bit = hash & filterMask;
    return (memory.get(bit >>> 3) & 1 << (bit & 7)) != 0;
  }

  private int slot(int hash) {
    return hash >>> (32 - slotBits);
  }

  /** A slot is the hash of a piece, and value, form and offset in one, plus 1: 0 is free. */
  private int tag(int slot) {
    return memory.getInt(table + 8 * slot);
  }

  private int entry(int slot) {
    return memory.getInt(table + 8 * slot + 4);
  }

  private int after(int slot) {
    return (slot + 1) & ((1 << slotBits) - 1);
  }

  private void enter(int[] slots, int hash, int entry) {
    int slot = slot(hash);
    for (int there; (there = slots[2 * slot + 1]) != 0; slot = after(slot)) {
      if (there == entry && slots[2 * slot] == hash) {
        return;
      }
    }
    slots[2 * slot] = hash;
    slots[2 * slot + 1] = entry;
  }

  private static void anchors(byte[] value, int index, List<Anchor> anchors) {
    String text = text(value);
    String octets = new String(value, StandardCharsets.ISO_8859_1);
    if (!octets.equals(text)) {
      anchors.add(new Anchor(octets, OCTETS, index));
    }
    if (text != null) {
      anchors.add(new Anchor(text, RAW, index));
      for (String form : Forms.url(value)) {
        anchors.add(new Anchor(form, URL, index));
      }
      for (String form : Forms.json(text)) {
        anchors.add(new Anchor(form, JSON, index));
      }
    }
    for (int alignment = 0; alignment < 3; alignment++) {
      String base64 = Forms.base64(value, BASE64_SKIPPED[alignment]);
      anchors.add(new Anchor(base64, BASE64 + alignment, index));
      anchors.add(
          new Anchor(base64.replace('+', '-').replace('/', '_'), BASE64 + alignment, index));
    }
  }
}
