package dev.keyturn.cli;

import dev.keyturn.webhook.manifest.ManifestLint;
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

  @Mixin private ManifestFiles files;

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
    return files.print(spec, judge::inject);
  }
}
