package dev.keyturn.webhook.profile;

import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.PodPlan.SidecarKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What an operator decides for the pods of some namespaces, over the webhook's own settings.
 *
 * @param name what a namespace's label says; empty for {@link #NONE}
 * @param namespaces where it may be used: names, in which {@code *} stands for any text; empty for
 *     anywhere
 * @param vault what pods need not say themselves, by the keys of a plan's {@code vault} section,
 *     and with {@code aws.} before them by those of {@code aws}
 * @param environment what <code>${environment}</code> stands for
 * @param variables what the operator's own variables stand for, by their names
 * @param audience of the projected token, for pods that don't say
 * @param sidecar for pods that don't say
 * @param resources of the sidecar, as in a pod; nobody changes it
 * @param limits what no pod may go beyond, nor what the namespace says for its pods
 * @param ofNamespace what the namespace says for pods that don't: annotations, of {@link
 *     Profiles#OF_NAMESPACE}
 */
public record Profile(
    String name,
    List<String> namespaces,
    Map<String, String> vault,
    Optional<String> environment,
    Map<String, String> variables,
    Optional<String> audience,
    Optional<SidecarKind> sidecar,
    Optional<ObjectNode> resources,
    Limits limits,
    Map<String, String> ofNamespace) {

  private static final String VAULT = PodPlan.PREFIX + "vault.";

  /** Of namespaces for which nothing is decided: the webhook's settings alone, and no limit. */
  public static final Profile NONE =
      new Profile(
          "",
          List.of(),
          Map.of(),
          Optional.empty(),
          Map.of(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Limits.NONE,
          Map.of());

  public Profile {
    namespaces = List.copyOf(namespaces);
    vault = Map.copyOf(vault);
    variables = Map.copyOf(variables);
    ofNamespace = Map.copyOf(ofNamespace);
  }

  /** The same for the pods of a namespace that says something itself. */
  Profile with(Map<String, String> annotations) {
    return annotations.isEmpty()
        ? this
        : new Profile(
            name,
            namespaces,
            vault,
            environment,
            variables,
            audience,
            sidecar,
            resources,
            limits,
            annotations);
  }

  /** What the namespace says of a plan's {@code vault} section, by its keys. */
  public Map<String, String> vaultOfNamespace() {
    var keys = new HashMap<String, String>();
    ofNamespace.forEach(
        (annotation, value) -> {
          if (annotation.startsWith(VAULT)) {
            keys.put(annotation.substring(VAULT.length()), value);
          }
        });
    return keys;
  }

  /** What the namespace says beside, as annotations of a pod. */
  public Map<String, String> annotationsOfNamespace() {
    var others = new HashMap<>(ofNamespace);
    others.keySet().removeIf(annotation -> annotation.startsWith(VAULT));
    return others;
  }

  /** Whether a namespace may use it. */
  boolean isFor(String namespace) {
    return namespaces.isEmpty()
        || namespaces.stream().anyMatch(pattern -> Pattern.matches(pattern, namespace));
  }
}
