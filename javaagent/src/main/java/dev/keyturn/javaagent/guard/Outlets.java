package dev.keyturn.javaagent.guard;

import dev.keyturn.javaagent.report.Caller;
import dev.keyturn.javaagent.report.Problems;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks for stand-ins in what goes out to a connection: one that is there reached no sink, and
 * whoever gets it can't use it. It is reported, once. Any thread.
 */
public final class Outlets {
  /** A stand-in that is to authenticate somebody is near the start of what is written. */
  private static final int MOST_BYTES = 4096;

  private static final String START = "keyturn";
  private static final int MAX_REPORTED = 100;

  private static final Set<String> REPORTED = new HashSet<>();

  private Outlets() {}

  /**
   * Looks into the first of the bytes.
   *
   * @param data a byte array, or a buffer from its position on, which is left as it is, or an array
   *     of such; anything else is passed over
   */
  public static void look(@Nullable Object data) {
    if (data instanceof byte[]) {
      byte[] bytes = (byte[]) data;
      look(ByteBuffer.wrap(bytes), 0, Math.min(bytes.length, MOST_BYTES));
    } else if (data instanceof ByteBuffer) {
      ByteBuffer buffer = (ByteBuffer) data;
      look(buffer, buffer.position(), Math.min(buffer.limit(), buffer.position() + MOST_BYTES));
    } else if (data instanceof ByteBuffer[]) {
      for (ByteBuffer buffer : (ByteBuffer[]) data) {
        look(buffer);
      }
    }
  }

  private static void look(ByteBuffer bytes, int from, int to) {
    // What a server answers is no login: a debug page shows stand-ins, and may.
    if (to - from > 5 && bytes.get(from) == 'H' && bytes.get(from + 4) == '/') {
      return;
    }
    // Of 7 characters, so one of them is at every seventh place.
    for (int at = from + START.length() - 1; at < to; at += START.length()) {
      int offset = START.indexOf(bytes.get(at));
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

  private static void report(String standIn) {
    synchronized (REPORTED) {
      if (REPORTED.size() == MAX_REPORTED || !REPORTED.add(standIn)) {
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
