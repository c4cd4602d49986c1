package dev.keyturn.cli;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Reads a plan named on the command line; JSON is YAML, so one parser reads both. */
final class PlanFile {

  private PlanFile() {}

  /**
   * The plan in a file.
   *
   * @throws PlanException with every problem of the text
   * @throws CommandFailure if the file can't be read
   */
  static Plan read(Path file) {
    try {
      return Plan.parseYaml(Files.readString(file));
    } catch (NoSuchFileException e) {
      throw unreadable(file, "there is no such file");
    } catch (CharacterCodingException e) {
      throw unreadable(file, "it is not UTF-8 text");
    } catch (IOException e) {
      throw unreadable(file, e.toString());
    }
  }

  private static CommandFailure unreadable(Path file, String why) {
    return new CommandFailure(
        CommandFailure.WRONG_USE, "cannot read the plan " + file + ": " + why + ".");
  }
}
