package dev.keyturn.cli;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code keyturn lint}: says everything that is wrong with plans, without fetching anything. */
@Command(
    name = "lint",
    description = "Says everything that is wrong with plans; fetches nothing.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:every plan is right",
      "1:a plan has problems; each is printed as FILE: KEY: MESSAGE",
      "2:the command line is wrong, or a file cannot be read"
    })
final class LintCommand implements Callable<Integer> {

  private static final int PROBLEMS = 1;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "Plans, in YAML or JSON.")
  private List<Path> files;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  LintCommand() {}

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    int exitCode = 0;
    for (Path file : files) {
      try {
        Plan plan = PlanFile.read(file);
        int secrets = plan.secrets().size();
        out.println(
            file + ": " + secrets + (secrets == 1 ? " secret" : " secrets") + ", no problem");
      } catch (PlanException e) {
        e.problems().forEach(problem -> out.println(file + ": " + problem));
        exitCode = PROBLEMS;
      }
    }
    return exitCode;
  }
}
