package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** What users read is what is there. */
class DocumentationTest {

  private static final Pattern LINK = Pattern.compile("\\]\\(([^)#]+)(#[^)]*)?\\)");

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

  @Test
  void a_link_to_a_file_of_the_project_leads_there() throws IOException {
    List<String> broken = new ArrayList<>();
    for (Path page : pages()) {
      Matcher link = LINK.matcher(Files.readString(page));
      while (link.find()) {
        if (!link.group(1).contains(":") && !Files.exists(page.resolveSibling(link.group(1)))) {
          broken.add(Launched.ROOT.relativize(page) + ": " + link.group(1));
        }
      }
    }
    assertThat(broken).isEmpty();
  }

  @Test
  void every_decision_is_in_the_index() throws IOException {
    String index = Files.readString(Launched.ROOT.resolve("docs/decisions/README.md"));
    for (Path page : pages()) {
      if (page.getParent().endsWith("decisions") && !page.endsWith("README.md")) {
        assertThat(index).contains("](" + page.getFileName() + ")");
      }
    }
  }

  @Test
  void the_page_on_performance_and_its_plots_are_what_the_figures_say()
      throws IOException, InterruptedException {
    Process check =
        new ProcessBuilder("bench/performance", "--check")
            .directory(Launched.ROOT.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(check.waitFor()).as(said).isZero();
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    for (String folder : List.of("docs", "examples", "deploy")) {
      try (Stream<Path> entries = Files.walk(Launched.ROOT.resolve(folder))) {
        entries.filter(DocumentationTest::isPage).forEach(pages::add);
      }
    }
    try (Stream<Path> entries = Files.list(Launched.ROOT)) {
      entries.filter(DocumentationTest::isPage).forEach(pages::add);
    }
    return pages;
  }

  private static boolean isPage(Path path) {
    return path.toString().endsWith(".md");
  }
}
