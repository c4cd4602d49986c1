package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.sidecar.kubernetes.WatchedObject.Found;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.Version;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** Secrets, ConfigMaps and the events of a watch, as the API server writes them. */
final class KubernetesJson {
  /** A Secret's data, at most 1 MiB, and as much again in an annotation of kubectl's. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(4 << 20).build())
          .build();

  private KubernetesJson() {}

  /**
   * What a watch tells.
   *
   * @param type {@code ADDED}, {@code MODIFIED}, {@code DELETED}, {@code BOOKMARK} or {@code ERROR}
   * @param resourceVersion from where to go on; empty where it doesn't say
   */
  record Event(String type, String resourceVersion, Found found) {}

  /**
   * One object.
   *
   * @param isSecret whether its data are base64, rather than text
   * @throws JacksonException if it is none
   */
  static Found object(byte[] json, boolean isSecret) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      return found(parser, isSecret);
    }
  }

  /**
   * One line of a watch.
   *
   * @throws JacksonException if it is none
   */
  static Event event(byte[] json, boolean isSecret) {
    try (JsonParser parser = FACTORY.createParser(ObjectReadContext.empty(), json)) {
      String type = "";
      Found found = Found.NOTHING;
      parser.nextToken();
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        JsonToken token = parser.nextToken();
        switch (name) {
          case "type" -> type = parser.getString();
          case "object" -> found = found(parser, isSecret);
          default -> skip(parser, token);
        }
      }
      return new Event(type, found.version().flatMap(Version::id).orElse(""), found);
    }
  }

  private static void skip(JsonParser parser, JsonToken token) {
    if (token.isStructStart()) {
      parser.skipChildren();
    }
  }

  /** The object at which the parser stands. */
  private static Found found(JsonParser parser, boolean isSecret) {
    Optional<String> version = Optional.empty();
    boolean immutable = false;
    SortedMap<String, Field> fields = new TreeMap<>();
    boolean whole = false;
    try {
      for (String name = parser.nextName(); name != null; name = parser.nextName()) {
        JsonToken token = parser.nextToken();
        switch (name) {
          case "metadata" -> version = resourceVersion(parser);
          case "immutable" -> immutable = token == JsonToken.VALUE_TRUE;
          case "data" -> data(parser, isSecret, fields);
          case "binaryData" -> data(parser, true, fields);
          default -> skip(parser, token);
        }
      }
      whole = true;
    } finally {
      if (!whole) {
        fields.values().forEach(field -> field.value().close());
      }
    }
    return new Found(Optional.of(new Version(version, fields, Optional.empty())), immutable);
  }

  private static Optional<String> resourceVersion(JsonParser parser) {
    Optional<String> version = Optional.empty();
    for (String name = parser.nextName(); name != null; name = parser.nextName()) {
      JsonToken token = parser.nextToken();
      if (name.equals("resourceVersion")) {
        version = Optional.of(parser.getString());
      } else {
        skip(parser, token);
      }
    }
    return version;
  }

  private static void data(JsonParser parser, boolean base64, SortedMap<String, Field> fields) {
    if (parser.currentToken() != JsonToken.START_OBJECT) {
      return;
    }
    for (String key = parser.nextName(); key != null; key = parser.nextName()) {
      parser.nextToken();
      fields.put(key, base64 ? Field.of(parser.getBinaryValue()) : Field.text(parser.getString()));
    }
  }
}
