package dev.keyturn.cli;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** The command line's entry: which subcommand, and how a mistake is told. */
@Command(
    name = "keyturn",
    description = "Brings secrets to running workloads, as files in memory that rotate.",
    subcommands = {
      RunCommand.class,
      RenderCommand.class,
      LintCommand.class,
      InjectCommand.class,
      MigrateCommand.class,
      StatusCommand.class,
      RefreshCommand.class,
      DoctorCommand.class
    },
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
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setExecutionExceptionHandler(Keyturn::told);
    line.setParameterExceptionHandler(Keyturn::misused);
    return line;
  }

  /** Says why a command failed, and gives its exit code. */
  static int told(Exception failure, CommandLine command, ParseResult parsed) throws Exception {
    if (failure instanceof CommandFailure known) {
      known.printTo(command.getErr());
      return known.exitCode();
    }
    throw failure;
  }

  private static int misused(ParameterException failure, String[] args) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("keyturn: " + failure.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
      err.println("Try '" + command.getCommandSpec().qualifiedName() + " --help'.");
    }
    return CommandFailure.WRONG_USE;
  }

  /** Without a subcommand there is nothing to do. */
  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(),
        "name a command: run, render, lint, inject, migrate, status, refresh or doctor");
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
