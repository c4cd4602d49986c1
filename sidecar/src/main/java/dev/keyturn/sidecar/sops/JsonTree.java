package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Kind;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** JSON as a tree. */
final class JsonTree {
  private JsonTree() {}

  static Branch read(String text) throws SopsException {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new SopsException("it is not JSON with an object at its start");
      }
      Branch branch = branch(parser, 1);
      if (parser.nextToken() != null) {
        throw new SopsException("something follows the JSON object");
      }
      return branch;
    } catch (JacksonException e) {
      // Its message quotes the input.
      throw new SopsException(
          "it is not JSON: line %d, column %d"
              .formatted(e.getLocation().getLineNr(), e.getLocation().getColumnNr()));
    }
  }

  private static Branch branch(JsonParser parser, int depth) throws SopsException {
    List<Entry> entries = new ArrayList<>();
    Set<String> keys = new HashSet<>();
    for (String key = parser.nextName(); key != null; key = parser.nextName()) {
      if (!keys.add(key)) {
        throw new SopsException("the key '%s' is there twice".formatted(key));
      }
      parser.nextToken();
      entries.add(new Entry(key, value(parser, depth), List.of()));
    }
    return new Branch(entries);
  }

  private static Tree value(JsonParser parser, int depth) throws SopsException {
    if (depth > SopsFormat.MAX_DEPTH) {
      throw new SopsException("it is nested deeper than %d levels".formatted(SopsFormat.MAX_DEPTH));
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> branch(parser, depth + 1);
      case START_ARRAY -> {
        List<Item> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(new Item(value(parser, depth + 1), List.of()));
        }
        yield new Listing(items);
      }
      case VALUE_TRUE -> Leaf.of(Kind.BOOL, "True");
      case VALUE_FALSE -> Leaf.of(Kind.BOOL, "False");
      case VALUE_NULL -> Leaf.of(Kind.NULL, "");
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> number(parser.getString());
      default -> Leaf.of(Kind.TEXT, parser.getString());
    };
  }

  private static Leaf number(String text) throws SopsException {
    Leaf whole = Numbers.whole(text, 10);
    if (whole != null) {
      return whole;
    }
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw new SopsException("a number is beyond what sops can read");
    }
    return Numbers.floating(value);
  }
}
