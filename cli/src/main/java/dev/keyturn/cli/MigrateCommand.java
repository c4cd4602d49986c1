package dev.keyturn.cli;

import dev.keyturn.cli.LintFormat.Found;
import dev.keyturn.webhook.manifest.Finding;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.manifest.ManifestMigration;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.YamlDocument;
import dev.keyturn.webhook.yaml.YamlPatch;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code keyturn migrate}: has manifests say in Keyturn's words what they say in others'. */
@Command(
    name = "migrate",
    description = "Prints manifests of Vault Agent Injector's users with Keyturn's annotations.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the manifests are printed; what changes is told on standard error",
      "1:something can't be done with Keyturn; nothing is printed",
      "2:the command line is wrong, or a file cannot be read"
    })
final class MigrateCommand implements Callable<Integer> {

  private static final int PROBLEMS = 1;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE|-",
      required = true,
      description = "Manifests, in YAML or JSON; - for stdin. May be given several times.")
  private List<Path> files;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  MigrateCommand() {}

  @Override
  public Integer call() {
    var found = new ArrayList<Found>();
    var documents = new ArrayList<YamlDocument>();
    for (Path file : files) {
      try {
        for (YamlDocument document :
            YamlDocument.readWithComments(TextFile.read(file, "the manifest"))) {
          ManifestMigration.migrate(document)
              .forEach(f -> found.add(new Found(file.toString(), f)));
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
