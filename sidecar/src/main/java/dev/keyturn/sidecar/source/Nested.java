package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.source.Field.Kind;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Finds what is inside of a field of JSON, by keys with dots between: {@code db.password}, {@code
 * hosts.0}. Loaded where a plan chooses such a key alone.
 */
final class Nested {
  private Nested() {}

  /** A field of its own, which the caller closes; null where nothing is under the key. */
  static @Nullable Field find(SortedMap<String, Field> fields, String key) {
    for (int dot = key.indexOf('.'); dot > 0; dot = key.indexOf('.', dot + 1)) {
      Field field = fields.get(key.substring(0, dot));
      if (field != null && field.kind() == Kind.JSON) {
        Field found = find(field.value().bytes(), key.substring(dot + 1));
        if (found != null) {
          return found;
        }
      }
    }
    return null;
  }

  private static @Nullable Field find(byte[] json, String key) {
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      return find(parser, key);
    } catch (JacksonException e) {
      return null;
    }
  }

  /** Reads the value at which the parser stands, to its end unless something is found. */
  private static @Nullable Field find(JsonParser parser, String key) {
    boolean object = parser.currentToken() == JsonToken.START_OBJECT;
    if (!object && parser.currentToken() != JsonToken.START_ARRAY) {
      return null;
    }
    for (int index = 0; ; index++) {
      String name = object ? parser.nextName() : String.valueOf(index);
      if (name == null || parser.nextToken() == JsonToken.END_ARRAY) {
        return null;
      }
      if (key.equals(name)) {
        return field(parser);
      }
      if (key.startsWith(name + ".")) {
        Field found = find(parser, key.substring(name.length() + 1));
        if (found != null) {
          return found;
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  private static Field field(JsonParser parser) {
    if (parser.currentToken() == JsonToken.VALUE_STRING) {
      return Field.text(parser.getString());
    }
    try (SecretText json = new SecretText()) {
      Json.copy(parser, json);
      return new Field(Kind.JSON, new SecretValue(json.toUtf8()));
    }
  }
}
