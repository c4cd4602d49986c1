package dev.keyturn.webhook.admission;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.RefreshHint;
import dev.keyturn.plan.Translation;
import dev.keyturn.plan.VaultDefaults;
import dev.keyturn.webhook.admission.Admission.Denied;
import dev.keyturn.webhook.admission.Admission.Reason;
import dev.keyturn.webhook.admission.Admission.Unchanged;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.profile.ProfileException;
import dev.keyturn.webhook.profile.ProfileSource;
import dev.keyturn.webhook.profile.Profiles;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides what becomes of a pod. A function of the pod and the settings: any thread, no input or
 * output. What it makes of its own result is that result, unless somebody added containers.
 */
public final class Injector {
  /** Set by us; tells a second call from a pod that uses our names for its own things. */
  static final String STATUS = PodPlan.PREFIX + "status";

  static final String INJECTED = "injected";

  private static final String INJECT = PodPlan.PREFIX + "inject";

  private static final Problem TWO_DIALECTS =
      new Problem(
          INJECT,
          "the pod has annotations of Keyturn and asks Vault Agent Injector, too"
              + " (vault.hashicorp.com/agent-inject): say all in one of the two; keyturn migrate"
              + " makes keyturn.dev annotations of the others");

  private final InjectionSettings common;
  private final ProfileSource profiles;
  private final PodPlans plans = new PodPlans();

  /** For pods of namespaces without profiles. */
  public Injector(InjectionSettings settings) {
    this(settings, _ -> Profile.NONE);
  }

  /**
   * @param settings for all pods, where their namespace's profile says nothing else
   */
  public Injector(InjectionSettings settings, ProfileSource profiles) {
    this.common = settings;
    this.profiles = profiles;
  }

  /**
   * Whether a pod that has been created should have been injected, and was not.
   *
   * @param annotations of the pod
   * @param vaultAnnotations whether those of Vault Agent Injector are answered, too
   */
  public static boolean isMissed(Map<String, String> annotations, boolean vaultAnnotations) {
    boolean asks =
        annotations.keySet().stream()
            .anyMatch(
                key ->
                    key.startsWith(PodPlan.PREFIX)
                        && !key.equals(STATUS)
                        && !key.equals(RefreshHint.ANNOTATION));
    boolean asksVaultAgent =
        vaultAnnotations
            && Translation.isAskedFor(annotations)
            && !INJECTED.equals(annotations.get(Translation.STATUS));
    return (asks || asksVaultAgent)
        && !"false".equals(annotations.get(INJECT))
        && !INJECTED.equals(annotations.get(STATUS));
  }

  /** Whether an annotation of a pod is for the webhook to answer. */
  public boolean isOwn(String annotation) {
    return annotation.startsWith(PodPlan.PREFIX)
        || (common.vaultAnnotations() && annotation.startsWith(Translation.PREFIX));
  }

  /** What becomes of a pod under its namespace's profile. */
  public Admission admit(Pod pod) {
    if (ownAnnotations(pod).isEmpty() && !asksVaultAgent(pod)) {
      return new Unchanged();
    }
    try {
      return admit(pod, profiles.of(pod.namespace()));
    } catch (ProfileException e) {
      return new Denied(
          Reason.PROFILE, List.of(new Problem(Profiles.LABEL, String.valueOf(e.getMessage()))));
    }
  }

  /** What becomes of a pod under a profile. */
  public Admission admit(Pod pod, Profile profile) {
    Map<String, String> annotations = ownAnnotations(pod);
    boolean vaultAgent = asksVaultAgent(pod);
    if (annotations.isEmpty() && !vaultAgent) {
      return new Unchanged();
    }
    InjectionSettings settings = common.with(profile);
    Map<String, String> variables = variables(pod, settings, profile);
    String status = annotations.remove(STATUS);
    Translation translation = Translation.NONE;
    if (vaultAgent) {
      if ("false".equals(annotations.get(INJECT)) || isVaultAgents(pod, status)) {
        return new Unchanged();
      }
      if (!annotations.isEmpty()) {
        return new Denied(Reason.ANNOTATION, List.of(TWO_DIALECTS));
      }
      translation = Translation.of(pod.annotations(), pod.facts());
      annotations = translation.annotations();
    }
    Map<String, String> ofNamespace = profile.annotationsOfNamespace();
    Map<String, String> vaultOfNamespace = profile.vaultOfNamespace();
    Optional<PodPlan> wanted;
    var problems = new ArrayList<Problem>(translation.problems());
    try {
      wanted =
          plans.of(
              ofNamespace.isEmpty() ? annotations : over(ofNamespace, annotations),
              vaultOfNamespace.isEmpty()
                  ? settings.vault()
                  : VaultDefaults.over(settings.vault(), vaultOfNamespace),
              variables,
              profile.limits().defaultExpose());
    } catch (PlanException e) {
      wanted = Optional.empty();
      problems = new ArrayList<>(translation.told(e.problems()));
    }
    if (problems.isEmpty() && status != null) {
      if (wanted.isEmpty()) {
        problems.add(
            new Problem(
                STATUS, "is set by Keyturn alone, and this pod asks for nothing: remove it"));
      } else if (!status.equals(INJECTED)) {
        problems.add(new Problem(STATUS, "is set by Keyturn alone: remove it"));
      }
    }
    if (!problems.isEmpty()) {
      return new Denied(Reason.ANNOTATION, List.copyOf(problems));
    }
    if (wanted.isEmpty()) {
      return new Unchanged();
    }
    List<Problem> beyond =
        profile
            .limits()
            .check(
                profile.name(),
                wanted.get(),
                wanted.get().sidecar().orElse(settings.sidecar()),
                wanted.get().audience().orElse(settings.audience()),
                settings.vault(),
                variables);
    if (!beyond.isEmpty()) {
      return new Denied(Reason.PROFILE, translation.told(beyond));
    }
    if (pod.isForWindows()) {
      return new Denied(
          Reason.UNSUPPORTED,
          List.of(
              new Problem(
                  PodPlan.PREFIX + "inject",
                  "the pod is for Windows nodes, which have no tmpfs to keep secrets in: remove the"
                      + " keyturn.dev annotations, or run it on Linux")));
    }
    return new Injection(pod, wanted.get(), translation, settings, status != null).run();
  }

  /** Whether the annotations of Vault Agent Injector are ours to answer, and ask for something. */
  private boolean asksVaultAgent(Pod pod) {
    return common.vaultAnnotations() && Translation.isAskedFor(pod.annotations());
  }

  /** Whether Vault Agent Injector has served the pod: we, too, say so in its words, and in ours. */
  private static boolean isVaultAgents(Pod pod, @Nullable String ownStatus) {
    return INJECTED.equals(pod.annotations().get(Translation.STATUS))
        && !INJECTED.equals(ownStatus);
  }

  private static Map<String, String> over(Map<String, String> defaults, Map<String, String> own) {
    var all = new LinkedHashMap<>(defaults);
    all.putAll(own);
    return all;
  }

  private static Map<String, String> ownAnnotations(Pod pod) {
    var annotations = new LinkedHashMap<>(pod.annotations());
    annotations.keySet().removeIf(key -> !key.startsWith(PodPlan.PREFIX));
    return annotations;
  }

  private static Map<String, String> variables(
      Pod pod, InjectionSettings settings, Profile profile) {
    var variables =
        new LinkedHashMap<>(
            Map.of("namespace", pod.namespace(), "serviceaccount", pod.serviceAccount()));
    if (!settings.environment().isEmpty()) {
      variables.put("environment", settings.environment());
    }
    variables.putAll(profile.variables());
    return variables;
  }
}
