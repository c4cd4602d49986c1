package dev.keyturn.sidecar.notification;

import dev.keyturn.plan.Action;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** A signal to every process that fits. One that got it does not get it again in another try. */
final class SignalAttempt implements Attempt {
  private static final String SHARED = "in a pod, set shareProcessNamespace: true";

  private final Action.Signal action;
  private final Set<Long> sent = new HashSet<>();

  SignalAttempt(Action.Signal action) {
    this.action = action;
  }

  @Override
  public void run() throws IOException {
    String problem = "";
    for (long pid : processes()) {
      if (!sent.contains(pid)) {
        int error = ProcessSignal.send(pid, ProcessSignal.number(action.signal()));
        switch (error) {
          case 0 -> sent.add(pid);
          case ProcessSignal.ESRCH -> problem = "process " + pid + " ended just then";
          case ProcessSignal.EPERM ->
              problem =
                  "process "
                      + pid
                      + " belongs to another user: run it as the user that the sidecar runs as";
          default -> problem = "process " + pid + " can't be sent a signal: errno " + error;
        }
      }
    }
    if (!problem.isEmpty()) {
      throw new IOException(problem);
    }
  }

  private List<Long> processes() throws IOException {
    return switch (action.target()) {
      case Action.Target.ProcessName(String name) -> {
        List<Long> processes = Processes.named(name);
        if (processes.isEmpty()) {
          throw new IOException("no process '" + name + "' is to be seen: start it; " + SHARED);
        }
        yield processes;
      }
      case Action.Target.PortOwner(int port) -> {
        Set<String> sockets = Processes.listening(port);
        if (sockets.isEmpty()) {
          throw new IOException("nothing listens on TCP port " + port + ": start it");
        }
        List<Long> processes = Processes.holding(sockets);
        if (processes.isEmpty()) {
          throw new IOException(
              "who listens on TCP port "
                  + port
                  + " is not to be seen: run it as the user that the sidecar runs as; "
                  + SHARED);
        }
        yield processes;
      }
    };
  }
}
