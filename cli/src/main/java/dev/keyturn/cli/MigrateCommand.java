package dev.keyturn.cli;

import dev.keyturn.webhook.manifest.ManifestMigration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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

  @Mixin private ManifestFiles files;

  @Spec private CommandSpec spec;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  MigrateCommand() {}

  @Override
  public Integer call() {
    return files.print(spec, ManifestMigration::migrate);
  }
}
