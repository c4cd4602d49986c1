package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.entry.Premain;
import dev.keyturn.javaagent.report.Problems;
import java.lang.instrument.Instrumentation;

/**
 * Starts the agent when it is initialized: {@code Premain}, which another loader has, would have to
 * call a method by reflection, and each such call has the JVM make classes for it.
 */
final class Start {
  static {
    Object[] given = Premain.handOver();
    try {
      Agent.start((String) given[0], (Instrumentation) given[1]);
    } catch (Throwable e) {
      Problems.say("the agent could not start: " + e + "; the application runs on");
    }
  }

  private Start() {}
}
