package dev.keyturn.cli;

import dev.keyturn.sidecar.notification.ProcessSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Passes this process's signals on to the command that it runs. A signal that comes before the
 * command is started keeps it from being started.
 */
final class Relay {

  /** What asks a process to stop, and what users send to applications; without {@code SIG}. */
  private static final List<String> NAMES = List.of("TERM", "INT", "HUP", "USR1");

  /** The same number on every Unix. */
  private static final int SIGINT = 2;

  private @Nullable Process command;
  private OptionalInt early = OptionalInt.empty();

  private Relay() {}

  /** A signal came before the command was started. */
  static final class Stopped extends Exception {
    private static final long serialVersionUID = 1L;
    private final int signal;

    private Stopped(int signal) {
      super("stopped by signal " + signal);
      this.signal = signal;
    }

    /** Which one, by number. */
    int signal() {
      return signal;
    }
  }

  /** From here on the signals don't end this process. */
  static Relay install() {
    Relay relay = new Relay();
    NAMES.forEach(name -> Signals.handle(name, relay::receive));
    return relay;
  }

  /**
   * Does nothing while no signal has come.
   *
   * @throws Stopped if one has
   */
  synchronized void check() throws Stopped {
    if (early.isPresent()) {
      throw new Stopped(early.getAsInt());
    }
  }

  /**
   * Starts the command; signals go to it from then on.
   *
   * @throws Stopped if one came before
   * @throws IOException if the command can't be started
   */
  synchronized Process start(ProcessBuilder builder) throws Stopped, IOException {
    check();
    Process started = builder.start();
    command = started;
    return started;
  }

  private synchronized void receive(int signal) {
    if (command == null) {
      early = OptionalInt.of(signal);
    } else if (command.isAlive() && !(signal == SIGINT && hearsTerminal(command.pid()))) {
      ProcessSignal.send(command.pid(), signal);
    }
  }

  /**
   * Whether Ctrl-C reaches the process from its terminal, which sends SIGINT to each process of the
   * group in the foreground: a second one from here could make it give up its orderly end.
   */
  @SuppressWarnings("SystemConsoleNull") // it does again since JDK 25 (JDK-8351435)
  private static boolean hearsTerminal(long pid) {
    try {
      // proc_pid_stat(5): "PID (NAME) STATE PPID PGRP SESSION TTY TPGID ..."; NAME may hold
      // anything.
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", 7);
      return fields[2].equals(fields[5]);
    } catch (IOException e) {
      // No /proc (macOS), or gone meanwhile.
      return System.console() != null && System.console().isTerminal();
    }
  }
}
