package dev.keyturn.javaagent.report;

import org.jspecify.annotations.Nullable;

/**
 * JFR events, when this JVM has JFR and it records. {@link FlightEvents} is the one implementation,
 * which the build compiles for Java 11 and lowers: nothing of JFR is loaded before it has been
 * initialized by somebody else.
 */
abstract class Events {
  private static volatile @Nullable Events events;
  private static volatile boolean absent;

  abstract boolean isRecording();

  abstract void used(String secret, String key, String version, String sink, @Nullable String host);

  abstract void reloaded(String secret, String version);

  abstract void leak(String secret, String key, String version, String sink, String outcome);

  /** Null if there is no JFR, or it does not record. */
  private static @Nullable Events recording() {
    if (absent) {
      return null;
    }
    try {
      Events known = events;
      if (known == null) {
        known =
            Class.forName("dev.keyturn.javaagent.report.FlightEvents")
                .asSubclass(Events.class)
                .getDeclaredConstructor()
                .newInstance();
        events = known;
      }
      return known.isRecording() ? known : null;
    } catch (ReflectiveOperationException | LinkageError e) {
      absent = true; // no module jdk.jfr in this JVM
      return null;
    }
  }

  static void secretUsed(
      String secret, String key, String version, String sink, @Nullable String host) {
    Events recording = recording();
    if (recording != null) {
      recording.used(secret, key, version, sink, host);
    }
  }

  static void secretReloaded(String secret, String version) {
    Events recording = recording();
    if (recording != null) {
      recording.reloaded(secret, version);
    }
  }

  static void leakBlocked(String secret, String key, String version, String sink, String outcome) {
    Events recording = recording();
    if (recording != null) {
      recording.leak(secret, key, version, sink, outcome);
    }
  }
}
