package dev.keyturn.plan;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Where one secret is: {@code <source>:<path>[?option=value&...][#key]}.
 *
 * @param source the place that holds it
 * @param path the place's own name for it, as written; never empty, without empty, {@code .} or
 *     {@code ..} segments, control characters and any of {@code ; \ % ? # *}
 * @param options what else the source needs to know, in the order written; percent-decoded
 * @param key one field of a secret that has several; empty for all of them
 */
public record Reference(
    Source source, String path, Map<String, String> options, Optional<String> key) {

  /** What the one field of a file read as {@link Format#RAW} is called. */
  static final String WHOLE = "value";

  public Reference {
    var problems = new Problems();
    check(problems, Place.of("reference", ""), source, path, options, key);
    problems.throwIfAny();
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
  }

  /**
   * Reads a reference as people write it.
   *
   * @throws PlanException with every problem of the text, each under the key {@code reference}
   */
  public static Reference parse(String text) {
    var problems = new Problems();
    Reference reference = read(text, Variables.NONE, Place.of("reference", ""), problems);
    problems.throwIfAny();
    return Objects.requireNonNull(reference);
  }

  /** The reference of a text, or null after problems, all of them at one place. */
  static @Nullable Reference read(
      String text, Variables variables, Place place, Problems problems) {
    int colon = text.indexOf(':');
    Source source = colon < 0 ? null : Source.named(text.substring(0, colon));
    if (text.length() > Rules.MAX_REFERENCE) {
      problems.add(place, "is longer than " + Rules.MAX_REFERENCE + " characters");
      return null;
    }
    if (source == null) {
      problems.add(
          place,
          "not a reference: it starts with its source and a colon, such as"
              + " vault:secret/data/app#password; "
              + Spelling.hint(colon < 0 ? "" : text.substring(0, colon), Source.prefixes()));
      return null;
    }
    int before = problems.count();
    int hash = text.indexOf('#');
    Optional<String> key = hash < 0 ? Optional.empty() : Optional.of(text.substring(hash + 1));
    String head = text.substring(colon + 1, hash < 0 ? text.length() : hash);
    int query = head.indexOf('?');
    var options = new LinkedHashMap<String, String>();
    if (query >= 0) {
      readOptions(head.substring(query + 1), options, place, problems);
    }
    String path = variables.fill(query < 0 ? head : head.substring(0, query), place, problems);
    check(problems, place, source, path, options, key);
    return problems.count() > before || path == null
        ? null
        : new Reference(source, path, options, key);
  }

  private static void readOptions(
      String text, Map<String, String> options, Place place, Problems problems) {
    int start = 0;
    while (start <= text.length()) {
      int and = text.indexOf('&', start);
      int end = and < 0 ? text.length() : and;
      String option = text.substring(start, end);
      int equals = option.indexOf('=');
      String value = equals <= 0 ? null : decode(option.substring(equals + 1));
      if (equals <= 0) {
        problems.add(place, "an option after '?' is not of the form option=value");
      } else if (value == null) {
        problems.add(place, "an option's value has a broken %-escape: write '%' as %25");
      } else if (option.contains("${")) {
        problems.add(place, "an option holds '${': variables work in the path alone");
      } else if (options.put(option.substring(0, equals), value) != null) {
        problems.add(place, "an option is there twice: keep one");
      }
      start = end + 1;
    }
  }

  private static void check(
      Problems problems,
      Place place,
      Source source,
      @Nullable String path,
      Map<String, String> options,
      Optional<String> key) {
    if (path != null) {
      problems.check(place, pathProblem(source, path));
    }
    for (var option : options.entrySet()) {
      problems.check(place, optionProblem(source, option.getKey(), option.getValue()));
    }
    if (key.isPresent()) {
      problems.check(place, Rules.key(key.get()));
      if (source == Source.FILE && path != null && fileFormat(path, options) == Format.RAW) {
        problems.add(
            place,
            "a raw file has no keys: drop the '#', or say ?format=properties or ?format=json");
      }
    }
  }

  private static @Nullable String pathProblem(Source source, String path) {
    String problem = Rules.path(path, source == Source.FILE);
    if (problem == null && source == Source.VAULT && path.indexOf('/') < 0) {
      problem = "a vault path has two segments or more, the mount and the secret: secret/data/app";
    }
    return problem;
  }

  private static @Nullable String optionProblem(Source source, String name, String value) {
    if (!source.options().contains(name)) {
      return "unknown option; " + Spelling.hint(name, source.options());
    }
    return switch (name) {
      case "version" ->
          isVersion(value) ? null : "version is a whole number from 1 on, such as version=3";
      case "decode" -> value.equals("base64") ? null : "decode knows base64 alone";
      default ->
          value.equals("properties") || value.equals("json") || value.equals("raw")
              ? null
              : "format is one of properties, json and raw";
    };
  }

  private static boolean isVersion(String value) {
    // Nine digits stay within an int; KV v2 counts versions from 1.
    boolean good = !value.isEmpty() && value.length() <= 9 && value.charAt(0) != '0';
    for (int i = 0; good && i < value.length(); i++) {
      good = Rules.isDigit(value.charAt(i));
    }
    return good;
  }

  /**
   * How to read a {@link Source#FILE}: {@link Format#PROPERTIES}, {@link Format#JSON} or {@link
   * Format#RAW}; by the {@code format} option, else by the file's extension.
   */
  public Format fileFormat() {
    return fileFormat(path, options);
  }

  private static Format fileFormat(String path, Map<String, String> options) {
    String format = options.get("format");
    if (format == null) {
      format = path.substring(path.lastIndexOf('.') + 1);
    }
    return switch (format) {
      case "properties" -> Format.PROPERTIES;
      case "json" -> Format.JSON;
      default -> Format.RAW;
    };
  }

  /** Whether this is one field rather than a set of them: a chosen key, or the whole of a file. */
  public boolean isOneField() {
    return key.isPresent() || (source == Source.FILE && fileFormat() == Format.RAW);
  }

  /** The reference as it would be written; {@link #parse} reads it back to an equal one. */
  @Override
  public String toString() {
    var text = new StringBuilder(source.prefix()).append(':').append(path);
    // No value that an option takes needs an escape.
    char separator = '?';
    for (var option : options.entrySet()) {
      text.append(separator).append(option.getKey()).append('=').append(option.getValue());
      separator = '&';
    }
    if (key.isPresent()) {
      text.append('#').append(key.get());
    }
    return text.toString();
  }

  /** A value with its percent-escapes (RFC 3986) resolved, or null where one is broken. */
  private static @Nullable String decode(String value) {
    if (value.indexOf('%') < 0) {
      return value;
    }
    byte[] in = value.getBytes(StandardCharsets.UTF_8);
    var out = ByteBuffer.allocate(in.length);
    for (int i = 0; i < in.length; i++) {
      if (in[i] != '%') {
        out.put(in[i]);
        continue;
      }
      int high = i + 2 < in.length ? Character.digit(in[i + 1], 16) : -1;
      int low = i + 2 < in.length ? Character.digit(in[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        return null;
      }
      out.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(out.flip()).toString();
    } catch (CharacterCodingException e) {
      return null;
    }
  }
}
