package dev.keyturn.webhook.profile;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The part of a container that says how much of a node it needs and may have. */
public final class Resources {
  /** What a quantity looks like (Kubernetes, "Quantity"), without the exponents nobody writes. */
  public static final Pattern QUANTITY =
      Pattern.compile("[0-9]+(\\.[0-9]+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?");

  private Resources() {}

  /** The tree where it is one of requests and limits, each a text by its resource's name. */
  public static Optional<ObjectNode> of(JsonNode tree) {
    return tree instanceof ObjectNode resources
            && resources.properties().stream().allMatch(Resources::isPart)
        ? Optional.of(resources)
        : Optional.empty();
  }

  private static boolean isPart(Map.Entry<String, JsonNode> part) {
    return List.of("requests", "limits").contains(part.getKey())
        && part.getValue() instanceof ObjectNode quantities
        && quantities
            .valueStream()
            .allMatch(q -> q.isString() && QUANTITY.matcher(q.stringValue()).matches());
  }
}
