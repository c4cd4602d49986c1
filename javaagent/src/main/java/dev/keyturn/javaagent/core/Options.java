package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.mount.MountReader;
import java.io.File;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What stands after {@code -javaagent:JAR=}, parsed once: {@code name=value} with commas between
 * them. What is unknown or wrong is named in one line each, and ignored.
 */
public final class Options {
  /** Nothing is done: an AOT cache can't be recorded with a transformed System. */
  final boolean off;

  final File mount;

  /** How long a version that was replaced may still be tried, 0 to a day. */
  final long windowMillis;

  /** Over which time pooled connections are retired after a rotation, 0 to a day. */
  public final long retireMillis;

  /** What happens when a child process is given a value: block, report or allow. */
  public final String children;

  /** Whether values are masked in logs and on the terminal. */
  public final boolean mask;

  /** The sinks that put secrets in; null: all. */
  private final @Nullable Set<String> sinks;

  /** Where the sidecar is told which versions are in use; null: as a variable says. */
  public final @Nullable File acknowledge;

  Options(@Nullable String text) {
    boolean isOff = false;
    boolean isMasking = true;
    File directory = null;
    long window = 300_000;
    long retire = 10_000;
    String ofChildren = "block";
    Set<String> allowed = null;
    File told = null;
    String rest = text == null ? "" : text;
    while (!rest.isEmpty()) {
      int comma = rest.indexOf(',');
      String option = comma < 0 ? rest : rest.substring(0, comma);
      rest = comma < 0 ? "" : rest.substring(comma + 1);
      int equals = option.indexOf('=');
      String name = equals < 0 ? option : option.substring(0, equals);
      String value = equals < 0 ? "" : option.substring(equals + 1);
      if (option.equals("off")) {
        isOff = true;
      } else if (name.equals("mount") && !value.isEmpty()) {
        directory = new File(value);
      } else if (name.equals("window")) {
        window = millis(option, value, window);
      } else if (name.equals("retire")) {
        retire = millis(option, value, retire);
      } else if (name.equals("children") && isOneOf(value, "block", "report", "allow")) {
        ofChildren = value;
      } else if (name.equals("mask") && isOneOf(value, "on", "off")) {
        isMasking = value.equals("on");
      } else if (name.equals("sinks") && !value.isEmpty()) {
        allowed = split(value);
      } else if (name.equals("acknowledge") && !value.isEmpty()) {
        told = new File(value);
      } else if (!option.isEmpty()) {
        Problems.say(
            "unknown agent option '"
                + option
                + "' is ignored: there are mount=DIR, window=TIME, retire=TIME,"
                + " children=block|report|allow, mask=on|off, sinks=NAME+NAME, acknowledge=DIR and off");
      }
    }
    off = isOff;
    // Only then a variable may have to be asked: the JDK reads all of them at the first.
    mount = directory == null ? MountReader.defaultDirectory() : directory;
    windowMillis = window;
    retireMillis = retire;
    children = ofChildren;
    mask = isMasking;
    sinks = allowed;
    acknowledge = told;
  }

  /** Whether the sink of that name may put secrets in. */
  public boolean allows(String sink) {
    return sinks == null || sinks.contains(sink);
  }

  private static Set<String> split(String names) {
    Set<String> all = new HashSet<String>();
    int end;
    for (int at = 0; at <= names.length(); at = end + 1) {
      end = names.indexOf('+', at);
      end = end < 0 ? names.length() : end;
      all.add(names.substring(at, end));
    }
    return all;
  }

  private static boolean isOneOf(String value, String... known) {
    for (String one : known) {
      if (one.equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static long millis(String option, String value, long otherwise) {
    String[] units = {"ms", "s", "m", "h"};
    long[] factors = {1, 1000, 60_000, 3_600_000};
    for (int i = 0; i < units.length; i++) {
      if (value.endsWith(units[i])) {
        try {
          long number = Long.parseLong(value.substring(0, value.length() - units[i].length()));
          if (number >= 0 && number <= 86_400_000 / factors[i]) {
            return number * factors[i];
          }
        } catch (NumberFormatException e) {
          // Said below.
        }
        break;
      }
    }
    Problems.say(
        "agent option '"
            + option
            + "' is ignored: a time is a number with ms, s, m or h, at most 24h");
    return otherwise;
  }
}
