package dev.keyturn.webhook.yaml;

import java.util.ArrayList;
import java.util.List;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Present;
import org.snakeyaml.engine.v2.api.lowlevel.Serialize;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.common.ScalarStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** Changes a document as a JSON patch says, and leaves the rest as its author wrote it. */
public final class YamlPatch {
  private static final DumpSettings SETTINGS =
      DumpSettings.builder()
          .setDumpComments(true)
          .setIndicatorIndent(2)
          .setIndentWithIndicator(true)
          .setIndent(2)
          .setWidth(Integer.MAX_VALUE)
          .setSplitLines(false)
          .setUseUnicodeEncoding(true)
          .build();

  private final YamlDocument document;

  public YamlPatch(YamlDocument document) {
    this.document = document;
  }

  /**
   * Applies operations that add, replace or remove (RFC 6902).
   *
   * @param pointer what their paths start from
   * @throws IllegalArgumentException if what they change is written once for several places, or
   *     taken over from another place
   */
  public void apply(String pointer, ArrayNode patch) {
    for (JsonNode operation : patch) {
      String path = pointer + operation.path("path").asString("");
      int slash = path.lastIndexOf('/');
      String key = path.substring(slash + 1).replace("~1", "/").replace("~0", "~");
      Node parent = document.node();
      for (String part : parts(path.substring(0, slash))) {
        parent = child(refuseShared(parent), part);
      }
      boolean flow = refuseShared(parent) instanceof MappingNode m && isFlow(m.getFlowStyle());
      Node value = node(operation.path("value"), flow);
      String op = operation.path("op").asString("");
      switch (parent) {
        case MappingNode mapping -> change(mapping, key, op, value);
        case SequenceNode sequence -> change(sequence, key, op, value);
        default -> throw new IllegalArgumentException("there is nothing at " + path);
      }
    }
  }

  private static List<String> parts(String path) {
    var parts = new ArrayList<String>();
    for (String part : path.split("/", -1)) {
      parts.add(part.replace("~1", "/").replace("~0", "~"));
    }
    parts.removeFirst(); // what is before the first slash
    return parts;
  }

  private static Node refuseShared(Node node) {
    if (node.getAnchor().isPresent()) {
      throw new IllegalArgumentException(
          "line "
              + Position.of(node.getStartMark()).line()
              + " has an anchor ('&'), so a change there would change other places, too: write it"
              + " out");
    }
    return node;
  }

  private static Node child(Node parent, String part) {
    if (parent instanceof MappingNode mapping) {
      for (NodeTuple entry : mapping.getValue()) {
        if (isKey(entry, part)) {
          return entry.getValueNode();
        }
      }
    } else if (parent instanceof SequenceNode sequence) {
      return sequence.getValue().get(Integer.parseInt(part));
    }
    throw new IllegalArgumentException(
        "line "
            + Position.of(parent.getStartMark()).line()
            + " takes '"
            + part
            + "' over from another place ('<<'): write it out");
  }

  private static boolean isKey(NodeTuple entry, String key) {
    return entry.getKeyNode() instanceof ScalarNode scalar && scalar.getValue().equals(key);
  }

  private static void change(MappingNode mapping, String key, String op, Node value) {
    var entries = new ArrayList<>(mapping.getValue());
    int at = 0;
    while (at < entries.size() && !isKey(entries.get(at), key)) {
      at++;
    }
    if (op.equals("remove")) {
      entries.remove(at);
    } else if (at < entries.size()) {
      entries.set(at, new NodeTuple(entries.get(at).getKeyNode(), value));
    } else {
      entries.add(new NodeTuple(scalar(key), value));
    }
    mapping.setValue(entries);
  }

  private static void change(SequenceNode sequence, String key, String op, Node value) {
    List<Node> items = sequence.getValue();
    int at = Integer.parseInt(key);
    switch (op) {
      case "remove" -> items.remove(at);
      case "replace" -> items.set(at, value);
      default -> items.add(at, value);
    }
  }

  private static boolean isFlow(FlowStyle style) {
    return style == FlowStyle.FLOW;
  }

  private static Node node(JsonNode json, boolean flow) {
    FlowStyle style = flow ? FlowStyle.FLOW : FlowStyle.BLOCK;
    if (json.isObject()) {
      var entries = new ArrayList<NodeTuple>();
      json.properties()
          .forEach(e -> entries.add(new NodeTuple(scalar(e.getKey()), node(e.getValue(), flow))));
      return new MappingNode(Tag.MAP, entries, entries.isEmpty() ? FlowStyle.FLOW : style);
    }
    if (json.isArray()) {
      var items = new ArrayList<Node>();
      json.forEach(item -> items.add(node(item, flow)));
      return new SequenceNode(Tag.SEQ, items, items.isEmpty() ? FlowStyle.FLOW : style);
    }
    if (json.isString() && json.stringValue().indexOf('\n') >= 0 && !flow) {
      return new ScalarNode(Tag.STR, json.stringValue(), ScalarStyle.LITERAL);
    }
    return json.isString()
        ? scalar(json.stringValue())
        : new ScalarNode(tag(json), json.asString("null"), ScalarStyle.PLAIN);
  }

  private static Tag tag(JsonNode json) {
    if (json.isBoolean()) {
      return Tag.BOOL;
    }
    if (json.isNull()) {
      return Tag.NULL;
    }
    return json.isIntegralNumber() ? Tag.INT : Tag.FLOAT;
  }

  /** A text, in quotes where it could be taken for something else. */
  private static ScalarNode scalar(String text) {
    var plain = new ScalarNode(Tag.STR, text, ScalarStyle.PLAIN);
    boolean safe =
        text.matches("[A-Za-z/._][A-Za-z0-9/._-]*") && YamlScalar.value(plain).isString();
    return safe ? plain : new ScalarNode(Tag.STR, text, ScalarStyle.DOUBLE_QUOTED);
  }

  /** Documents as one text. */
  public static String text(List<YamlDocument> documents) {
    var nodes = documents.stream().map(YamlDocument::node).toList();
    var text = new StringBuilder();
    for (Node node : nodes) {
      text.append(text.isEmpty() ? "" : "---\n");
      var events = new Serialize(SETTINGS).serializeOne(node);
      text.append(new Present(SETTINGS).emitToString(events.iterator()));
    }
    return text.toString();
  }
}
