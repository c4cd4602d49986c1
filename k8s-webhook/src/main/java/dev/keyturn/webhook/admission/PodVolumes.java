package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.Source;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The volumes of a pod's own that its plan names files of. The sidecar gets those that the kubelet
 * or a driver fills and no container can write to: elsewhere a container could plant a link, which
 * in the sidecar would lead to the sidecar's identity.
 */
final class PodVolumes {
  /** What a projected volume may be made of; a token or a certificate of the pod is no secret. */
  private static final Set<String> PROJECTED =
      Set.of("secret", "configMap", "downwardAPI", "clusterTrustBundle");

  private final Plan plan;

  PodVolumes(Plan plan) {
    this.plan = plan;
  }

  /** What is mounted in the sidecar alone: directories by the names of their volumes. */
  SortedMap<String, String> mounts() {
    var mounts = new TreeMap<String, String>();
    for (SecretSpec secret : plan.secrets()) {
      for (String volume : of(secret)) {
        mounts.put(volume, PodPlan.VOLUMES_DIRECTORY + volume);
      }
    }
    return mounts;
  }

  /** The names of the volumes that a secret comes from. */
  static SortedSet<String> of(SecretSpec secret) {
    var volumes = new TreeSet<String>();
    for (Source source : List.of(Source.FILE, Source.SOPS)) {
      for (String path : secret.paths(source)) {
        if (path.startsWith(PodPlan.VOLUMES_DIRECTORY)) {
          String below = path.substring(PodPlan.VOLUMES_DIRECTORY.length());
          int slash = below.indexOf('/');
          volumes.add(slash < 0 ? below : below.substring(0, slash));
        }
      }
    }
    return volumes;
  }

  /** Why a volume is none that the sidecar reads; null where it is one. */
  static @Nullable String problem(ObjectNode volume) {
    if (volume.path("secret").isObject() || volume.path("configMap").isObject()) {
      return null;
    }
    if (volume.path("csi") instanceof ObjectNode csi) {
      return csi.path("readOnly").asBoolean(false)
          ? null
          : "containers can write to it: say readOnly: true in its csi";
    }
    if (volume.path("projected") instanceof ObjectNode projected) {
      for (JsonNode source : projected.path("sources")) {
        if (!PROJECTED.containsAll(source.propertyNames())) {
          return "it holds an identity of the pod, which is no secret to hand on: take a volume"
              + " without it";
        }
      }
      return null;
    }
    return "it is of a kind that others than the kubelet write to: take a secret, configMap,"
        + " projected or csi (readOnly: true)";
  }
}
