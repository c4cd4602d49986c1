package dev.keyturn.cli;

import dev.keyturn.plan.PlanException;
import dev.keyturn.webhook.Settings;
import dev.keyturn.webhook.admission.InjectionSettings;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.manifest.ManifestLint;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.profile.ProfileException;
import dev.keyturn.webhook.profile.Profiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
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

  @Option(names = "--profiles", paramLabel = "FILE", description = "The operator's profiles.")
  private @Nullable Path profiles;

  @Option(
      names = "--profile",
      paramLabel = "NAME",
      description = "Which of them holds; the one named default, if there is one, without it.")
  private @Nullable String profile;

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Namespace of objects that don't say; ${DEFAULT-VALUE} without it.")
  private String namespace;

  @SuppressWarnings("NullAway.Init") // picocli sets the fields
  ClusterOptions() {}

  /**
   * What judges manifests as the webhook would.
   *
   * @param assumed settings that hold where the file does not say
   * @throws CommandFailure if what was named can't be read, or is wrong
   */
  ManifestLint judge(Map<String, String> assumed) {
    Map<String, String> variables = variables(assumed);
    // Whoever has a manifest with Vault Agent Injector's annotations judged means them.
    boolean vaultAnnotations = variables.putIfAbsent(VAULT_ANNOTATIONS, "true") == null;
    InjectionSettings injection;
    try {
      injection = Settings.read(variables).injection();
    } catch (PlanException e) {
      throw wrong(settings == null ? "the settings" : settings.toString(), e);
    }
    return new ManifestLint(
        new Injector(injection), profile(injection), namespace, vaultAnnotations);
  }

  private Map<String, String> variables(Map<String, String> assumed) {
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

  private Profile profile(InjectionSettings injection) {
    if (profiles == null) {
      if (profile != null) {
        throw new CommandFailure(
            CommandFailure.WRONG_USE, "--profile names one of a file: name the file (--profiles)");
      }
      return Profile.NONE;
    }
    String text = TextFile.read(profiles, "the profiles");
    try {
      Profiles all = Profiles.parse(text, injection.vault());
      if (profile != null && !all.byName().containsKey(profile)) {
        throw new CommandFailure(
            CommandFailure.WRONG_USE,
            profiles
                + " has no profile '"
                + profile
                + "'; it has "
                + String.join(", ", all.byName().keySet().stream().sorted().toList()));
      }
      // Of whichever namespace: that is not known here.
      return profile == null
          ? all.of(namespace, Optional.empty())
          : all.byName().getOrDefault(profile, Profile.NONE);
    } catch (PlanException e) {
      throw wrong(profiles.toString(), e);
    } catch (ProfileException e) {
      throw new CommandFailure(CommandFailure.WRONG_USE, String.valueOf(e.getMessage()));
    }
  }

  private static CommandFailure wrong(String what, PlanException e) {
    List<String> lines = new ArrayList<>();
    e.problems().forEach(problem -> lines.add(what + ": " + problem));
    return new CommandFailure(CommandFailure.WRONG_USE, lines);
  }
}
