package dev.keyturn.javaagent.report;

/** Values that were kept from leaving: counted by sink, and an event each while JFR records. */
public final class Leaks {
  static final Counts MASKED = new Counts();
  static final Counts BLOCKED = new Counts();
  static final Counts REPORTED = new Counts();

  private Leaks() {}

  /** On its way to a log. */
  public static void masked(String secret, String key, String version, String sink) {
    MASKED.add(sink);
    Events.leakBlocked(secret, key, version, sink, "masked");
  }

  /** On its way to a child process, which did not start. */
  public static void blocked(String secret, String key, String version, String sink) {
    BLOCKED.add(sink);
    Events.leakBlocked(secret, key, version, sink, "blocked");
  }

  /** On its way to a child process, which was let go by configuration. */
  public static void reported(String secret, String key, String version, String sink) {
    REPORTED.add(sink);
    Events.leakBlocked(secret, key, version, sink, "reported");
  }

  /** How many values were masked, and child processes not started. */
  public static long prevented() {
    return MASKED.total() + BLOCKED.total();
  }
}
