package dev.keyturn.plan;

import java.net.URI;
import java.time.Duration;
import java.util.List;

/** What is done once a secret's new version is published, so that the workload takes it up. */
public sealed interface Action {

  /** How long one try may take; 1 s to 60 s, whole milliseconds. */
  Duration timeout();

  /**
   * A signal to a process that shares the sidecar's process namespace.
   *
   * @param signal {@code HUP}, {@code INT}, {@code QUIT}, {@code USR1}, {@code USR2}, {@code TERM}
   *     or {@code WINCH}
   */
  record Signal(String signal, Target target, Duration timeout) implements Action {
    public Signal {
      var problems = new Problems();
      problems.check(Place.root().at("signal"), ActionRules.signal(signal));
      problems.check(Place.root().at("timeout"), Rules.timeout(timeout));
      problems.throwIfAny();
    }
  }

  /** Which process gets a signal. */
  sealed interface Target {
    /**
     * The processes of this name.
     *
     * @param name of the program's file, without its directory
     */
    record ProcessName(String name) implements Target {
      public ProcessName {
        var problems = new Problems();
        problems.check(Place.root().at("process"), ActionRules.process(name));
        problems.throwIfAny();
      }
    }

    /**
     * The process that listens on a TCP port.
     *
     * @param port 1 to 65535
     */
    record PortOwner(int port) implements Target {
      public PortOwner {
        var problems = new Problems();
        problems.check(Place.root().at("port"), ActionRules.port(port));
        problems.throwIfAny();
      }
    }
  }

  /**
   * An HTTP request to a server of the same pod or machine.
   *
   * @param url {@code http} or {@code https} on loopback: {@code localhost}, {@code 127.0.0.0/8} or
   *     {@code [::1]}; ASCII; no user and no fragment
   * @param method {@code POST}, {@code GET} or {@code PUT}
   */
  record Http(URI url, String method, Duration timeout) implements Action {
    public Http {
      var problems = new Problems();
      problems.check(Place.root().at("http"), ActionRules.url(url));
      problems.check(Place.root().at("method"), ActionRules.method(method));
      problems.check(Place.root().at("timeout"), Rules.timeout(timeout));
      problems.throwIfAny();
    }
  }

  /**
   * A program that runs beside the sidecar, with no shell between.
   *
   * @param arguments the program's absolute path, then what it gets; 1 to 64
   */
  record Command(List<String> arguments, Duration timeout) implements Action {
    public Command {
      arguments = List.copyOf(arguments);
      var problems = new Problems();
      problems.check(Place.root().at("command"), ActionRules.command(arguments));
      problems.check(Place.root().at("timeout"), Rules.timeout(timeout));
      problems.throwIfAny();
    }
  }
}
