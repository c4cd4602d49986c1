package dev.keyturn.webhook.yaml;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * One document of a YAML text, as the tree that Kubernetes would make of it.
 *
 * @param json the tree; {@code null} of JSON for an empty document
 * @param node what the parser made of it
 * @param positions where each value starts, its key where it has one; by its place in the tree (a
 *     JSON pointer, RFC 6901)
 */
public record YamlDocument(JsonNode json, Node node, Map<String, Position> positions) {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** An API server takes objects of 3 MiB; a file may hold a few. */
  private static final int MAX_TEXT = 16 << 20;

  /** Aliases can blow a small text up: more than any file has, and no trouble for memory. */
  private static final int MAX_VALUES = 1_000_000;

  /** Deeper than any object of Kubernetes, and no trouble for the stack. */
  private static final int MAX_DEPTH = 100;

  private static final LoadSettings SETTINGS = settings(false);
  private static final LoadSettings WITH_COMMENTS = settings(true);

  private static LoadSettings settings(boolean comments) {
    return LoadSettings.builder()
        .setLabel("manifest")
        .setCodePointLimit(MAX_TEXT)
        .setAllowDuplicateKeys(true) // told by ourselves, with a place
        .setParseComments(comments)
        .build();
  }

  /**
   * The documents of a text, without those that are empty.
   *
   * @throws MalformedYamlException if it is no YAML, or more than fits
   */
  public static List<YamlDocument> read(String text) throws MalformedYamlException {
    return read(text, SETTINGS);
  }

  /** The same, for documents that will be written again: with their comments. */
  public static List<YamlDocument> readWithComments(String text) throws MalformedYamlException {
    return read(text, WITH_COMMENTS);
  }

  private static List<YamlDocument> read(String text, LoadSettings settings)
      throws MalformedYamlException {
    var documents = new ArrayList<YamlDocument>();
    var reader = new Reader();
    try {
      for (Node node : new Compose(settings).composeAllFromString(text)) {
        reader.positions = new HashMap<>();
        JsonNode json = reader.value(node, "", 0);
        if (!json.isNull()) {
          documents.add(new YamlDocument(json, node, reader.positions));
        }
      }
    } catch (MarkedYamlEngineException e) {
      // The parser's own message quotes the text.
      throw new MalformedYamlException(
          Position.of(e.getProblemMark()), "this is not valid YAML" + hint(e.getProblem()));
    } catch (YamlEngineException e) {
      throw new MalformedYamlException(Position.START, "this is not valid YAML");
    }
    return documents;
  }

  private static String hint(String problem) {
    if (problem != null && problem.startsWith("mapping values are not allowed")) {
      return " (put quotes around a value that holds ': ')";
    }
    return problem != null && problem.contains("TAB") ? " (indent with blanks, not with tabs)" : "";
  }

  /**
   * Where a value is, or the nearest thing around it that is there.
   *
   * @param path keys with dots between, as problems with a plan name it; a key may hold dots, too
   */
  public Position positionOfKeys(String path) {
    String pointer = "";
    String rest = path;
    boolean found = true;
    while (found && !rest.isEmpty()) {
      found = false;
      for (int dot = rest.length(); dot > 0 && !found; dot = rest.lastIndexOf('.', dot - 1)) {
        String next = pointer + "/" + escaped(rest.substring(0, dot));
        if (positions.containsKey(next)) {
          pointer = next;
          rest = dot == rest.length() ? "" : rest.substring(dot + 1);
          found = true;
        }
      }
    }
    return position(pointer);
  }

  /** Where a value is, or the nearest thing around it that is there. */
  public Position position(String pointer) {
    String at = pointer;
    while (!positions.containsKey(at) && !at.isEmpty()) {
      at = at.substring(0, at.lastIndexOf('/'));
    }
    return positions.getOrDefault(at, Position.START);
  }

  /** A key as a part of a JSON pointer. */
  public static String escaped(String key) {
    return key.replace("~", "~0").replace("/", "~1");
  }

  private static final class Reader {
    private Map<String, Position> positions = Map.of();
    private int values;

    JsonNode value(Node node, String pointer, int depth) throws MalformedYamlException {
      bound(node, depth);
      positions.putIfAbsent(pointer, Position.of(node.getStartMark()));
      return switch (node) {
        case ScalarNode scalar -> YamlScalar.value(scalar);
        case SequenceNode sequence -> {
          ArrayNode array = JSON.arrayNode();
          for (Node item : sequence.getValue()) {
            array.add(value(item, pointer + "/" + array.size(), depth + 1));
          }
          yield array;
        }
        case MappingNode mapping -> {
          ObjectNode object = JSON.objectNode();
          read(mapping, object, pointer, depth, false);
          yield object;
        }
        default -> throw bad(node, "this is neither a value, a list nor a mapping");
      };
    }

    /**
     * @param merged whether the mapping is one that another takes over ({@code <<}): what is there
     *     already then goes before
     */
    private void read(
        MappingNode mapping, ObjectNode object, String pointer, int depth, boolean merged)
        throws MalformedYamlException {
      for (NodeTuple entry : mapping.getValue()) {
        if (!(entry.getKeyNode() instanceof ScalarNode key)) {
          throw bad(entry.getKeyNode(), "this key is no text");
        }
        String name = key.getValue();
        String at = pointer + "/" + escaped(name);
        if (isMerge(key)) {
          continue;
        }
        if (!object.has(name)) {
          positions.put(at, Position.of(key.getStartMark()));
          object.set(name, value(entry.getValueNode(), at, depth + 1));
        } else if (!merged) {
          throw bad(key, "this key is there twice: keep one");
        }
      }
      for (NodeTuple entry : mapping.getValue()) {
        if (entry.getKeyNode() instanceof ScalarNode key && isMerge(key)) {
          merge(entry.getValueNode(), object, pointer, depth + 1);
        }
      }
    }

    private void merge(Node value, ObjectNode object, String pointer, int depth)
        throws MalformedYamlException {
      bound(value, depth);
      if (value instanceof MappingNode mapping) {
        read(mapping, object, pointer, depth, true);
      } else if (value instanceof SequenceNode sequence) {
        for (Node item : sequence.getValue()) {
          merge(item, object, pointer, depth + 1);
        }
      } else {
        throw bad(value, "'<<' takes a mapping over, and this is none");
      }
    }

    private void bound(Node node, int depth) throws MalformedYamlException {
      if (++values > MAX_VALUES) {
        throw bad(node, "this has more than " + MAX_VALUES + " values, aliases counted");
      }
      if (depth > MAX_DEPTH) {
        throw bad(node, "this is nested deeper than " + MAX_DEPTH + " levels");
      }
    }

    private static boolean isMerge(ScalarNode key) {
      return key.isPlain() && key.getValue().equals("<<");
    }

    private static MalformedYamlException bad(Node node, String message) {
      return new MalformedYamlException(Position.of(node.getStartMark()), message);
    }
  }
}
