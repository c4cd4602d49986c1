package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What users read is what is there. */
class DocumentationTest {

  @Test
  void the_page_on_the_command_line_names_every_command_option_and_exit_code() throws IOException {
    String page = Files.readString(Launched.ROOT.resolve("docs/cli.md"));
    for (CommandLine command : Keyturn.commandLine().getSubcommands().values()) {
      String name = command.getCommandName();
      assertThat(page).contains("\n## keyturn " + name + "\n");
      String section = page.substring(page.indexOf("\n## keyturn " + name + "\n") + 1);
      int end = section.indexOf("\n## ");
      section = end < 0 ? section : section.substring(0, end);
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (!option.usageHelp() && !option.versionHelp()) {
          assertThat(section).as(name).contains("| `" + option.longestName());
        }
      }
      for (String code : command.getCommandSpec().usageMessage().exitCodeList().keySet()) {
        assertThat(section).as(name).contains("| " + (code.equals("*") ? "any" : code) + " |");
      }
    }
  }
}
