package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretValue;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** What the text of a value is as fields. */
final class Fields {
  private Fields() {}

  /** One field, named as that of a file that is read as a whole. */
  static SortedMap<String, Field> whole(Field field) {
    SortedMap<String, Field> one = new TreeMap<>();
    one.put("value", field);
    return one;
  }

  /**
   * The keys of one JSON object.
   *
   * @throws FetchException if it is none; permanent
   */
  static SortedMap<String, Field> ofObject(Reference reference, String text) throws FetchException {
    SortedMap<String, Field> fields = new TreeMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw notAnObject(reference, "it has no object at its start");
      }
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        if (fields.put(key, field(parser)) != null) {
          throw notAnObject(reference, "the key '" + key + "' is there twice");
        }
      }
      if (parser.nextToken() != null) {
        throw notAnObject(reference, "something follows the object");
      }
      return fields;
    } catch (JacksonException e) {
      // Its message quotes the input.
      throw notAnObject(
          reference,
          "line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr());
    }
  }

  private static Field field(JsonParser parser) {
    if (parser.nextToken() == JsonToken.VALUE_STRING) {
      return Field.text(parser.getString());
    }
    try (SecretText json = new SecretText()) {
      Json.copy(parser, json);
      return new Field(Field.Kind.JSON, new SecretValue(json.toUtf8()));
    }
  }

  private static FetchException notAnObject(Reference reference, String why) {
    return FetchException.permanent(
        "%s: its value is not one JSON object: %s: write one, or say ?format=raw"
            .formatted(reference, why));
  }
}
