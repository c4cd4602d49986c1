package dev.keyturn.template;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;

/** Times as Go's {@code time.Format} writes them: the layout is an example. */
final class GoTime {
  /** The parts of a layout, the longer ones before those that they begin with. */
  private static final List<String> PARTS =
      List.of(
          "January",
          "Jan",
          "Monday",
          "Mon",
          "MST",
          "2006",
          "-07:00:00",
          "-070000",
          "-07:00",
          "-0700",
          "-07",
          "Z07:00:00",
          "Z070000",
          "Z07:00",
          "Z0700",
          "Z07",
          "002",
          "01",
          "02",
          "03",
          "04",
          "05",
          "06",
          "15",
          "PM",
          "pm",
          "__2",
          "_2",
          "1",
          "2",
          "3",
          "4",
          "5");

  private GoTime() {}

  static String format(String layout, Instant instant) {
    ZonedDateTime time = instant.atZone(ZoneOffset.UTC);
    var text = new StringBuilder();
    int at = 0;
    while (at < layout.length()) {
      int fraction = fraction(layout, at);
      if (fraction > 0) {
        text.append(shownFraction(layout.substring(at, at + fraction), time.getNano()));
        at += fraction;
        continue;
      }
      String part = part(layout, at);
      text.append(part.isEmpty() ? layout.substring(at, at + 1) : shown(part, time));
      at += Math.max(1, part.length());
    }
    return text.toString();
  }

  private static String part(String layout, int at) {
    for (String part : PARTS) {
      if (layout.startsWith(part, at)) {
        boolean longer =
            (part.equals("Jan") || part.equals("Mon"))
                && at + 3 < layout.length()
                && layout.charAt(at + 3) >= 'a'
                && layout.charAt(at + 3) <= 'z';
        return longer ? "" : part;
      }
    }
    return "";
  }

  /** How long the fraction of a second is that begins here: a dot or comma, and zeros or nines. */
  private static int fraction(String layout, int at) {
    if ((layout.charAt(at) != '.' && layout.charAt(at) != ',') || at + 1 == layout.length()) {
      return 0;
    }
    char digit = layout.charAt(at + 1);
    int end = at + 1;
    while (end < layout.length() && layout.charAt(end) == digit) {
      end++;
    }
    boolean alone = end == layout.length() || !Character.isDigit(layout.charAt(end));
    return (digit == '0' || digit == '9') && alone && end - at <= 10 ? end - at : 0;
  }

  private static String shownFraction(String part, int nanos) {
    String digits = "%09d".formatted(nanos).substring(0, part.length() - 1);
    if (part.charAt(1) == '0') {
      return part.charAt(0) + digits;
    }
    int end = digits.length();
    while (end > 0 && digits.charAt(end - 1) == '0') {
      end--;
    }
    return end == 0 ? "" : part.charAt(0) + digits.substring(0, end);
  }

  private static String shown(String part, ZonedDateTime time) {
    int twelve = time.getHour() % 12 == 0 ? 12 : time.getHour() % 12;
    return switch (part) {
      case "January" -> time.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Jan" -> time.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case "Monday" -> time.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
      case "Mon" -> time.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
      case "MST" -> "UTC";
      case "2006" -> "%04d".formatted(time.getYear());
      case "06" -> two(time.getYear() % 100);
      case "01" -> two(time.getMonthValue());
      case "1" -> Integer.toString(time.getMonthValue());
      case "02" -> two(time.getDayOfMonth());
      case "2" -> Integer.toString(time.getDayOfMonth());
      case "_2" -> "%2d".formatted(time.getDayOfMonth());
      case "002" -> "%03d".formatted(time.getDayOfYear());
      case "__2" -> "%3d".formatted(time.getDayOfYear());
      case "15" -> two(time.getHour());
      case "03" -> two(twelve);
      case "3" -> Integer.toString(twelve);
      case "04" -> two(time.getMinute());
      case "4" -> Integer.toString(time.getMinute());
      case "05" -> two(time.getSecond());
      case "5" -> Integer.toString(time.getSecond());
      case "PM" -> time.getHour() < 12 ? "AM" : "PM";
      case "pm" -> time.getHour() < 12 ? "am" : "pm";
      case "-07:00:00" -> "+00:00:00";
      case "-070000" -> "+000000";
      case "-07:00" -> "+00:00";
      case "-0700" -> "+0000";
      case "-07" -> "+00";
      default -> "Z";
    };
  }

  private static String two(int number) {
    return "%02d".formatted(number);
  }
}
