package dev.keyturn.webhook.admission;

import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.VaultDefaults;
import dev.keyturn.webhook.profile.Profile;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the operator decides for all injected pods.
 *
 * @param image the sidecar's image
 * @param imagePullPolicy {@code Always}, {@code IfNotPresent} or {@code Never}
 * @param sidecar for pods that don't say
 * @param vault what pods need not say themselves, by the keys of a plan's {@code vault} section
 * @param audience of the projected token, for pods that don't say
 * @param environment what <code>${environment}</code> stands for; may be empty
 * @param resources of the sidecar, as in a pod; nobody changes it
 * @param mountSize the size limit of each tmpfs; a quantity
 * @param startupAttempts how many times the startup probe is tried, each for at most a minute; at
 *     least 1
 * @param vaultAnnotations whether the annotations of Vault Agent Injector are answered, too
 */
public record InjectionSettings(
    String image,
    String imagePullPolicy,
    SidecarKind sidecar,
    Map<String, String> vault,
    String audience,
    String environment,
    ObjectNode resources,
    String mountSize,
    int startupAttempts,
    boolean vaultAnnotations) {

  /** Where an injected container finds its service account's token. */
  public static final String TOKEN_FILE = "/keyturn/identity/token";

  public InjectionSettings {
    vault = Map.copyOf(vault);
  }

  /** These settings where a profile says nothing else. */
  InjectionSettings with(Profile profile) {
    if (profile.equals(Profile.NONE)) {
      return this;
    }
    return new InjectionSettings(
        image,
        imagePullPolicy,
        profile.sidecar().orElse(sidecar),
        VaultDefaults.over(vault, profile.vault()),
        profile.audience().orElse(audience),
        profile.environment().orElse(environment),
        profile.resources().orElse(resources),
        mountSize,
        startupAttempts,
        vaultAnnotations);
  }
}
