package dev.keyturn.webhook.manifest;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A pod as it is written in a manifest, by itself or as the template of a workload.
 *
 * @param json the pod or template: {@code metadata} and {@code spec}
 * @param pointer where it is in its document (RFC 6901)
 * @param owner where the object is that makes such pods
 * @param namespace what the object says; may be empty
 */
record PodManifest(ObjectNode json, String pointer, String owner, String namespace) {
  /**
   * Where templates are: those of Kubernetes' own workloads, and of those that others have made
   * like them.
   */
  private static final List<String> TEMPLATES =
      List.of("/spec/template", "/spec/jobTemplate/spec/template", "/template");

  /** A list of lists is written by nobody. */
  private static final int MAX_LISTS = 4;

  /** The pods of a document, of any kind of object or a list of them. */
  static List<PodManifest> of(JsonNode document) {
    var pods = new ArrayList<PodManifest>();
    collect(document, "", 0, pods);
    return pods;
  }

  private static void collect(JsonNode object, String pointer, int depth, List<PodManifest> pods) {
    String kind = object.path("kind").asString("");
    String namespace = object.path("metadata").path("namespace").asString("");
    if (kind.endsWith("List") && object.has("items") && depth < MAX_LISTS) {
      int index = 0;
      for (JsonNode item : object.path("items")) {
        collect(item, pointer + "/items/" + index++, depth + 1, pods);
      }
    } else if (kind.equals("Pod") && object instanceof ObjectNode pod) {
      pods.add(new PodManifest(pod, pointer, pointer, namespace));
    } else {
      for (String template : TEMPLATES) {
        if (object.at(template) instanceof ObjectNode pod && isPod(pod)) {
          pods.add(new PodManifest(pod, pointer + template, pointer, namespace));
        }
      }
    }
  }

  private static boolean isPod(ObjectNode template) {
    return template.path("spec").has("containers");
  }

  /** The objects of a document: itself, or those of a list. */
  static List<String> objects(JsonNode document) {
    var objects = new ArrayList<String>();
    if (document.path("kind").asString("").endsWith("List") && document.has("items")) {
      for (int i = 0; i < document.path("items").size(); i++) {
        objects.add("/items/" + i);
      }
    } else {
      objects.add("");
    }
    return objects;
  }
}
