package dev.keyturn.webhook.patch;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Applies a JSON patch as an API server does (RFC 6902): the operations that we use, strictly. */
public final class PatchApplier {
  private PatchApplier() {}

  /** What the patch makes of a tree, which stays as it is. */
  public static ObjectNode apply(ArrayNode patch, ObjectNode target) {
    ObjectNode root = target.deepCopy();
    for (JsonNode operation : patch) {
      String path = operation.required("path").stringValue();
      int slash = path.lastIndexOf('/');
      JsonNode parent = root.requiredAt(path.substring(0, slash));
      String last = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      String op = operation.required("op").stringValue();
      if (op.equals("remove")) {
        require(operation.get("value") == null, operation);
      }
      switch (parent) {
        case ObjectNode object -> applyTo(object, op, last, operation);
        case ArrayNode array -> applyTo(array, op, Integer.parseInt(last), operation);
        default -> require(false, operation);
      }
    }
    return root;
  }

  private static void applyTo(ObjectNode object, String op, String name, JsonNode operation) {
    switch (op) {
      case "add" -> object.set(name, operation.required("value").deepCopy());
      case "replace" -> {
        require(object.has(name), operation);
        object.set(name, operation.required("value").deepCopy());
      }
      case "remove" -> require(object.remove(name) != null, operation);
      default -> require(false, operation);
    }
  }

  private static void applyTo(ArrayNode array, String op, int index, JsonNode operation) {
    require(index >= 0 && index <= array.size(), operation);
    switch (op) {
      case "add" -> array.insert(index, operation.required("value").deepCopy());
      case "replace" -> {
        require(index < array.size(), operation);
        array.set(index, operation.required("value").deepCopy());
      }
      case "remove" -> require(array.remove(index) != null, operation);
      default -> require(false, operation);
    }
  }

  private static void require(boolean condition, JsonNode operation) {
    if (!condition) {
      throw new AssertionError("no operation that can be applied: " + operation);
    }
  }
}
