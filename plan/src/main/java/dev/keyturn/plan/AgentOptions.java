package dev.keyturn.plan;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The Java agent's options that are a user's to choose: {@code name=value} with commas between
 * them. The others (the mount, where it acknowledges) are of whoever puts the agent in place. The
 * agent itself ignores what it does not know, since it must not stop an application; here it is a
 * problem.
 */
public final class AgentOptions {
  /** As docs/java-agent.md and docs/sinks.md have them. */
  static final List<String> SINKS =
      List.of(
          "apache-http-4",
          "apache-http-5",
          "aws",
          "http-url-connection",
          "jaas",
          "java-net-http",
          "jdbc",
          "jmx",
          "ldap",
          "mail",
          "mongodb",
          "netty-http",
          "okhttp",
          "password-authentication",
          "r2dbc-postgresql",
          "rabbitmq",
          "redis");

  private static final List<String> NAMES =
      List.of("window", "retire", "children", "sinks", "mask");

  /** As the agent's own limit. */
  private static final Duration LONGEST = Duration.ofHours(24);

  private AgentOptions() {}

  /** Every problem of a list of options; none where it is empty. */
  public static List<String> problems(String options) {
    var found = new ArrayList<String>();
    if (!options.isEmpty()) {
      String[] all = options.split(",", -1);
      for (int i = 0; i < all.length; i++) {
        check(all[i], i + 1, found);
      }
    }
    return List.copyOf(found);
  }

  /** No message repeats what was given: it may be a secret in the wrong place. */
  private static void check(String option, int number, List<String> problems) {
    int equals = option.indexOf('=');
    String name = equals < 0 ? option : option.substring(0, equals);
    String value = equals < 0 ? "" : option.substring(equals + 1);
    switch (name) {
      case "window", "retire" -> {
        Duration time = Interval.parse(value);
        if (time == null || time.compareTo(LONGEST) > 0) {
          problems.add("'" + name + "' takes a number with ms, s, m or h, at most 24h");
        }
      }
      case "children" -> oneOf(name, value, List.of("block", "report", "allow"), problems);
      case "mask" -> oneOf(name, value, List.of("on", "off"), problems);
      case "sinks" -> {
        for (String sink : value.split("\\+", -1)) {
          if (!SINKS.contains(sink)) {
            problems.add("'sinks' has a name that is no sink's; " + Spelling.hint(sink, SINKS));
          }
        }
      }
      default ->
          problems.add(
              "option "
                  + number
                  + " is none of the Java agent's that are to be set here; "
                  + Spelling.hint(name, NAMES));
    }
  }

  private static void oneOf(String name, String value, List<String> known, List<String> problems) {
    if (!known.contains(value)) {
      problems.add("'" + name + "' takes one of " + String.join(", ", known));
    }
  }
}
