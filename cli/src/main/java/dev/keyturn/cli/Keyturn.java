package dev.keyturn.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line's entry: which subcommand, and how a mistake is told. */
@Command(
    name = "keyturn",
    description = "Brings secrets to running workloads, as files in memory that rotate.",
    subcommands = {RunCommand.class, LintCommand.class, StatusCommand.class},
    mixinStandardHelpOptions = true,
    versionProvider = Keyturn.Version.class)
public final class Keyturn implements Runnable {

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets it before run()
  private Keyturn() {}

  /** Runs one subcommand and exits with its code; {@code docs/cli.md} lists them. */
  public static void main(String... args) {
    System.exit(commandLine().execute(args));
  }

  /** The whole command, as picocli knows it. */
  static CommandLine commandLine() {
    CommandLine line = new CommandLine(new Keyturn());
    // What belongs to the command that is run reaches it as it is: no `@file`, no options of ours.
    line.setExpandAtFiles(false);
    line.setStopAtPositional(true);
    line.setExecutionExceptionHandler(
        (failure, failed, parsed) -> {
          if (failure instanceof CommandFailure known) {
            known.printTo(failed.getErr());
            return known.exitCode();
          }
          throw failure;
        });
    line.setParameterExceptionHandler(
        (failure, args) -> {
          PrintWriter err = failure.getCommandLine().getErr();
          err.println("keyturn: " + failure.getMessage());
          if (!CommandLine.UnmatchedArgumentException.printSuggestions(failure, err)) {
            err.println(
                "Try '" + failure.getCommandLine().getCommandSpec().qualifiedName() + " --help'.");
          }
          return CommandFailure.WRONG_USE;
        });
    return line;
  }

  /** Without a subcommand there is nothing to do. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name a command: run, lint or status");
  }

  /** The jar's version. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Keyturn.class.getPackage().getImplementationVersion();
      return new String[] {"keyturn " + (version == null ? "(not from a jar)" : version)};
    }
  }
}
