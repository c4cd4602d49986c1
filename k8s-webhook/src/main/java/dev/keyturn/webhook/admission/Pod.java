package dev.keyturn.webhook.admission;

import dev.keyturn.plan.PodFacts;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * A pod as the API server sent it, with every field that we don't know.
 *
 * @param json the whole object; nobody changes it
 * @param namespace the request's: a pod about to be created may not carry its own
 */
public record Pod(ObjectNode json, String namespace) {

  /**
   * Checks the shape of what is read later on, so that nothing else has to.
   *
   * @throws MalformedReviewException if a field is of a kind that no pod has
   */
  public Pod {
    requireObject(json, "metadata");
    requireObject(json.path("metadata"), "annotations");
    requireObject(json, "spec");
    JsonNode spec = json.path("spec");
    for (String list : List.of("initContainers", "containers", "volumes", "ephemeralContainers")) {
      requireNamed(spec, list);
    }
    for (String list : List.of("initContainers", "containers")) {
      for (JsonNode container : spec.path(list)) {
        requireNamed(container, "env");
        requireList(container, "envFrom");
        requireObject(container, "securityContext");
        requireNamed(container, "volumeMounts");
      }
    }
  }

  /** The name, or what the name will start with, or a dash. For messages only. */
  public String name() {
    JsonNode metadata = json.path("metadata");
    String name = metadata.path("name").asString("");
    return name.isEmpty() ? metadata.path("generateName").asString("-") : name;
  }

  public Map<String, String> annotations() {
    var annotations = new LinkedHashMap<String, String>();
    for (var annotation : json.path("metadata").path("annotations").properties()) {
      annotations.put(annotation.getKey(), annotation.getValue().asString(""));
    }
    return annotations;
  }

  /** The account that the pod runs as; {@code default} where it doesn't say (Kubernetes' rule). */
  public String serviceAccount() {
    String name = json.path("spec").path("serviceAccountName").asString("");
    return name.isEmpty() ? "default" : name;
  }

  /** What the translation of other annotations has to know. */
  public PodFacts facts() {
    JsonNode spec = json.path("spec");
    List<ObjectNode> containers = elements(spec, "containers");
    var tokens = new LinkedHashMap<String, String>();
    for (ObjectNode volume : elements(spec, "volumes")) {
      for (JsonNode source : volume.path("projected").path("sources")) {
        if (source.path("serviceAccountToken") instanceof ObjectNode token) {
          tokens.put(volume.path("name").asString(""), token.path("audience").asString(""));
        }
      }
    }
    return new PodFacts(
        names(elements(spec, "initContainers")),
        names(containers),
        containers.isEmpty() ? OptionalInt.empty() : RunAs.userOf(containers.getFirst(), spec),
        tokens);
  }

  /** The names of those that are neither ours nor a mesh's. */
  private static List<String> names(List<ObjectNode> containers) {
    return containers.stream()
        .map(container -> container.path("name").asString(""))
        .filter(name -> !Injection.OWN_CONTAINERS.contains(name) && !Mesh.owns(name))
        .toList();
  }

  /** Whether the pod says that it is for Windows nodes, in either of the ways it can. */
  boolean isForWindows() {
    JsonNode spec = json.path("spec");
    return spec.path("os").path("name").asString("").equals("windows")
        || spec.path("nodeSelector").path("kubernetes.io/os").asString("").equals("windows");
  }

  /**
   * A copy of the object to inject into. What injecting changes is its own: annotations, the lists
   * of containers and volumes, and of each container the variables and mounts. All else is the
   * object's, and nobody changes that; so a large pod costs hardly more than a small one, and the
   * difference of the two is found without looking at what they share.
   */
  ObjectNode draft() {
    ObjectNode draft = copy(json);
    own(draft, "metadata");
    if (draft.get("metadata") instanceof ObjectNode metadata) {
      own(metadata, "annotations");
    }
    own(draft, "spec");
    if (draft.get("spec") instanceof ObjectNode spec) {
      ownElements(spec, "volumes");
      for (String list : List.of("initContainers", "containers")) {
        ownElements(spec, list);
        for (ObjectNode container : elements(spec, list)) {
          if (Injection.OWN_CONTAINERS.contains(container.path("name").asString(""))) {
            container.setAll(container.deepCopy()); // may be brought up to date in any part
          } else {
            ownElements(container, "env");
            ownElements(container, "volumeMounts");
          }
        }
      }
    }
    return draft;
  }

  private static ObjectNode copy(ObjectNode object) {
    return JsonNodeFactory.instance.objectNode().setAll(object);
  }

  private static void own(ObjectNode parent, String field) {
    if (parent.get(field) instanceof ObjectNode object) {
      parent.set(field, copy(object));
    }
  }

  private static void ownElements(ObjectNode parent, String list) {
    if (parent.get(list) instanceof ArrayNode elements) {
      ArrayNode copies = JsonNodeFactory.instance.arrayNode(elements.size());
      for (JsonNode element : elements) {
        copies.add(copy((ObjectNode) element));
      }
      parent.set(list, copies);
    }
  }

  /** The elements of one of a tree's lists; none where the list is not there. */
  static List<ObjectNode> elements(JsonNode parent, String list) {
    var elements = new ArrayList<ObjectNode>();
    for (JsonNode element : parent.path(list)) {
      elements.add((ObjectNode) element);
    }
    return elements;
  }

  private static void requireObject(JsonNode parent, String field) {
    JsonNode value = parent.path(field);
    if (!(value instanceof ObjectNode) && !value.isMissingNode() && !value.isNull()) {
      throw new MalformedReviewException("the pod's '" + field + "' is not an object");
    }
  }

  private static void requireList(JsonNode parent, String field) {
    JsonNode value = parent.path(field);
    if (!(value instanceof ArrayNode) && !value.isMissingNode() && !value.isNull()) {
      throw new MalformedReviewException("the pod's '" + field + "' is not a list");
    }
  }

  private static void requireNamed(JsonNode parent, String field) {
    requireList(parent, field);
    for (JsonNode element : parent.path(field)) {
      if (!element.path("name").isString()) {
        throw new MalformedReviewException(
            "an element of the pod's '" + field + "' is not an object with a name");
      }
    }
  }
}
