package dev.keyturn.webhook.admission;

import java.util.List;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * What is known of service meshes: which containers are theirs, and when a pod under one has a
 * network.
 *
 * <p>A mesh redirects a pod's traffic to its proxy. An init container that redirects, followed by a
 * proxy that is a plain container, leaves every init container in between without a network
 * (istio/istio#23802, hashicorp/vault-k8s#41). A proxy that is a native sidecar is up before later
 * init containers start.
 */
final class Mesh {
  /** Init containers that redirect the traffic. */
  private static final Set<String> REDIRECTING =
      Set.of(
          "istio-init", // istio/istio manifests/charts/istio-control/istio-discovery/files
          "linkerd-init", // linkerd/linkerd2 charts/partials/templates/_proxy-init.tpl
          "consul-connect-inject-init", // hashicorp/consul-k8s control-plane/connect-inject
          "kuma-init"); // kumahq/kuma pkg/plugins/runtime/k8s/util/names.go

  /**
   * Init containers that check that a node's agent redirects the traffic already: with those,
   * nothing but the proxy has a network until the proxy is up.
   */
  private static final Set<String> VALIDATING =
      Set.of(
          "istio-validation", // istio/istio, with the CNI plugin
          "linkerd-network-validator", // linkerd/linkerd2, with the CNI plugin
          "kuma-validation"); // kumahq/kuma, with the CNI plugin

  /** The proxies, as plain containers or native sidecars, and what comes with them. */
  private static final Set<String> PROXIES =
      Set.of(
          "istio-proxy",
          "linkerd-proxy",
          "consul-dataplane",
          "kuma-sidecar",
          "enable-core-dump", // istio/istio, a debugging option
          "linkerd-debug"); // linkerd/linkerd2, a debugging option

  private Mesh() {}

  /** Whether a container is a mesh's own. It gets no secret unless the plan names it. */
  static boolean owns(String container) {
    return REDIRECTING.contains(container)
        || VALIDATING.contains(container)
        || PROXIES.contains(container);
  }

  /**
   * Where among the init containers ours has a network and is before all that are not a mesh's:
   * after the mesh's at the start where their proxy is one of them, otherwise before the one that
   * redirects.
   *
   * @param initContainers the pod's, without ours
   */
  static int place(List<ObjectNode> initContainers) {
    int leading = 0;
    int redirecting = -1;
    boolean proxied = false;
    for (ObjectNode container : initContainers) {
      String name = container.path("name").asString("");
      if (!owns(name)) {
        break;
      }
      proxied |= isNative(container);
      if (REDIRECTING.contains(name) && redirecting < 0) {
        redirecting = leading;
      }
      leading++;
    }
    return proxied || redirecting < 0 ? leading : redirecting;
  }

  /** Whether no init container of this pod, wherever it is placed, has a network of its own. */
  static boolean hasNoNetworkForInitContainers(List<ObjectNode> initContainers) {
    return initContainers.stream().anyMatch(c -> VALIDATING.contains(c.path("name").asString("")))
        && initContainers.stream()
            .noneMatch(c -> PROXIES.contains(c.path("name").asString("")) && isNative(c));
  }

  private static boolean isNative(ObjectNode initContainer) {
    return initContainer.path("restartPolicy").asString("").equals("Always");
  }
}
