package dev.keyturn.javaagent.guard;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.core.Options;
import dev.keyturn.javaagent.report.Leaks;
import dev.keyturn.mount.MountedFile;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Puts {@code (secret NAME/KEY)} where a value is, on its way to a log. What holds none comes back
 * as the same object. Every value that is masked is counted under its sink. Any thread.
 */
public final class Mask {
  private static final Values NONE = new Values.Builder().build(0);

  private Mask() {}

  /** The values to look for: none with {@code mask=off}. */
  static Values values() {
    Options options = Agent.options();
    return options != null && options.mask ? Known.values() : NONE;
  }

  /** Does what the first look at a text would take longer for. */
  public static void prepare() {
    values();
  }

  /**
   * The text, without values.
   *
   * @param sink where it was going to
   */
  public static String text(String text, String sink) {
    Values known = values();
    Values.Found found = known.find(text, 0);
    if (found == null) {
      return text;
    }
    StringBuilder masked = new StringBuilder(text.length());
    int from = 0;
    while (found != null) {
      Values.Secret secret = found.secret;
      masked.append(text, from, found.start).append("(secret ").append(secret).append(')');
      from = found.end;
      Leaks.masked(secret.name, secret.key, secret.version, sink);
      found = known.find(text, from);
    }
    MountedFile.forgetDecoded();
    return masked.append(text, from, text.length()).toString();
  }

  /** As {@link #text}, of a text in UTF-8 or another superset of ASCII. */
  public static byte[] bytes(byte[] bytes, String sink) {
    String octets = new String(bytes, StandardCharsets.ISO_8859_1);
    String masked = text(octets, sink);
    return masked.equals(octets) ? bytes : masked.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** As {@link #text}, of what will be printed as its text. */
  public static @Nullable Object object(@Nullable Object printed, String sink) {
    if (printed == null
        || printed instanceof Number
        || printed instanceof Boolean
        || printed instanceof Character
        || printed instanceof Date) {
      return printed;
    }
    String text;
    try {
      text = String.valueOf(printed);
    } catch (RuntimeException e) {
      return printed; // who prints it will say so
    }
    String masked = text(text, sink);
    return masked.equals(text) ? printed : masked;
  }

  /** As {@link #object}, of each: the same array, or a copy with what had to be masked. */
  public static Object[] objects(Object[] printed, String sink) {
    return each(printed, false, sink);
  }

  /** As {@link #objects}, of those only that are texts. */
  public static Object[] texts(Object[] printed, String sink) {
    return each(printed, true, sink);
  }

  @SuppressWarnings("ReferenceEquality") // the same object: nothing was masked
  private static Object[] each(Object[] printed, boolean textsOnly, String sink) {
    Object[] masked = printed;
    for (int i = 0; i < printed.length; i++) {
      Object object =
          textsOnly && !(printed[i] instanceof CharSequence)
              ? printed[i]
              : object(printed[i], sink);
      if (object != printed[i]) {
        if (masked == printed) {
          masked = Arrays.copyOf(printed, printed.length, Object[].class);
        }
        masked[i] = object;
      }
    }
    return masked;
  }

  /** A copy with values masked as in {@link #object}, or null if the map holds none. */
  @SuppressWarnings("ReferenceEquality") // the same object: nothing was masked
  public static @Nullable Map<Object, Object> ifHeld(Map<?, ?> map, String sink) {
    Map<Object, Object> copy = null;
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object value = object(entry.getValue(), sink);
      if (value != entry.getValue()) {
        copy = copy == null ? new HashMap<Object, Object>(map) : copy;
        copy.put(entry.getKey(), value);
      }
    }
    return copy;
  }

  /**
   * The same throwable, or one that prints like it, with its causes and suppressed ones, where
   * messages are masked.
   */
  public static Throwable throwable(Throwable thrown, String sink) {
    return MaskedThrowable.holdsValue(thrown) ? MaskedThrowable.of(thrown, sink) : thrown;
  }
}
