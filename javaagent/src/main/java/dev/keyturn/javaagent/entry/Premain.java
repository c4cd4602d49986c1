package dev.keyturn.javaagent.entry;

import dev.keyturn.javaagent.core.Agent;
import java.lang.instrument.Instrumentation;

/**
 * Where the JVM enters. The build lowers this one class to the class-file version of Java 6, so
 * that a JVM too old for the rest says so and runs on, where a newer class would end it. Hence
 * nothing here but the oldest of JDK types. Whatever goes wrong, the application runs.
 */
public final class Premain {
  private static boolean started;

  private Premain() {}

  public static void premain(String options, Instrumentation instrumentation) {
    try {
      String version = System.getProperty("java.specification.version");
      if (version.equals("1.6") || version.equals("1.7")) {
        say("Java " + version + " is too old: the agent needs 8 or newer");
      } else if (started) {
        say(
            "the agent is on the command line (or in JAVA_TOOL_OPTIONS) twice: the first one serves");
      } else {
        started = true;
        Agent.start(options, instrumentation);
      }
    } catch (Throwable e) {
      say("the agent could not start: " + e);
    }
  }

  private static void say(String problem) {
    System.err.println("keyturn: " + problem + "; the application runs on");
  }
}
