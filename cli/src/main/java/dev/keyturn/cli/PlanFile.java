package dev.keyturn.cli;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import java.nio.file.Path;
import java.util.Map;

/** Reads a plan named on the command line; JSON is YAML, so one parser reads both. */
final class PlanFile {

  private PlanFile() {}

  /**
   * The plan in a file.
   *
   * @param variables what {@code ${environment}} and such stand for
   * @throws PlanException with every problem of the text
   * @throws CommandFailure if the file can't be read
   */
  static Plan read(Path file, Map<String, String> variables) {
    return Plan.parseYaml(TextFile.read(file, "the plan"), variables);
  }
}
