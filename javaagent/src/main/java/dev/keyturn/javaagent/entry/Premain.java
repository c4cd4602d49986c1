package dev.keyturn.javaagent.entry;

import java.lang.instrument.Instrumentation;

/**
 * Where the JVM enters. The build lowers this one class to the class-file version of Java 6, so
 * that a JVM too old for the rest says so and runs on, where a newer class would end it. Hence
 * nothing here but the oldest of JDK types. Whatever goes wrong, the application runs.
 */
public final class Premain {
  private static boolean started;
  private static Object[] given = {};

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
        given = new Object[] {options, instrumentation};
        Class.forName(
            "dev.keyturn.javaagent.core.Start",
            true,
            new AgentLoader(Premain.class.getProtectionDomain()));
      }
    } catch (Throwable e) {
      say("the agent could not start: " + e);
    }
  }

  /** What the JVM gave: the options and the instrumentation. Once; then nobody can have them. */
  public static Object[] handOver() {
    Object[] once = given;
    given = new Object[0];
    return once;
  }

  private static void say(String problem) {
    System.err.println("keyturn: " + problem + "; the application runs on");
  }
}
