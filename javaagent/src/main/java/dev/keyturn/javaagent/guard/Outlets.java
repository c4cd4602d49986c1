package dev.keyturn.javaagent.guard;

import dev.keyturn.javaagent.report.Caller;
import dev.keyturn.javaagent.report.Problems;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;

/**
 * Looks for stand-ins in what goes out to a connection: one that is there reached no sink, and
 * whoever gets it can't use it. It is reported, once. Any thread.
 */
public final class Outlets {
  /** A stand-in that is to authenticate somebody is near the start of what is written. */
  private static final int MOST_BYTES = 2048;

  private static final String START = "keyturn";
  private static final int MAX_REPORTED = 100;

  /** By byte: where it is in START, or -1. */
  private static final byte[] OFFSETS = offsets();

  private static final Set<String> REPORTED = new HashSet<>();

  /** Secrets that were kept from a host, which was said when it happened. */
  private static final Set<String> KEPT = new HashSet<>();

  private Outlets() {}

  /** The stand-in for this secret may go out from now on: it was said why. */
  public static void kept(String secret) {
    synchronized (REPORTED) {
      KEPT.add(secret);
    }
  }

  private static byte[] offsets() {
    byte[] offsets = new byte[256];
    for (int i = 0; i < offsets.length; i++) {
      offsets[i] = (byte) START.indexOf((char) i);
    }
    return offsets;
  }

  /** Looks into the first of these bytes. */
  public static void look(byte[] bytes, int from, int length) {
    look(ByteBuffer.wrap(bytes), from, from + Math.min(length, MOST_BYTES));
  }

  /** Looks into the first bytes from the buffer's position on, and leaves it as it is. */
  public static void look(ByteBuffer buffer) {
    int from = buffer.position();
    look(buffer, from, Math.min(buffer.limit(), from + MOST_BYTES));
  }

  private static void look(ByteBuffer bytes, int from, int to) {
    // What a server answers is no login: a debug page shows stand-ins, and may.
    if (to - from > 5 && bytes.get(from) == 'H' && bytes.get(from + 4) == '/') {
      return;
    }
    // Of 7 characters, so one of them is at every seventh place.
    for (int at = from + START.length() - 1; at < to; at += START.length()) {
      int offset = OFFSETS[bytes.get(at) & 0xff];
      if (offset >= 0 && isAt(bytes, at - offset, from, to)) {
        report(text(bytes, at - offset, to));
      }
    }
  }

  private static boolean isAt(ByteBuffer bytes, int start, int from, int to) {
    int end = start + START.length();
    if (start < from || end >= to || (bytes.get(end) != ':' && bytes.get(end) != '%')) {
      return false;
    }
    for (int i = 0; i < START.length(); i++) {
      if (bytes.get(start + i) != START.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  /** The stand-in, as far as a name and a key may go. */
  private static String text(ByteBuffer bytes, int start, int to) {
    StringBuilder text = new StringBuilder(START);
    for (int at = start + START.length(); at < to && text.length() < 200; at++) {
      char c = (char) (bytes.get(at) & 0xff);
      if (!(c >= 'a' && c <= 'z')
          && !(c >= 'A' && c <= 'Z')
          && !(c >= '0' && c <= '9')
          && ":%/._-".indexOf(c) < 0) {
        break;
      }
      text.append(c);
    }
    return text.toString();
  }

  /** The secret's name: up to a slash, plain or URL-encoded as the colon is. */
  private static String secret(String standIn) {
    int start = START.length() + (standIn.charAt(START.length()) == ':' ? 1 : "%3A".length());
    int end = start;
    while (end < standIn.length() && "/%:".indexOf(standIn.charAt(end)) < 0) {
      end++;
    }
    return standIn.substring(Math.min(start, end), end);
  }

  private static void report(String standIn) {
    synchronized (REPORTED) {
      if (KEPT.contains(secret(standIn))
          || REPORTED.size() == MAX_REPORTED
          || !REPORTED.add(standIn)) {
        return;
      }
    }
    StackTraceElement frame = Caller.frame();
    Problems.once(
        "the stand-in "
            + standIn
            + " went out to a connection as it is, at "
            + (frame == null ? "code of the JDK" : frame)
            + ": no sink puts the secret in its place there (docs/sinks.md says which there are);"
            + " give this place the value, with 'expose: value' in the plan");
  }
}
