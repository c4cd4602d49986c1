package dev.keyturn.webhook.profile;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * All profiles of an operator, by their names.
 *
 * @param byName never changes
 */
public record Profiles(Map<String, Profile> byName) {
  /** The label of a namespace that names its profile. */
  public static final String LABEL = "keyturn.dev/profile";

  /**
   * The annotations that a namespace may have: what its pods could say, each by itself, and do not.
   * <code>${environment}</code> is none of them, since limits are told with it.
   */
  static final List<String> OF_NAMESPACE =
      List.of("audience", "hibernate", "java-agent", "resources", "sidecar", "vault.*");

  /** The profile of namespaces that name none. */
  static final String DEFAULT = "default";

  public static final Profiles NONE = new Profiles(Map.of());

  public Profiles {
    byName = Map.copyOf(byName);
  }

  /**
   * Reads what an operator has written.
   *
   * @param yaml a mapping of names to profiles, see {@code docs/profiles.md}
   * @param vault what the webhook's own settings say for all, by the keys of a plan's {@code vault}
   * @throws PlanException with everything that is wrong with it
   */
  public static Profiles parse(String yaml, Map<String, String> vault) {
    return new ProfileReader(vault).read(yaml);
  }

  /**
   * The profile of a namespace, with what the namespace itself says.
   *
   * @param annotations of the namespace, those that are not Keyturn's left out
   * @throws ProfileException as below, or if an annotation is not for namespaces
   */
  public Profile of(String namespace, Optional<String> label, Map<String, String> annotations)
      throws ProfileException {
    for (String annotation : annotations.keySet()) {
      String name = annotation.substring(PodPlan.PREFIX.length());
      if (OF_NAMESPACE.stream().noneMatch(pattern -> Pattern.matches(pattern, name))) {
        throw new ProfileException(
            (annotation.equals(LABEL)
                    ? "it is an annotation of the namespace, and has to be a label"
                    : "the namespace has a "
                        + PodPlan.PREFIX
                        + " annotation that is not for namespaces; known: "
                        + String.join(", ", OF_NAMESPACE))
                + ": correct it, or ask the cluster's operator");
      }
    }
    return of(namespace, label).with(annotations);
  }

  /**
   * The profile of a namespace.
   *
   * @param label what the namespace names; empty where it names none
   * @throws ProfileException if there is no such profile, or it is not for this namespace
   */
  public Profile of(String namespace, Optional<String> label) throws ProfileException {
    if (label.isEmpty() && !byName.containsKey(DEFAULT)) {
      return Profile.NONE;
    }
    Profile profile = byName.get(label.orElse(DEFAULT));
    if (profile == null) {
      throw new ProfileException(
          "the label "
              + LABEL
              + " of the namespace names a profile that the operator has not written: correct it,"
              + " or ask the cluster's operator");
    }
    if (!profile.isFor(namespace)) {
      throw new ProfileException(
          "the profile '"
              + profile.name()
              + "' is not for this namespace: ask the cluster's operator to add it to the profile's"
              + " 'namespaces', or set the namespace's label "
              + LABEL
              + " to another");
    }
    return profile;
  }
}
