package dev.keyturn.webhook.patch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** The difference of two trees as a JSON patch (RFC 6902). */
public final class JsonPatch {
  private final ArrayNode operations = JsonNodeFactory.instance.arrayNode();

  private JsonPatch() {}

  /**
   * The operations that make {@code after} of {@code before}; none where they are equal.
   *
   * <p>Lists whose elements have an identity (a container's {@code name}, a mount's {@code
   * mountPath}) are patched element by element as long as what was there keeps its order; every
   * other changed list is replaced whole. Numbers and texts of {@code before} that did not change
   * are never written again, so nothing can be lost on the way. Parts that the two share are not
   * looked at.
   */
  public static ArrayNode between(ObjectNode before, ObjectNode after) {
    var patch = new JsonPatch();
    patch.objects("", before, after);
    return patch.operations;
  }

  private void values(String path, JsonNode before, JsonNode after) {
    if (before.equals(after)) {
      return;
    }
    if (before instanceof ObjectNode from && after instanceof ObjectNode to) {
      objects(path, from, to);
    } else if (before instanceof ArrayNode from && after instanceof ArrayNode to) {
      arrays(path, from, to);
    } else {
      operation("replace", path, after);
    }
  }

  @SuppressWarnings("ReferenceEquality") // a shared part needs no comparison; others get one below
  private void objects(String path, ObjectNode before, ObjectNode after) {
    for (var property : before.properties()) {
      String name = property.getKey();
      JsonNode now = after.get(name);
      if (now == null) {
        operation("remove", path + "/" + escape(name), null);
      } else if (now != property.getValue()) {
        values(path + "/" + escape(name), property.getValue(), now);
      }
    }
    for (var property : after.properties()) {
      if (!before.has(property.getKey())) {
        operation("add", path + "/" + escape(property.getKey()), property.getValue());
      }
    }
  }

  private void arrays(String path, ArrayNode before, ArrayNode after) {
    List<String> from = identities(before);
    List<String> to = identities(after);
    if (from == null || to == null || !isSubsequence(from, to)) {
      operation("replace", path, after);
      return;
    }
    int old = 0;
    for (int index = 0; index < to.size(); index++) {
      if (old < from.size() && from.get(old).equals(to.get(index))) {
        values(path + "/" + index, before.get(old), after.get(index));
        old++;
      } else {
        operation("add", path + "/" + index, after.get(index));
      }
    }
  }

  /** What tells the elements apart; null where something doesn't. */
  private static @Nullable List<String> identities(ArrayNode array) {
    var identities = new ArrayList<String>();
    for (JsonNode element : array) {
      // A mount's name is its volume's, which several mounts of one container may share.
      JsonNode identity =
          element.has("mountPath") ? element.path("mountPath") : element.path("name");
      if (!identity.isString()) {
        return null;
      }
      identities.add(identity.stringValue());
    }
    return new HashSet<>(identities).size() == identities.size() ? identities : null;
  }

  private static boolean isSubsequence(List<String> part, List<String> whole) {
    int found = 0;
    for (String element : whole) {
      if (found < part.size() && part.get(found).equals(element)) {
        found++;
      }
    }
    return found == part.size();
  }

  private void operation(String op, String path, @Nullable JsonNode value) {
    ObjectNode operation = operations.addObject().put("op", op).put("path", path);
    if (value != null) {
      operation.set("value", value);
    }
  }

  /** A name as a part of a JSON pointer (RFC 6901, section 3). */
  private static String escape(String name) {
    return name.replace("~", "~0").replace("/", "~1");
  }
}
