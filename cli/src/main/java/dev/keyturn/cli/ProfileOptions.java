package dev.keyturn.cli;

import dev.keyturn.plan.PlanException;
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

/** Which of the operator's profiles holds, as far as it is told on the command line. */
final class ProfileOptions {
  /**
   * What the webhook's settings have where nobody says; what is read here does not depend on it.
   */
  private static final Map<String, String> ANY_VAULT =
      Map.of("address", "https://vault.example:8200", "role", "role");

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
      description = "Namespace of what does not say.")
  private @Nullable String namespace;

  /** The namespace; Kubernetes' own default where none is named. */
  String namespace() {
    return namespace == null ? "default" : namespace;
  }

  /**
   * What stands for the variables of a plan.
   *
   * @throws CommandFailure as below
   */
  Map<String, String> variables() {
    var variables = new LinkedHashMap<String, String>();
    if (namespace != null) {
      variables.put("namespace", namespace);
    }
    if (profiles != null || profile != null) {
      Profile holds = profile(ANY_VAULT);
      holds.environment().ifPresent(environment -> variables.put("environment", environment));
      variables.putAll(holds.variables());
    }
    return variables;
  }

  /**
   * The profile that holds.
   *
   * @param vault what the webhook's settings say for all
   * @throws CommandFailure if what was named can't be read, or is wrong
   */
  Profile profile(Map<String, String> vault) {
    if (profiles == null) {
      if (profile != null) {
        throw new CommandFailure(
            CommandFailure.WRONG_USE, "--profile names one of a file: name the file (--profiles)");
      }
      return Profile.NONE;
    }
    String text = TextFile.read(profiles, "the profiles");
    try {
      Profiles all = Profiles.parse(text, vault);
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
          ? all.of(namespace(), Optional.empty())
          : all.byName().getOrDefault(profile, Profile.NONE);
    } catch (PlanException e) {
      throw wrong(profiles.toString(), e);
    } catch (ProfileException e) {
      throw new CommandFailure(CommandFailure.WRONG_USE, String.valueOf(e.getMessage()));
    }
  }

  /** All problems of what was named. */
  static CommandFailure wrong(String what, PlanException e) {
    List<String> lines = new ArrayList<>();
    e.problems().forEach(problem -> lines.add(what + ": " + problem));
    return new CommandFailure(CommandFailure.WRONG_USE, lines);
  }
}
