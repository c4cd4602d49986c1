package dev.keyturn.sidecar.render;

import dev.keyturn.plan.Format;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.function.Consumer;

/** Renders fields as {@code docs/mount.md} defines the formats. */
public final class Renderer {
  private Renderer() {}

  /**
   * Renders one file.
   *
   * @param what the secret's reference, for errors
   * @param storePassword of a key store; other formats have none
   * @param fields at least one
   * @param warnings gets what an operator should look at, though the file is rendered
   * @return a copy that the caller wipes
   * @throws FetchException if the format cannot hold the fields
   */
  public static byte[] render(
      String what,
      Format format,
      String storePassword,
      SortedMap<String, Field> fields,
      Consumer<String> warnings)
      throws FetchException {
    if (format.isCertificate()) {
      return CertificateFiles.render(what, format, storePassword, fields, warnings);
    }
    if (format == Format.RAW) {
      if (fields.size() != 1) {
        throw FetchException.permanent(
            "%s: format raw holds one field, and there are %d: choose one with #KEY, of %s"
                .formatted(what, fields.size(), String.join(", ", fields.keySet())));
      }
      return fields.firstEntry().getValue().value().bytes().clone();
    }
    try (SecretText out = new SecretText()) {
      switch (format) {
        case RAW, PEM, PKCS12, JKS -> throw new AssertionError("rendered above");
        case PROPERTIES -> properties(fields, out);
        case ENV -> env(what, fields, out);
        case JSON -> json(fields, out);
        case YAML -> yaml(fields, out);
      }
      return out.toUtf8();
    }
  }

  private static void json(SortedMap<String, Field> fields, SecretText out) {
    String separator = "{";
    for (var entry : fields.entrySet()) {
      Json.quote(entry.getKey(), out.append(separator));
      jsonValue(entry.getValue(), out.append(':'));
      separator = ",";
    }
    out.append("}\n");
  }

  private static void yaml(SortedMap<String, Field> fields, SecretText out) {
    for (var entry : fields.entrySet()) {
      Json.quote(entry.getKey(), out);
      jsonValue(entry.getValue(), out.append(": "));
      out.append('\n');
    }
  }

  private static void jsonValue(Field field, SecretText out) {
    try (SecretText flat = flat(field)) {
      switch (field.kind()) {
        case TEXT, BYTES -> Json.quote(flat, out);
        case JSON -> Json.reprint(flat, out);
      }
    }
  }

  /** As {@link java.util.Properties#store} would, without its comment and in order. */
  private static void properties(SortedMap<String, Field> fields, SecretText out) {
    for (var entry : fields.entrySet()) {
      escapeProperty(entry.getKey(), true, out);
      out.append('=');
      try (SecretText flat = flat(entry.getValue())) {
        escapeProperty(flat, false, out);
      }
      out.append('\n');
    }
  }

  private static void escapeProperty(CharSequence text, boolean key, SecretText out) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\\', '=', ':', '#', '!' -> out.append('\\').append(c);
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\f' -> out.append("\\f");
        case ' ' -> out.append(key || i == 0 ? "\\ " : " ");
        default -> {
          if (c < 0x20 || c > 0x7e) {
            Json.appendEscaped(c, out);
          } else {
            out.append(c);
          }
        }
      }
    }
  }

  private static void env(String what, SortedMap<String, Field> fields, SecretText out)
      throws FetchException {
    Map<String, String> keys = new HashMap<>();
    for (var entry : fields.entrySet()) {
      String name = shellName(entry.getKey());
      String other = keys.put(name, entry.getKey());
      if (other != null) {
        throw FetchException.permanent(
            "%s: the keys '%s' and '%s' both become %s in format env: use another format or choose one with #KEY"
                .formatted(what, other, entry.getKey(), name));
      }
      out.append(name).append("='");
      try (SecretText flat = flat(entry.getValue())) {
        for (int i = 0; i < flat.length(); i++) {
          switch (flat.charAt(i)) {
            case '\'' -> out.append("'\\''");
            case '\0' ->
                throw FetchException.permanent(
                    "%s: the field '%s' holds a NUL, which a shell cannot: use another format"
                        .formatted(what, entry.getKey()));
            default -> out.append(flat.charAt(i));
          }
        }
      }
      out.append("'\n");
    }
  }

  /** A key as a POSIX shell variable; an underscore before a digit, which cannot start a name. */
  private static String shellName(String key) {
    String name = EnvNames.identifier(key);
    return name.isEmpty() || Character.isDigit(name.charAt(0)) ? "_" + name : name;
  }

  /** A field as text: bytes as base64, anything else as it is. */
  private static SecretText flat(Field field) {
    SecretText text = new SecretText();
    byte[] bytes = field.value().bytes();
    switch (field.kind()) {
      case TEXT, JSON -> {
        try {
          text.appendUtf8(bytes);
        } catch (CharacterCodingException e) {
          throw new IllegalStateException("a field that is not what its kind says", e);
        }
      }
      case BYTES ->
          text.append(new String(Base64.getEncoder().encode(bytes), StandardCharsets.ISO_8859_1));
    }
    return text;
  }
}
