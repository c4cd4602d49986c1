package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a reference takes from all the fields of a secret: its key, its {@code decode} option. */
public final class Selection {
  private Selection() {}

  /**
   * Chooses and decodes.
   *
   * @param fields all of the secret's; left as they are
   * @return at least one, copies that the caller closes
   * @throws FetchException if the key is not there, there is no field at all, or one to be decoded
   *     is not base64
   */
  public static SortedMap<String, Field> select(
      Reference reference, SortedMap<String, Field> fields) throws FetchException {
    SortedMap<String, Field> chosen = chosen(reference, fields);
    if (!reference.options().containsKey("decode")) {
      return chosen;
    }
    try {
      return decoded(reference, chosen);
    } finally {
      chosen.values().forEach(field -> field.value().close());
    }
  }

  /** Copies of what is chosen. */
  private static SortedMap<String, Field> chosen(
      Reference reference, SortedMap<String, Field> fields) throws FetchException {
    if (fields.isEmpty()) {
      throw FetchException.permanent(reference + " has no field: write at least one");
    }
    SortedMap<String, Field> chosen = new TreeMap<>();
    if (reference.key().isEmpty()) {
      fields.forEach((key, field) -> chosen.put(key, field.copy()));
      return chosen;
    }
    String key = reference.key().get();
    Field field = fields.containsKey(key) ? fields.get(key).copy() : Nested.find(fields, key);
    if (field == null) {
      throw FetchException.permanent(
          "%s has no key '%s': it has %s; correct the reference or write the key"
              .formatted(reference, key, String.join(", ", fields.keySet())));
    }
    chosen.put(key, field);
    return chosen;
  }

  private static SortedMap<String, Field> decoded(
      Reference reference, SortedMap<String, Field> fields) throws FetchException {
    SortedMap<String, Field> decoded = new TreeMap<>();
    for (var entry : fields.entrySet()) {
      try {
        // Encoders such as base64(1) wrap lines; anything else outside the alphabet is an error.
        String text =
            new String(entry.getValue().value().bytes(), StandardCharsets.ISO_8859_1)
                .replaceAll("\\s", "");
        decoded.put(entry.getKey(), Field.of(Base64.getDecoder().decode(text)));
      } catch (IllegalArgumentException e) {
        decoded.values().forEach(field -> field.value().close());
        throw FetchException.permanent(
            "%s: the field '%s' is not base64: write it as base64 or drop the option decode"
                .formatted(reference, entry.getKey()));
      }
    }
    return decoded;
  }
}
