package dev.keyturn.mount;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One secret's file in a {@link Generation}, with what the manifest says of it. Immutable. Its
 * bytes are kept outside the heap, so that they are in no heap dump.
 */
public final class MountedFile {
  private final String name;
  private final String version;
  private final String format;
  private final Map<String, String> env;
  private final Map<String, String> defaultEnv;
  private final Map<String, String> properties;
  private final boolean standIn;
  private final List<String> hosts;
  private final @Nullable ByteBuffer content;
  private final @Nullable String problem;
  private volatile @Nullable Set<String> keys;

  /**
   * @param content direct, and read from its start to its limit by this alone
   */
  MountedFile(
      String name,
      String version,
      String format,
      Map<String, String> env,
      Map<String, String> defaultEnv,
      Map<String, String> properties,
      boolean standIn,
      List<String> hosts,
      @Nullable ByteBuffer content,
      @Nullable String problem) {
    this.name = name;
    this.version = version;
    this.format = format;
    this.env = env;
    this.defaultEnv = defaultEnv;
    this.properties = properties;
    this.standIn = standIn;
    this.hosts = hosts;
    this.content = content;
    this.problem = problem;
  }

  public String name() {
    return name;
  }

  /** The source's version id. */
  public String version() {
    return version;
  }

  /** Environment names the agent answers for, to keys of this file; an empty key: the whole. */
  public Map<String, String> env() {
    return env;
  }

  /** The same, giving way to variables that the process really has. */
  public Map<String, String> defaultEnv() {
    return defaultEnv;
  }

  /** System properties the agent answers for, to keys of this file. */
  public Map<String, String> properties() {
    return properties;
  }

  /** Whether the agent answers for those names with a stand-in and not with the value. */
  public boolean standIn() {
    return standIn;
  }

  /**
   * Where the agent lets a request carry this secret: names in lower case, {@code *.} before one
   * for all below it, each with an optional {@code :port}. Empty: nowhere.
   */
  public List<String> hosts() {
    return hosts;
  }

  /** Why the bytes could not be read, or null if they could. */
  public @Nullable String problem() {
    return problem;
  }

  public boolean sameContent(MountedFile other) {
    return Objects.equals(content, other.content);
  }

  /**
   * The bytes: a copy, for the caller to wipe.
   *
   * @throws MountException if they could not be read
   */
  public byte[] bytes() throws MountException {
    if (content == null) {
      throw new MountException("secret '" + name + "' can't be read: " + problem);
    }
    byte[] bytes = new byte[content.limit()];
    // A view of its own, since reading moves a buffer's position.
    content.duplicate().get(bytes);
    return bytes;
  }

  /**
   * The value of one key of the file; of the whole file for an empty key.
   *
   * @throws MountException if the file could not be read, is not UTF-8 or not of its format, or has
   *     no such key
   */
  public String text(String key) throws MountException {
    if (key.isEmpty()) {
      return text();
    }
    Map<String, String> fields = fields();
    String value = fields.get(format.equals("env") ? Fields.shellName(key) : key);
    if (value == null) {
      throw new MountException(
          "secret '" + name + "' has no key '" + key + "': it has " + fields.keySet());
    }
    return value;
  }

  /**
   * The keys of the file; empty if its format has none, or it can't be read or taken apart. Known
   * after the first call without taking it apart again: names are no values.
   */
  public Set<String> keys() {
    Set<String> known = keys;
    if (known == null) {
      try {
        known = hasKeys() ? new LinkedHashSet<>(fields().keySet()) : Collections.<String>emptySet();
      } catch (MountException e) {
        known = Collections.emptySet();
      }
      keys = known;
    }
    return known;
  }

  private boolean hasKeys() {
    return format.equals("properties")
        || format.equals("env")
        || format.equals("json")
        || format.equals("yaml");
  }

  /** Whether it is a key or trust store, or certificates as PEM. */
  public boolean isStore() {
    return format.equals("pem") || format.equals("pkcs12") || format.equals("jks");
  }

  private Map<String, String> fields() throws MountException {
    try {
      switch (format) {
        case "properties":
          byte[] bytes = bytes();
          try {
            return Fields.ofProperties(bytes);
          } finally {
            Arrays.fill(bytes, (byte) 0);
          }
        case "env":
          return Fields.ofEnv(text());
        case "json":
          return Fields.ofJson(text());
        case "yaml":
          return Fields.ofYaml(text());
        default:
          throw new IllegalArgumentException(
              "its format '" + format + "' has no keys: ask for it whole");
      }
    } catch (IllegalArgumentException e) {
      throw new MountException("secret '" + name + "' can't be taken apart: " + e.getMessage());
    }
  }

  private String text() throws MountException {
    byte[] bytes = bytes();
    try {
      String text = new String(bytes, StandardCharsets.UTF_8);
      // What is not UTF-8 is decoded as U+FFFD; but a text may hold that, too.
      if (text.indexOf('\ufffd') >= 0
          && !Arrays.equals(text.getBytes(StandardCharsets.UTF_8), bytes)) {
        throw new MountException("secret '" + name + "' is not UTF-8 text: read its bytes instead");
      }
      return text;
    } finally {
      Arrays.fill(bytes, (byte) 0);
      forgetDecoded();
    }
  }

  /**
   * Java 9 to 12 keep the bytes of the text that a thread has decoded last, for as long as the
   * thread lives: let them be of another one.
   */
  public static void forgetDecoded() {
    if (new String(new byte[] {'.'}, StandardCharsets.UTF_8).isEmpty()) {
      throw new AssertionError();
    }
  }

  @Override
  public String toString() {
    return name + " (" + format + ", version " + version + ")";
  }
}
