package dev.keyturn.javaagent.report;

import java.util.HashSet;
import java.util.Set;

/**
 * What goes wrong in the agent, said on stderr, never twice. The application runs on. Any thread.
 */
public final class Problems {
  /** So that no mistake in an application can fill memory: those after it are not said. */
  private static final int MAX_SAID = 200;

  private static final Set<String> SAID = new HashSet<>();
  static final Counts FAILURES = new Counts();

  private Problems() {}

  /** Says a problem, once for each text. */
  public static void once(String problem) {
    boolean first;
    synchronized (SAID) {
      first = SAID.size() < MAX_SAID && SAID.add(problem);
    }
    if (first) {
      say(problem);
    }
  }

  public static void say(String problem) {
    System.err.println("keyturn: " + problem);
  }

  /**
   * Counts a failure of our own, and says the first of each sink: by its class and place, since a
   * message may hold anything.
   */
  public static void failed(String sink, Throwable failure) {
    FAILURES.add(sink);
    StackTraceElement[] stack = failure.getStackTrace();
    StringBuilder problem = new StringBuilder();
    problem.append(sink).append(" failed and was left out: ").append(failure.getClass().getName());
    if (failure instanceof IllegalStateException) {
      // Those of the class-file editor, which sees no value.
      problem.append(
          stack.length > 0 && stack[0].getClassName().endsWith(".ClassFile")
              ? ": " + failure.getMessage()
              : "");
    }
    if (stack.length > 0) {
      problem.append(" at ").append(stack[0]);
    }
    once(problem.append("; the application runs on").toString());
  }

  /** How many failures of our own were suppressed. */
  public static long failures() {
    return FAILURES.total();
  }
}
