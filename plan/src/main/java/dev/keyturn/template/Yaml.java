package dev.keyturn.template;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.events.ScalarEvent;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * YAML as consul-template has it, by {@code gopkg.in/yaml.v2}: 1.1, in which {@code yes} is a truth
 * value and {@code 010} is eight.
 */
final class Yaml {
  private static final Pattern REAL =
      Pattern.compile("[-+]?(\\.[0-9]+|[0-9]+(\\.[0-9]*)?)([eE][-+]?[0-9]+)?");

  private static final Pattern TIME =
      Pattern.compile(
          "\\d{4}-\\d{1,2}-\\d{1,2}"
              + "([Tt]\\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d+)?(Z|[-+]\\d{2}:\\d{2})"
              + "| \\d{1,2}:\\d{1,2}:\\d{1,2}(\\.\\d+)?)?");

  private Yaml() {}

  /** Whether a text without quotes would be something else, though it reads as a string. */
  static boolean isTime(String text) {
    return TIME.matcher(text).matches();
  }

  /** What a text without quotes stands for: itself, where it is nothing else. */
  static @Nullable Object resolve(String text) {
    switch (text) {
      case "", "~", "null", "Null", "NULL" -> {
        return null;
      }
      case "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON" -> {
        return true;
      }
      case "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF" -> {
        return false;
      }
      case ".nan", ".NaN", ".NAN" -> {
        return Double.NaN;
      }
      case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF" -> {
        return Double.POSITIVE_INFINITY;
      }
      case "-.inf", "-.Inf", "-.INF" -> {
        return Double.NEGATIVE_INFINITY;
      }
      default -> {}
    }
    char first = text.charAt(0);
    boolean number = first == '+' || first == '-' || (first >= '0' && first <= '9');
    if (number && isTime(text)) {
      return text;
    }
    String plain = text.replace("_", "");
    Object whole = number ? whole(plain) : null;
    if (whole != null) {
      return whole;
    }
    if ((number || first == '.') && REAL.matcher(plain).matches() && plain.length() < 1000) {
      double value = Double.parseDouble(plain);
      return Double.isInfinite(value) ? text : (Object) value;
    }
    return text;
  }

  private static @Nullable Object whole(String text) {
    boolean signed = text.startsWith("-") || text.startsWith("+");
    String digits = signed ? text.substring(1) : text;
    if (digits.isEmpty() || !Character.isLetterOrDigit(digits.charAt(0)) || digits.length() > 70) {
      return null;
    }
    int radix = 10;
    int from = 0;
    if (digits.length() > 1 && digits.charAt(0) == '0') {
      radix =
          switch (Character.toLowerCase(digits.charAt(1))) {
            case 'x' -> 16;
            case 'b' -> 2;
            default -> 8;
          };
      from = Character.isDigit(digits.charAt(1)) ? 1 : 2;
    }
    try {
      BigInteger size = new BigInteger(digits.substring(from), radix);
      BigInteger value = text.startsWith("-") ? size.negate() : size;
      if (value.bitLength() <= 63) {
        return value.longValue();
      }
      return value.signum() > 0 && value.bitLength() <= 64
          ? new Values.Unsigned(value.longValue())
          : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /**
   * Reads a document.
   *
   * @param text not bytes
   */
  static @Nullable Object read(String text, Budget budget) {
    LoadSettings settings = LoadSettings.builder().setCodePointLimit(1 << 24).build();
    try {
      Iterator<Event> events = new Parse(settings).parseString(text).iterator();
      while (events.hasNext()) {
        Event event = events.next();
        switch (event.getEventId()) {
          case StreamStart, DocumentStart, DocumentEnd, Comment -> {}
          case StreamEnd -> {
            return null;
          }
          default -> {
            return value(event, events, budget);
          }
        }
      }
      return null;
    } catch (YamlEngineException e) {
      // Its own message quotes the input.
      throw new Failure("this is no YAML");
    }
  }

  private static @Nullable Object value(Event event, Iterator<Event> events, Budget budget) {
    budget.step(1);
    return switch (event.getEventId()) {
      case Scalar -> {
        var scalar = (ScalarEvent) event;
        if (!scalar.isPlain() || scalar.getTag().isPresent()) {
          yield Bytes.of(scalar.getValue());
        }
        Object value = resolve(scalar.getValue());
        yield value instanceof String string ? Bytes.of(string) : value;
      }
      case SequenceStart -> {
        budget.enter();
        var list = new ArrayList<@Nullable Object>();
        for (Event next = events.next();
            next.getEventId() != Event.ID.SequenceEnd;
            next = events.next()) {
          list.add(value(next, events, budget));
        }
        budget.leave();
        yield list;
      }
      case MappingStart -> {
        budget.enter();
        var map = new TreeMap<String, @Nullable Object>();
        for (Event next = events.next();
            next.getEventId() != Event.ID.MappingEnd;
            next = events.next()) {
          if (!(next instanceof ScalarEvent key)) {
            throw new Failure("this YAML has a key that is no text");
          }
          if (map.containsKey(Bytes.of(key.getValue()))) {
            throw new Failure("this YAML has a key twice");
          }
          map.put(Bytes.of(key.getValue()), value(events.next(), events, budget));
        }
        budget.leave();
        yield map;
      }
      default -> throw new Failure("this YAML has an alias, which is not read here: write it out");
    };
  }

  /** Writes a value, without white space around it. */
  static String write(@Nullable Object value, Budget budget) {
    return Texts.trimSpace(new YamlWriter(budget).write(value));
  }
}
