package dev.keyturn.javaagent.guard;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.core.Options;
import dev.keyturn.javaagent.report.Leaks;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.standin.Snapshot;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is given to a child process: others read it there, in {@code /proc/PID/cmdline} and {@code
 * environ}. Any thread.
 */
public final class ChildProcesses {
  private ChildProcesses() {}

  /**
   * Looks for values in arguments and variables, but for those that this process has in its own
   * environment, which are no leak of ours.
   *
   * @param environment null: the child inherits this process's
   * @return why the child is not to start, or null
   */
  public static @Nullable IOException check(
      String[] command, @Nullable Map<String, String> environment) {
    Options options = Agent.options();
    if (options == null || options.children.equals("allow")) {
      return null;
    }
    boolean block = options.children.equals("block");
    for (int i = 0; i < command.length; i++) {
      IOException refused = check(command[i], i == 0 ? "name" : "argument " + i, command, block);
      if (refused != null) {
        return refused;
      }
    }
    if (environment != null) {
      for (Map.Entry<String, String> variable : environment.entrySet()) {
        if (!variable.getValue().equals(Snapshot.current().realVariable(variable.getKey()))) {
          IOException refused =
              check(variable.getValue(), "variable " + variable.getKey(), command, block);
          if (refused != null) {
            return refused;
          }
        }
      }
    }
    return null;
  }

  private static @Nullable IOException check(
      String text, String place, String[] command, boolean block) {
    Values.Found found = Known.values().find(text, 0);
    if (found == null) {
      return null;
    }
    Values.Secret secret = found.secret;
    String sink = place.startsWith("variable") ? "child environment" : "child arguments";
    String problem =
        "the child process '"
            + (place.equals("name") ? "(secret " + secret + ")" : command[0])
            + "' "
            + (block ? "was not started" : "was started with a secret that others can read")
            + ": its "
            + place
            + " holds the value of secret "
            + secret
            + ", and what a process is started with can be read by others; give it on standard"
            + " input or in a file"
            + (block ? ", or set the agent's option children=report" : "");
    if (block) {
      Leaks.blocked(secret.name, secret.key, secret.version, sink);
      return new IOException("keyturn: " + problem);
    }
    Leaks.reported(secret.name, secret.key, secret.version, sink);
    Problems.once(problem);
    return null;
  }
}
