package dev.keyturn.javaagent.report;

import jdk.jfr.FlightRecorder;
import org.jspecify.annotations.Nullable;

/** With JFR's classes. */
final class FlightEvents extends Events {
  FlightEvents() {}

  @Override
  boolean isRecording() {
    return FlightRecorder.isInitialized();
  }

  @Override
  void used(String secret, String key, String version, String sink, @Nullable String host) {
    SecretUsed event = new SecretUsed();
    if (event.shouldCommit()) {
      event.secret = secret;
      event.key = key;
      event.version = version;
      event.sink = sink;
      event.host = host;
      event.caller = Caller.name();
      event.commit();
    }
  }

  @Override
  void reloaded(String secret, String version) {
    SecretReloaded event = new SecretReloaded();
    if (event.shouldCommit()) {
      event.secret = secret;
      event.version = version;
      event.commit();
    }
  }

  @Override
  void leak(String secret, String key, String version, String sink, String outcome) {
    LeakBlocked event = new LeakBlocked();
    if (event.shouldCommit()) {
      event.secret = secret;
      event.key = key;
      event.version = version;
      event.sink = sink;
      event.outcome = outcome;
      event.caller = Caller.name();
      event.commit();
    }
  }
}
