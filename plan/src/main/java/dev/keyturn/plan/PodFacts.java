package dev.keyturn.plan;

import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * What annotations alone don't tell of a pod, and Vault Agent Injector's need.
 *
 * @param initContainers the pod's own, without those of a service mesh
 * @param containers the pod's own
 * @param firstUser that the first container's processes start as, where the pod says it
 * @param tokens by volume, the audience of the service account's token in it; empty for the API
 *     server's own
 */
public record PodFacts(
    List<String> initContainers,
    List<String> containers,
    OptionalInt firstUser,
    Map<String, String> tokens) {
  public PodFacts {
    initContainers = List.copyOf(initContainers);
    containers = List.copyOf(containers);
    tokens = Map.copyOf(tokens);
  }
}
