package dev.keyturn.webhook.admission;

import java.math.BigDecimal;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.node.ObjectNode;

/** The sidecar's resources: the operator's, but for what a pod says itself. */
final class Resources {
  private static final Map<String, Integer> BINARY = Map.of("Ki", 10, "Mi", 20, "Gi", 30, "Ti", 40);
  private static final Map<String, Integer> DECIMAL =
      Map.of("m", -3, "", 0, "k", 3, "M", 6, "G", 9, "T", 12);

  private Resources() {}

  /**
   * Resources as a container has them. A limit is never below the request of the same resource,
   * which no API server takes, and a memory limit never below the operator's, with which the
   * sidecar is known to run.
   *
   * @param operators nobody changes it
   * @param pods by name ({@code limits.memory}); blank for no such bound
   */
  static ObjectNode of(ObjectNode operators, Map<String, String> pods) {
    ObjectNode resources = operators.deepCopy();
    String memory = operators.path("limits").path("memory").asString("");
    for (var entry : new TreeMap<>(pods).entrySet()) {
      int dot = entry.getKey().indexOf('.');
      ObjectNode bounds = resources.withObjectProperty(entry.getKey().substring(0, dot));
      String resource = entry.getKey().substring(dot + 1);
      String amount = entry.getValue();
      if (amount.isEmpty()) {
        bounds.remove(resource);
      } else if (entry.getKey().equals("limits.memory") && isLess(amount, memory)) {
        bounds.put(resource, memory);
      } else {
        bounds.put(resource, amount);
      }
    }
    for (var request : resources.path("requests").properties()) {
      String amount = request.getValue().asString();
      if (isLess(resources.path("limits").path(request.getKey()).asString(""), amount)) {
        resources.withObjectProperty("limits").put(request.getKey(), amount);
      }
    }
    return resources;
  }

  /** Whether both are amounts, and the first is the smaller one. */
  static boolean isLess(String amount, String other) {
    return !amount.isEmpty() && !other.isEmpty() && number(amount).compareTo(number(other)) < 0;
  }

  /** The number that a quantity stands for (Kubernetes, "Quantity"). */
  private static BigDecimal number(String quantity) {
    int end = 0;
    while (end < quantity.length() && "0123456789.".indexOf(quantity.charAt(end)) >= 0) {
      end++;
    }
    var number = new BigDecimal(quantity.substring(0, end));
    String unit = quantity.substring(end);
    return BINARY.containsKey(unit)
        ? number.multiply(BigDecimal.TWO.pow(BINARY.get(unit)))
        : number.scaleByPowerOfTen(DECIMAL.getOrDefault(unit, 0));
  }
}
