package dev.keyturn.webhook.missed;

import dev.keyturn.webhook.admission.Injector;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * A pod that asks for secrets and was created without them.
 *
 * @param uid never that of another pod, also not of one of the same name
 * @param created as the API server writes it
 */
public record MissedPod(String namespace, String name, String uid, String created) {
  /** What somebody who finds such a pod should know. */
  public static final String WHY =
      "The pod asks for secrets by its annotations and runs without them: it was created"
          + " while no webhook was in its way, or in a namespace that is left out. Delete it: its"
          + " controller makes another, which gets them";

  /**
   * Whether a pod is one.
   *
   * @param metadata of a pod that has been created; what the webhook refuses never is
   * @param vaultAnnotations whether the webhook answers those of Vault Agent Injector, too
   */
  public static Optional<MissedPod> of(JsonNode metadata, boolean vaultAnnotations) {
    Map<String, String> annotations = new LinkedHashMap<>();
    metadata
        .path("annotations")
        .properties()
        .forEach(entry -> annotations.put(entry.getKey(), entry.getValue().asString("")));
    return Injector.isMissed(annotations, vaultAnnotations)
        ? Optional.of(
            new MissedPod(
                metadata.path("namespace").asString(""),
                metadata.path("name").asString(""),
                metadata.path("uid").asString(""),
                metadata.path("creationTimestamp").asString("")))
        : Optional.empty();
  }
}
