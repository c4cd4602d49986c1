package dev.keyturn.cli;

import java.io.PrintWriter;
import java.util.List;

/**
 * A command can't go on; says why, a line for each reason, and which code the process ends with.
 */
final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The command line or a file named on it must be corrected by its author. */
  static final int WRONG_USE = 2;

  /** Keyturn itself failed; the command was not started. As {@code timeout} and {@code env} do. */
  static final int NOT_STARTED = 125;

  /** The command was found but could not be started, as a POSIX shell says it. */
  static final int CANNOT_EXECUTE = 126;

  /** The command was not found, as a POSIX shell says it. */
  static final int NOT_FOUND = 127;

  private final int exitCode;
  private final transient List<String> lines;

  /**
   * @param lines what failed, on what, why, and what to do next; never a value
   */
  CommandFailure(int exitCode, List<String> lines) {
    super(String.join("\n", lines));
    this.exitCode = exitCode;
    this.lines = List.copyOf(lines);
  }

  CommandFailure(int exitCode, String line) {
    this(exitCode, List.of(line));
  }

  int exitCode() {
    return exitCode;
  }

  void printTo(PrintWriter err) {
    lines.forEach(line -> err.println("keyturn: " + line));
    err.flush();
  }
}
