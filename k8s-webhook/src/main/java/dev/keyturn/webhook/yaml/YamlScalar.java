package dev.keyturn.webhook.yaml;

import java.math.BigInteger;
import java.util.Set;
import java.util.regex.Pattern;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * What Kubernetes' tools take a scalar for: that of YAML 1.1 (sigs.k8s.io/yaml), where {@code on}
 * is true and {@code 0400} octal. A parser of YAML 1.2 would judge another pod than the one made.
 */
final class YamlScalar {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final Set<String> NULLS = Set.of("", "~", "null", "Null", "NULL");
  private static final Set<String> TRUE =
      Set.of("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON");
  private static final Set<String> FALSE =
      Set.of("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF");
  private static final Pattern OCTAL = Pattern.compile("([-+]?)0o?([0-7]+)");
  private static final Pattern HEXADECIMAL = Pattern.compile("([-+]?)0x([0-9a-fA-F]+)");
  private static final Pattern INTEGER = Pattern.compile("[-+]?(0|[1-9][0-9_]*)");
  private static final Pattern DECIMAL =
      Pattern.compile("[-+]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][-+]?[0-9]{1,3})?");

  /** No number that means anything is longer, and long ones are dear to convert. */
  private static final int MAX_NUMBER = 64;

  private YamlScalar() {}

  static JsonNode value(ScalarNode scalar) {
    String text = scalar.getValue();
    if (!scalar.isPlain() || (!scalar.isResolved() && scalar.getTag().equals(Tag.STR))) {
      return JSON.stringNode(text);
    }
    if (NULLS.contains(text)) {
      return JSON.nullNode();
    }
    if (TRUE.contains(text) || FALSE.contains(text)) {
      return JSON.booleanNode(TRUE.contains(text));
    }
    return text.length() > MAX_NUMBER ? JSON.stringNode(text) : number(text);
  }

  private static JsonNode number(String text) {
    var hexadecimal = HEXADECIMAL.matcher(text);
    if (hexadecimal.matches()) {
      return integer(new BigInteger(hexadecimal.group(1) + hexadecimal.group(2), 16));
    }
    var octal = OCTAL.matcher(text);
    if (octal.matches()) {
      return integer(new BigInteger(octal.group(1) + octal.group(2), 8));
    }
    if (INTEGER.matcher(text).matches()) {
      return integer(new BigInteger(text.replace("_", "")));
    }
    return DECIMAL.matcher(text).matches()
        ? JSON.numberNode(Double.parseDouble(text))
        : JSON.stringNode(text);
  }

  /** As narrow as it fits, as Jackson does when it reads JSON. */
  private static JsonNode integer(BigInteger value) {
    if (value.bitLength() < Integer.SIZE) {
      return JSON.numberNode(value.intValue());
    }
    return value.bitLength() < Long.SIZE
        ? JSON.numberNode(value.longValue())
        : JSON.numberNode(value);
  }
}
