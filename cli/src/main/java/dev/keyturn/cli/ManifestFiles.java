package dev.keyturn.cli;

import dev.keyturn.cli.LintFormat.Found;
import dev.keyturn.webhook.manifest.Finding;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.YamlDocument;
import dev.keyturn.webhook.yaml.YamlPatch;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The manifests that a command changes and prints: its option {@code --file}. */
final class ManifestFiles {
  private static final int PROBLEMS = 1;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE|-",
      required = true,
      description = "Manifests, in YAML or JSON; - for stdin. May be given several times.")
  private List<Path> files;

  @SuppressWarnings("NullAway.Init") // picocli sets the field
  ManifestFiles() {}

  /**
   * Changes each document and prints all of them; what there is to say goes to standard error.
   *
   * @param change of one document, in place
   * @return the exit code: 1, and nothing is printed, if anything found is an error
   */
  int print(CommandSpec spec, Function<YamlDocument, List<Finding>> change) {
    var found = new ArrayList<Found>();
    var documents = new ArrayList<YamlDocument>();
    for (Path file : files) {
      try {
        for (YamlDocument document :
            YamlDocument.readWithComments(TextFile.read(file, "the manifest"))) {
          change.apply(document).forEach(f -> found.add(new Found(file.toString(), f)));
          documents.add(document);
        }
      } catch (MalformedYamlException e) {
        found.add(
            new Found(
                file.toString(),
                new Finding(
                    Level.ERROR, "yaml", e.position(), "file", String.valueOf(e.getMessage()))));
      }
    }
    spec.commandLine().getErr().print(LintFormat.TEXT.text(found));
    spec.commandLine().getErr().flush();
    if (found.stream().anyMatch(one -> one.finding().level() == Level.ERROR)) {
      return PROBLEMS;
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(YamlPatch.text(documents));
    out.flush();
    return 0;
  }
}
