package dev.keyturn.cli;

import dev.keyturn.cli.LintFormat.Found;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.webhook.manifest.Finding;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.manifest.ManifestLint;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.Position;
import dev.keyturn.webhook.yaml.YamlDocument;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.databind.JsonNode;

/** {@code keyturn lint}: says everything that is wrong with plans and manifests, offline. */
@Command(
    name = "lint",
    description = "Says everything that is wrong with plans and manifests; fetches nothing.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong",
      "1:something is wrong; each thing is printed with its place",
      "2:the command line is wrong, or a file cannot be read"
    })
final class LintCommand implements Callable<Integer> {

  private static final int PROBLEMS = 1;

  /** What an operator sets in some way or other; what is judged here does not depend on how. */
  private static final Map<String, String> ASSUMED =
      Map.of(
          "KEYTURN_IMAGE", "keyturn",
          "KEYTURN_VAULT_ADDRESS", "https://vault.example:8200",
          "KEYTURN_VAULT_ROLE", "role",
          "KEYTURN_ENVIRONMENT", "environment");

  @Parameters(
      arity = "1..*",
      paramLabel = "FILE|DIR|-",
      description = "Plans and manifests, in YAML or JSON; all those of a directory; or stdin.")
  private List<Path> files;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "text",
      description =
          "text, github (annotations in a workflow) or sarif; ${DEFAULT-VALUE} without it.")
  private LintFormat format;

  @Option(names = "--strict", description = "Warnings, too, make the exit code 1.")
  private boolean strict;

  @Mixin private ClusterOptions cluster;

  @Spec private CommandSpec spec;

  private final List<Found> found = new ArrayList<>();
  private final List<String> right = new ArrayList<>();

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  LintCommand() {}

  @Override
  public Integer call() {
    for (Path file : files) {
      if (Files.isDirectory(file)) {
        filesOf(file).forEach(each -> lint(each, false));
      } else {
        lint(file, true);
      }
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(format.text(found));
    if (format == LintFormat.TEXT) {
      right.forEach(out::println);
    }
    out.flush();
    boolean wrong = found.stream().anyMatch(one -> isWrong(one.finding().level()));
    return wrong ? PROBLEMS : 0;
  }

  private boolean isWrong(Level level) {
    return switch (level) {
      case ERROR -> true;
      case WARNING -> strict;
      case NOTE -> false;
    };
  }

  /** What may be a manifest, without hidden directories. */
  private static List<Path> filesOf(Path directory) {
    try (Stream<Path> tree = Files.walk(directory)) {
      return tree.filter(file -> isYaml(file) && !isHidden(directory.relativize(file)))
          .filter(Files::isRegularFile)
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE, "cannot read the directory " + directory + ": " + e);
    }
  }

  private static boolean isYaml(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(".yaml") || name.endsWith(".yml") || name.endsWith(".json");
  }

  private static boolean isHidden(Path path) {
    for (Path part : path) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /**
   * @param named whether somebody has named it: then it is a plan where it is no manifest
   */
  private void lint(Path file, boolean named) {
    String text = TextFile.read(file, "the file");
    int before = found.size();
    List<YamlDocument> documents;
    try {
      documents = YamlDocument.read(text);
    } catch (MalformedYamlException e) {
      add(
          file,
          new Finding(Level.ERROR, "yaml", e.position(), "file", String.valueOf(e.getMessage())));
      return;
    }
    if (documents.size() <= 1 && isPlan(documents, named)) {
      lintPlan(file, text, documents);
      return;
    }
    ManifestLint judge = cluster.judge(ASSUMED);
    for (YamlDocument document : documents) {
      judge.lint(document).forEach(finding -> add(file, finding));
    }
    if (found.stream().skip(before).allMatch(one -> one.finding().level() == Level.NOTE)
        && (named || judge.pods() > 0)) {
      int pods = judge.pods();
      right.add(file + ": " + pods + (pods == 1 ? " pod" : " pods") + " with secrets, no problem");
    }
  }

  private static boolean isPlan(List<YamlDocument> documents, boolean named) {
    if (documents.isEmpty()) {
      return named;
    }
    JsonNode json = documents.getFirst().json();
    return named
        ? !json.has("kind") && !json.has("apiVersion")
        : json.has("secrets") && Plan.sections().containsAll(json.propertyNames());
  }

  private void lintPlan(Path file, String text, List<YamlDocument> documents) {
    try {
      Plan plan = Plan.parseYaml(text, cluster.variables());
      int secrets = plan.secrets().size();
      right.add(file + ": " + secrets + (secrets == 1 ? " secret" : " secrets") + ", no problem");
      plan.kubernetesRules()
          .ifPresent(rules -> right.add(file + ": the service account needs a Role with " + rules));
    } catch (PlanException e) {
      e.problems()
          .forEach(
              problem ->
                  add(
                      file,
                      new Finding(
                          Level.ERROR,
                          "plan",
                          documents.isEmpty()
                              ? Position.START
                              : documents.getFirst().positionOfKeys(problem.key()),
                          problem.key(),
                          problem.message())));
    }
  }

  private void add(Path file, Finding finding) {
    found.add(new Found(file.toString(), finding));
  }
}
