package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Source;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * How the sidecar gets at the Secrets and ConfigMaps of a plan: a volume for each, which waits for
 * no object ({@code optional}) and needs no right; or the API, with a token and the CA of the
 * cluster.
 */
final class KubernetesObjects {
  static final String VOLUME = "keyturn-kubernetes";
  private static final String DIRECTORY = "/keyturn/kubernetes";
  private static final String CLUSTER_CA_CONFIG_MAP = "kube-root-ca.crt";

  private final List<String> paths;
  private final boolean api;

  KubernetesObjects(Plan plan) {
    this.paths = List.copyOf(plan.paths(Source.K8S));
    this.api = plan.setting("kubernetes", "access").filter("api"::equals).isPresent();
  }

  /** What is mounted in the sidecar alone: directories by the names of their volumes. */
  Map<String, String> mounts() {
    var mounts = new TreeMap<String, String>();
    if (api && !paths.isEmpty()) {
      mounts.put(VOLUME, DIRECTORY);
    } else {
      for (int i = 0; i < paths.size(); i++) {
        mounts.put(VOLUME + "-" + i, DIRECTORY + "/" + paths.get(i));
      }
    }
    return mounts;
  }

  /**
   * Fills in one of the volumes of {@link #mounts}.
   *
   * @param volume has its name
   * @param tokenSeconds how long the token is good for
   * @param mode of its files
   */
  void fill(ObjectNode volume, long tokenSeconds, int mode) {
    String name = volume.path("name").asString("");
    if (name.equals(VOLUME)) {
      ArrayNode sources =
          volume.putObject("projected").put("defaultMode", mode).putArray("sources");
      // Without an audience it is for the API server.
      sources
          .addObject()
          .putObject("serviceAccountToken")
          .put("expirationSeconds", tokenSeconds)
          .put("path", "token");
      sources
          .addObject()
          .putObject("configMap")
          .put("name", CLUSTER_CA_CONFIG_MAP)
          .putArray("items")
          .addObject()
          .put("key", "ca.crt")
          .put("path", "ca.crt");
      return;
    }
    String path = paths.get(Integer.parseInt(name.substring(VOLUME.length() + 1)));
    String object = path.substring(path.indexOf('/') + 1);
    if (path.startsWith("secret/")) {
      volume.putObject("secret").put("secretName", object).put("defaultMode", mode);
    } else {
      volume.putObject("configMap").put("name", object).put("defaultMode", mode);
    }
    ((ObjectNode) volume.path(path.startsWith("secret/") ? "secret" : "configMap"))
        .put("optional", true);
  }
}
