package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The fields of a YAML file: one mapping, whose texts are texts and whose other values are JSON.
 * Loaded where a plan has such a file alone.
 */
final class YamlFields {
  private static final int MAX_DEPTH = 32;

  private final Reference reference;
  private final Path path;

  private YamlFields(Reference reference, Path path) {
    this.reference = reference;
    this.path = path;
  }

  /**
   * Reads a file's content.
   *
   * @param content wiped
   */
  static SortedMap<String, Field> read(Reference reference, Path path, byte[] content)
      throws FetchException {
    return new YamlFields(reference, path).read(content);
  }

  private SortedMap<String, Field> read(byte[] content) throws FetchException {
    // Aliases would let a small file become a large one.
    LoadSettings settings = LoadSettings.builder().setMaxAliasesForCollections(0).build();
    String text;
    try (SecretText utf8 = new SecretText().appendUtf8(content)) {
      text = new String(utf8.array(), 0, utf8.length());
    } catch (CharacterCodingException e) {
      throw broken("it is not UTF-8");
    } finally {
      Arrays.fill(content, (byte) 0);
    }
    try {
      Optional<Node> root = new Compose(settings).composeString(text);
      if (!(root.orElse(null) instanceof MappingNode mapping)) {
        throw broken("it is no mapping");
      }
      SortedMap<String, Field> fields = new TreeMap<>();
      for (NodeTuple entry : mapping.getValue()) {
        if (fields.put(key(entry), field(entry.getValueNode())) != null) {
          throw broken("the key '" + key(entry) + "' is there twice");
        }
      }
      return fields;
    } catch (MarkedYamlEngineException e) {
      // Its message quotes the input.
      throw broken(
          e.getProblemMark()
              .map(mark -> "line " + (mark.getLine() + 1) + ", column " + (mark.getColumn() + 1))
              .orElse("it is malformed"));
    } catch (YamlEngineException e) {
      throw broken("it is malformed, or has more than one document");
    }
  }

  private String key(NodeTuple entry) throws FetchException {
    if (entry.getKeyNode() instanceof ScalarNode scalar) {
      return scalar.getValue();
    }
    throw broken("a key is no text");
  }

  private Field field(Node node) throws FetchException {
    if (node instanceof ScalarNode scalar && isText(scalar)) {
      return Field.text(scalar.getValue());
    }
    try (SecretText json = new SecretText()) {
      write(node, json, 0);
      return new Field(Field.Kind.JSON, new SecretValue(json.toUtf8()));
    }
  }

  /** By the JSON schema of YAML 1.2, but for what JSON has no spelling of: {@code .inf}. */
  private static boolean isText(ScalarNode scalar) {
    Tag tag = scalar.getTag();
    return !(tag.equals(Tag.INT)
        || tag.equals(Tag.BOOL)
        || tag.equals(Tag.NULL)
        || (tag.equals(Tag.FLOAT) && scalar.getValue().indexOf('.') > 0));
  }

  private void write(Node node, SecretText json, int depth) throws FetchException {
    if (depth > MAX_DEPTH) {
      throw broken("it is deeper than " + MAX_DEPTH + " levels");
    }
    switch (node) {
      case ScalarNode scalar -> {
        if (isText(scalar)) {
          Json.quote(scalar.getValue(), json);
        } else {
          json.append(scalar.getTag().equals(Tag.NULL) ? "null" : scalar.getValue());
        }
      }
      case SequenceNode sequence -> {
        String separator = "[";
        for (Node item : sequence.getValue()) {
          write(item, json.append(separator), depth + 1);
          separator = ",";
        }
        json.append(separator.equals("[") ? "[]" : "]");
      }
      case MappingNode mapping -> {
        Set<String> keys = new HashSet<>();
        String separator = "{";
        for (NodeTuple entry : mapping.getValue()) {
          if (!keys.add(key(entry))) {
            throw broken("the key '" + key(entry) + "' is there twice");
          }
          Json.quote(key(entry), json.append(separator));
          write(entry.getValueNode(), json.append(':'), depth + 1);
          separator = ",";
        }
        json.append(separator.equals("{") ? "{}" : "}");
      }
      default -> throw broken("it has an alias: write it out");
    }
  }

  private FetchException broken(String why) {
    return FetchException.permanent(
        "%s: %s is not one YAML mapping: %s".formatted(reference, path, why));
  }
}
