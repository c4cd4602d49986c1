package dev.keyturn.sidecar.notification;

import dev.keyturn.plan.Action;
import java.io.IOException;

/** An action under way: carried out, and again where it failed. Used by one thread. */
interface Attempt {

  /**
   * Tries once; returns within the action's timeout.
   *
   * @throws IOException if it did not work, with what failed, why and what to do next
   */
  void run() throws IOException, InterruptedException;

  /**
   * Begins anew.
   *
   * @param mount where a command finds the secret
   */
  static Attempt of(Action action, String mount) {
    return switch (action) {
      case Action.Signal signal -> new SignalAttempt(signal);
      case Action.Http call -> new HttpAttempt(call);
      case Action.Command command -> new CommandAttempt(command, mount);
    };
  }

  /** The action for people: what is done, to what. */
  static String text(Action action) {
    return switch (action) {
      case Action.Signal(var signal, Action.Target.ProcessName(var name), _) ->
          "signal " + signal + " to " + name;
      case Action.Signal(var signal, Action.Target.PortOwner(var port), _) ->
          "signal " + signal + " to the owner of port " + port;
      case Action.Http(var url, var method, _) -> method + " " + url;
      case Action.Command(var arguments, _) -> "command " + String.join(" ", arguments);
    };
  }

  /** The action's kind, for metrics. */
  static String kind(Action action) {
    return switch (action) {
      case Action.Signal _ -> "signal";
      case Action.Http _ -> "http";
      case Action.Command _ -> "command";
    };
  }
}
