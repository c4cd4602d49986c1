package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.sops.Tree.Branch;
import dev.keyturn.sidecar.sops.Tree.Entry;
import dev.keyturn.sidecar.sops.Tree.Item;
import dev.keyturn.sidecar.sops.Tree.Leaf;
import dev.keyturn.sidecar.sops.Tree.Listing;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretValue;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.nio.charset.CharacterCodingException;
import java.util.SortedMap;
import java.util.TreeMap;

/** Makes fields of a plain tree: a single value is one, what is nested is one of JSON. */
final class PlainFields {
  private PlainFields() {}

  /**
   * The fields under a branch's keys, with bytes of their own.
   *
   * @throws SopsException if something that is not UTF-8 is nested, since no JSON can hold it
   */
  static SortedMap<String, Field> of(Branch branch) throws SopsException {
    SortedMap<String, Field> fields = new TreeMap<>();
    try {
      for (Entry entry : branch.entries()) {
        fields.put(entry.key(), field(entry.key(), entry.value()));
      }
      return fields;
    } catch (SopsException e) {
      fields.values().forEach(field -> field.value().close());
      throw e;
    }
  }

  private static Field field(String key, Tree value) throws SopsException {
    if (value instanceof Leaf leaf && leaf.kind() == Tree.Kind.TEXT) {
      return Field.of(leaf.bytes().clone());
    }
    try (SecretText json = new SecretText()) {
      append(value, json);
      return new Field(Field.Kind.JSON, new SecretValue(json.toUtf8()));
    } catch (CharacterCodingException e) {
      throw new SopsException(
          "something under '%s' is not UTF-8, which no JSON can hold: make it a key of the file's own, or base64"
              .formatted(key));
    }
  }

  private static void append(Tree value, SecretText json) throws CharacterCodingException {
    switch (value) {
      case Branch branch -> {
        String separator = "{";
        for (Entry entry : branch.entries()) {
          Json.quote(entry.key(), json.append(separator));
          append(entry.value(), json.append(':'));
          separator = ",";
        }
        json.append(branch.entries().isEmpty() ? "{}" : "}");
      }
      case Listing listing -> {
        String separator = "[";
        for (Item item : listing.items()) {
          append(item.value(), json.append(separator));
          separator = ",";
        }
        json.append(listing.items().isEmpty() ? "[]" : "]");
      }
      case Leaf leaf -> append(leaf, json);
    }
  }

  private static void append(Leaf leaf, SecretText json) throws CharacterCodingException {
    try (SecretText text = new SecretText().appendUtf8(leaf.bytes())) {
      switch (leaf.kind()) {
        case INT -> json.append(text);
        case BOOL -> json.append(text.charAt(0) == 'T' ? "true" : "false");
        case NULL -> json.append("null");
        case FLOAT -> {
          // JSON has neither infinity nor NaN.
          char last = text.charAt(text.length() - 1);
          if (last >= '0' && last <= '9') {
            json.append(text);
          } else {
            Json.quote(text, json);
          }
        }
        case TEXT, COMMENT -> Json.quote(text, json);
      }
    }
  }
}
