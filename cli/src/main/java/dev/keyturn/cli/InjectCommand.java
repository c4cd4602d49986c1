package dev.keyturn.cli;

import dev.keyturn.cli.LintFormat.Found;
import dev.keyturn.webhook.manifest.Finding;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.manifest.ManifestLint;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.YamlDocument;
import dev.keyturn.webhook.yaml.YamlPatch;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code keyturn inject}: prints manifests as the webhook would make them. */
@Command(
    name = "inject",
    description = "Prints manifests as the webhook would make them; fetches nothing.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:the manifests are printed",
      "1:a pod would be refused; nothing is printed",
      "2:the command line is wrong, or a file cannot be read"
    })
final class InjectCommand implements Callable<Integer> {

  private static final int PROBLEMS = 1;

  @Option(
      names = {"-f", "--file"},
      paramLabel = "FILE|-",
      required = true,
      description = "Manifests, in YAML or JSON; - for stdin. May be given several times.")
  private List<Path> files;

  @Option(
      names = "--image",
      paramLabel = "IMAGE",
      description = "Of the injected containers, where the settings don't say (KEYTURN_IMAGE).")
  private @Nullable String image;

  @Mixin private ClusterOptions cluster;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  InjectCommand() {}

  @Override
  public Integer call() {
    ManifestLint judge = cluster.judge(image == null ? Map.of() : Map.of("KEYTURN_IMAGE", image));
    var found = new ArrayList<Found>();
    var documents = new ArrayList<YamlDocument>();
    for (Path file : files) {
      try {
        for (YamlDocument document :
            YamlDocument.readWithComments(TextFile.read(file, "the manifest"))) {
          judge.inject(document).forEach(f -> found.add(new Found(file.toString(), f)));
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
