package dev.keyturn.cli;

import dev.keyturn.plan.PlanException;
import dev.keyturn.webhook.Settings;
import dev.keyturn.webhook.admission.InjectionSettings;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.manifest.ManifestLint;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What the cluster's operator has decided, as far as it is told on the command line. */
final class ClusterOptions {
  /** Whether a webhook answers Vault Agent Injector's annotations ({@code docs/webhook.md}). */
  static final String VAULT_ANNOTATIONS = "KEYTURN_VAULT_ANNOTATIONS";

  @Option(
      names = "--settings",
      paramLabel = "FILE",
      description = "The webhook's settings, a line for each: KEYTURN_NAME=value.")
  private @Nullable Path settings;

  @Mixin private ProfileOptions profile;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ClusterOptions() {}

  /**
   * What judges manifests as the webhook would.
   *
   * @param assumed settings that hold where the file does not say
   * @throws CommandFailure if what was named can't be read, or is wrong
   */
  ManifestLint judge(Map<String, String> assumed) {
    Map<String, String> variables = settings(assumed);
    // Whoever has a manifest with Vault Agent Injector's annotations judged means them.
    boolean vaultAnnotations = variables.putIfAbsent(VAULT_ANNOTATIONS, "true") == null;
    InjectionSettings injection;
    try {
      injection = Settings.read(variables).injection();
    } catch (PlanException e) {
      throw ProfileOptions.wrong(settings == null ? "the settings" : settings.toString(), e);
    }
    return new ManifestLint(
        new Injector(injection),
        profile.profile(injection.vault()),
        profile.namespace(),
        vaultAnnotations);
  }

  /** What stands for the variables of a plan. */
  Map<String, String> variables() {
    return profile.variables();
  }

  private Map<String, String> settings(Map<String, String> assumed) {
    var variables = new LinkedHashMap<>(assumed);
    if (settings != null) {
      int number = 0;
      for (String line : TextFile.read(settings, "the settings").lines().toList()) {
        number++;
        int equals = line.indexOf('=');
        if (equals > 0 && !line.startsWith("#")) {
          variables.put(line.substring(0, equals).strip(), line.substring(equals + 1).strip());
        } else if (!line.isBlank() && !line.startsWith("#")) {
          throw new CommandFailure(
              CommandFailure.WRONG_USE,
              settings + ": line " + number + " is not of the form KEYTURN_NAME=value");
        }
      }
    }
    return variables;
  }
}
