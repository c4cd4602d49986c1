package dev.keyturn.plan;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A duration as plans write it: a whole number and its unit, {@code ms}, {@code s}, {@code m} or
 * {@code h}.
 */
final class Interval {
  private Interval() {}

  /** The duration, or null where the text is none. */
  static @Nullable Duration parse(String text) {
    int digits = 0;
    // Nine digits stay within an int.
    while (digits < text.length() && digits < 9 && Rules.isDigit(text.charAt(digits))) {
      digits++;
    }
    if (digits == 0) {
      return null;
    }
    int count = Integer.parseInt(text.substring(0, digits));
    return switch (text.substring(digits)) {
      case "ms" -> Duration.ofMillis(count);
      case "s" -> Duration.ofSeconds(count);
      case "m" -> Duration.ofMinutes(count);
      case "h" -> Duration.ofHours(count);
      default -> null;
    };
  }

  /** The shortest text that {@link #parse} reads back; for whole milliseconds. */
  static String format(Duration duration) {
    if (duration.toMillisPart() != 0) {
      return duration.toMillis() + "ms";
    }
    if (duration.toSecondsPart() != 0) {
      return duration.toSeconds() + "s";
    }
    return duration.toMinutesPart() != 0 ? duration.toMinutes() + "m" : duration.toHours() + "h";
  }
}
