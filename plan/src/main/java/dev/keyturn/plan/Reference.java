package dev.keyturn.plan;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
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

  /** What stands between references of which the first is used that is there. */
  static final String OR = " | ";

  /** What the one field of a file read as {@link Format#RAW} is called. */
  static final String WHOLE = "value";

  /** The formats of sops, by its own names. */
  private static final List<String> SOPS_FORMATS =
      List.of("yaml", "json", "dotenv", "ini", "binary");

  /** What stands between the transit engine's mount and the name of a key. */
  private static final String KEYS = "/keys/";

  /** The options that mean the same wherever they are. */
  private static final List<String> COMMON = List.of("version", "decode", "decrypt");

  private static final List<String> METHODS = List.of("GET", "POST", "PUT");

  private static final List<String> FILE_FORMATS =
      List.of("properties", "json", "yaml", "raw", "directory");

  /** What a value can't hold as it is, with the sign of a variable. */
  private static final String ENDS = "%&#$";

  private static final HexFormat HEX = HexFormat.of().withUpperCase();

  private static final String TOO_LONG =
      "is longer than " + Rules.MAX_REFERENCE + " characters, %-escapes counted";

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

  /**
   * The references of a text that has several, as written: {@code vault:secret/app |
   * k8s:secret/app}. A path may have a bar of its own.
   */
  static List<String> split(String text, Variables variables) {
    var parts = new ArrayList<String>();
    int start = 0;
    for (int bar = text.indexOf(OR); bar >= 0; bar = text.indexOf(OR, bar + 1)) {
      int next = bar + OR.length();
      int colon = text.indexOf(':', next);
      if (variables.isPlaceAt(text, next)
          || (colon >= 0 && Source.named(text.substring(next, colon)) != null)) {
        parts.add(text.substring(start, bar));
        start = next;
      }
    }
    parts.add(text.substring(start));
    return parts;
  }

  /**
   * Whether the path of a template's {@code secret} is a reference to a source other than Vault,
   * whose paths are written there without a prefix.
   */
  public static boolean isElsewhere(String path) {
    int colon = path.indexOf(':');
    Source source = colon < 0 ? null : Source.named(path.substring(0, colon));
    return source != null && source != Source.VAULT;
  }

  /** The reference of a text, or null after problems, all of them at one place. */
  static @Nullable Reference read(
      String written, Variables variables, Place place, Problems problems) {
    String opening = variables.openingProblem(written);
    if (opening != null) {
      problems.add(place, opening);
      return null;
    }
    String text = variables.open(written);
    int colon = text.indexOf(':');
    Source source = colon < 0 ? null : Source.named(text.substring(0, colon));
    if (text.length() > Rules.MAX_REFERENCE) {
      problems.add(place, TOO_LONG);
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
      readOptions(source, head.substring(query + 1), variables, options, place, problems);
    }
    String path = variables.fill(query < 0 ? head : head.substring(0, query), place, problems);
    check(problems, place, source, path, options, key);
    return problems.count() > before || path == null
        ? null
        : new Reference(source, path, options, key);
  }

  private static void readOptions(
      Source source,
      String text,
      Variables variables,
      Map<String, String> options,
      Place place,
      Problems problems) {
    int start = 0;
    while (start <= text.length()) {
      int and = text.indexOf('&', start);
      int end = and < 0 ? text.length() : and;
      String option = text.substring(start, end);
      int equals = option.indexOf('=');
      start = end + 1;
      if (equals <= 0) {
        problems.add(place, "an option after '?' is not of the form option=value");
        continue;
      }
      String name = option.substring(0, equals);
      String value = option.substring(equals + 1);
      if (source.options().contains(name) && value.contains("${")) {
        problems.add(
            place, "an option holds '${': variables work in the path and in parameters alone");
        continue;
      }
      value = variables.fill(value, place, problems);
      if (value == null) {
        continue;
      }
      value = decode(value);
      if (value == null) {
        problems.add(place, "an option's value has a broken %-escape: write '%' as %25");
      } else if (options.put(name, value) != null) {
        problems.add(place, "an option is there twice: keep one");
      }
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
    if (source == Source.VAULT && options.containsKey("format") && !options.containsKey("method")) {
      // Parameters make a write, which for somebody who meant to read must not happen unseen.
      problems.add(
          place,
          "format is an option of file: alone; the plan's key 'format' says what the file becomes,"
              + " and a parameter of this name needs ?method=POST beside it");
    }
    if (options.containsKey("version")
        && (options.containsKey("method") || !parameters(source, options).isEmpty())) {
      problems.add(
          place,
          "version is of KV, which takes neither a method nor parameters: drop the one or the"
              + " others");
    }
    if (path != null && source.isAws()) {
      AwsRules.check(problems, place, source, path, options, key);
    }
    if (path != null && text(source, path, options, key).length() > Rules.MAX_REFERENCE) {
      problems.add(place, TOO_LONG);
    }
    if (key.isPresent()) {
      problems.check(place, source == Source.K8S ? Rules.dataKey(key.get()) : Rules.key(key.get()));
      if (source == Source.FILE && path != null && isWhole(path, options)) {
        problems.add(
            place, "a raw file has no keys: drop the '#', or say ?format=properties, json or yaml");
      }
      if (source == Source.SOPS && path != null && sopsFormat(path, options).equals("binary")) {
        problems.add(
            place,
            "a binary file has no keys: drop the '#', or say ?format=yaml, json, dotenv or ini");
      }
    }
  }

  private static @Nullable String pathProblem(Source source, String path) {
    if (source.isAws()) {
      return AwsRules.path(source, path);
    }
    String problem = Rules.path(path, source.isFile());
    if (problem == null && source == Source.VAULT && path.indexOf('/') < 0) {
      problem = "a vault path has two segments or more, the mount and the secret: secret/data/app";
    }
    if (problem == null && source == Source.K8S) {
      problem = objectProblem(path);
    }
    return problem;
  }

  private static @Nullable String objectProblem(String path) {
    int slash = path.indexOf('/');
    String kind = path.substring(0, Math.max(slash, 0));
    if (!kind.equals("secret") && !kind.equals("configmap")) {
      return "a k8s path is secret/NAME or configmap/NAME, of the pod's own namespace";
    }
    String problem = Rules.object(path.substring(slash + 1));
    return problem == null ? null : "the name behind the '/' " + problem;
  }

  private static @Nullable String optionProblem(Source source, String name, String value) {
    if (!source.options().contains(name)) {
      return source == Source.VAULT
          ? parameterProblem(name, value)
          : "unknown option; " + Spelling.hint(name, source.options());
    }
    if (source.isAws() && !COMMON.contains(name)) {
      return AwsRules.option(name, value);
    }
    return switch (name) {
      case "version" ->
          isVersion(value) ? null : "version is a whole number from 1 on, such as version=3";
      case "method" ->
          METHODS.contains(value) ? null : "method is one of " + String.join(", ", METHODS);
      case "decode" -> value.equals("base64") ? null : "decode knows base64 alone";
      case "decrypt" -> decryptProblem(value);
      default -> formatProblem(source == Source.SOPS ? SOPS_FORMATS : FILE_FORMATS, value);
    };
  }

  private static @Nullable String formatProblem(List<String> formats, String value) {
    return formats.contains(value) ? null : "format is one of " + String.join(", ", formats);
  }

  private static @Nullable String decryptProblem(String value) {
    int keys = value.lastIndexOf(KEYS);
    boolean good =
        keys > 0
            && Rules.path(value, false) == null
            && value.indexOf('/', keys + KEYS.length()) < 0;
    return good ? null : "decrypt names a key of Vault's transit engine: decrypt=transit/keys/app";
  }

  /** What is wrong with something that is for the server to understand. */
  private static @Nullable String parameterProblem(String name, String value) {
    boolean good = !name.isEmpty() && Rules.isLetter(name.charAt(0));
    for (int i = 0; good && i < name.length(); i++) {
      good = Rules.isLetterOrDigit(name.charAt(i)) || name.charAt(i) == '_';
    }
    if (!good) {
      return "a parameter's name is letters, digits and '_', and starts with a letter";
    }
    // One edit and no more: 'code' and 'session' are names that servers know.
    String meant = Spelling.nearest(name.toLowerCase(Locale.ROOT), Source.VAULT.options(), 1);
    if (meant != null) {
      return "unknown option; did you mean '" + meant + "'?";
    }
    return StandardCharsets.UTF_8.newEncoder().canEncode(value)
        ? null
        : "a parameter's value is no Unicode text";
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
   * How to read a {@link Source#FILE} that is no {@link #isDirectory}: {@link Format#PROPERTIES},
   * {@link Format#JSON}, {@link Format#YAML} or {@link Format#RAW}; by the {@code format} option,
   * else by the file's extension.
   */
  public Format fileFormat() {
    return source == Source.FILE ? fileFormat(path, options) : Format.RAW;
  }

  /**
   * How sops wrote a {@link Source#SOPS}, by its own names: by the {@code format} option, else by
   * the file's extension as sops itself goes by it.
   */
  public String sopsFormat() {
    return sopsFormat(path, options);
  }

  private static String sopsFormat(String path, Map<String, String> options) {
    String format = options.get("format");
    if (format != null) {
      return format;
    }
    return switch (path.substring(path.lastIndexOf('.') + 1)) {
      case "yaml", "yml" -> "yaml";
      case "json" -> "json";
      case "env" -> "dotenv";
      case "ini" -> "ini";
      default -> "binary";
    };
  }

  /** Whether a file is one field. */
  private static boolean isWhole(String path, Map<String, String> options) {
    return fileFormat(path, options) == Format.RAW && !isDirectory(options);
  }

  private static Format fileFormat(String path, Map<String, String> options) {
    String format = options.get("format");
    if (format == null) {
      format = path.substring(path.lastIndexOf('.') + 1);
    }
    return switch (format) {
      case "properties" -> Format.PROPERTIES;
      case "json" -> Format.JSON;
      case "yaml", "yml" -> Format.YAML;
      default -> Format.RAW;
    };
  }

  /** Whether this is a directory whose files are the fields: {@code file:/mnt?format=directory}. */
  public boolean isDirectory() {
    return isDirectory(options);
  }

  private static boolean isDirectory(Map<String, String> options) {
    return "directory".equals(options.get("format"));
  }

  /**
   * What the server is given with the request, in the order written; {@link Source#VAULT} alone.
   */
  public Map<String, String> parameters() {
    return Collections.unmodifiableMap(parameters(source, options));
  }

  private static Map<String, String> parameters(Source source, Map<String, String> options) {
    var parameters = new LinkedHashMap<String, String>();
    for (var option : options.entrySet()) {
      if (source == Source.VAULT && !source.options().contains(option.getKey())) {
        parameters.put(option.getKey(), option.getValue());
      }
    }
    return parameters;
  }

  /**
   * Whether reading this makes the server do something, such as issue a certificate: by the method,
   * else by whether there are parameters. It is not repeated without need.
   */
  public boolean isWrite() {
    String method = options.get("method");
    return method == null ? !parameters().isEmpty() : !method.equals("GET");
  }

  /**
   * What is read, apart from the field that is chosen and how it is decoded: references that are
   * equal in this share one read and one lease.
   */
  public String readKey() {
    var read = new TreeMap<>(options);
    read.remove("decode");
    return text(source, path, read, Optional.empty());
  }

  /** What is wrong with it in a pod, whose sidecar has files of its own; null where nothing is. */
  @Nullable String podProblem() {
    return source.isFile() ? Rules.podFile(source, path) : null;
  }

  /** Whether Vault is asked, for the secret itself or to decrypt it. */
  public boolean asksVault() {
    return source == Source.VAULT || transitKey().isPresent();
  }

  /** The key of Vault's transit engine that its values are encrypted with. */
  public Optional<TransitKey> transitKey() {
    String decrypt = source == Source.VAULT ? null : options.get("decrypt");
    if (decrypt == null) {
      return Optional.empty();
    }
    int keys = decrypt.lastIndexOf(KEYS);
    return Optional.of(
        new TransitKey(decrypt.substring(0, keys), decrypt.substring(keys + KEYS.length())));
  }

  /**
   * A key of Vault's transit engine.
   *
   * @param engine where the engine is mounted
   */
  public record TransitKey(String engine, String name) {}

  /** Whether this is one field rather than a set of them: a chosen key, or the whole of a file. */
  public boolean isOneField() {
    return key.isPresent()
        || (source == Source.FILE && isWhole(path, options))
        || (source.isAws() && AwsRules.isWhole(source, path, options))
        || (source == Source.SOPS && sopsFormat().equals("binary"));
  }

  /** The reference as it would be written; {@link #parse} reads it back to an equal one. */
  @Override
  public String toString() {
    return text(source, path, options, key);
  }

  private static String text(
      Source source, String path, Map<String, String> options, Optional<String> key) {
    var text = new StringBuilder(source.prefix()).append(':').append(path);
    char separator = '?';
    for (var option : options.entrySet()) {
      text.append(separator).append(option.getKey()).append('=');
      encode(option.getValue(), text);
      separator = '&';
    }
    if (key.isPresent()) {
      text.append('#').append(key.get());
    }
    return text.toString();
  }

  /** Writes what {@link #decode} reads: visible ASCII, without what ends a value. */
  private static void encode(String value, StringBuilder text) {
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (b > ' ' && b <= '~' && ENDS.indexOf(b) < 0) {
        text.append((char) b);
      } else {
        text.append('%').append(HEX.toHexDigits(b));
      }
    }
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
