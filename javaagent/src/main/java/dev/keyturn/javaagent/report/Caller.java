package dev.keyturn.javaagent.report;

import org.jspecify.annotations.Nullable;

/** Who, of all that is on this thread's stack, is neither the JDK, a logger nor the agent. */
public final class Caller {
  private static final String[] OTHERS = {
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "dev.keyturn.javaagent.",
    "org.slf4j.",
    "ch.qos.logback.",
    "org.apache.logging.",
    "org.apache.commons.logging.",
    "org.apache.log4j.",
    "org.jboss.logging.",
    "org.jboss.logmanager.",
  };

  private Caller() {}

  /** The class and line of the innermost such frame; null if there is none. */
  public static @Nullable StackTraceElement frame() {
    for (StackTraceElement frame : new Throwable().getStackTrace()) {
      if (!isOther(frame.getClassName())) {
        return frame;
      }
    }
    return null;
  }

  private static boolean isOther(String type) {
    for (String other : OTHERS) {
      if (type.startsWith(other)) {
        return true;
      }
    }
    return false;
  }

  /** That frame's class. */
  static @Nullable String name() {
    StackTraceElement frame = frame();
    return frame == null ? null : frame.getClassName();
  }
}
