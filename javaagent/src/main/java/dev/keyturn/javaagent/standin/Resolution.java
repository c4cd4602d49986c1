package dev.keyturn.javaagent.standin;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.core.Options;
import dev.keyturn.javaagent.guard.Outlets;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.report.Uses;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountedFile;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The stand-ins of one call of a sink, all taken from one snapshot: so a user and a password match.
 * What is not the name of a secret, or may not go to the host, stays a stand-in and is reported
 * once. Used by one thread.
 */
public final class Resolution {
  private static final String BASIC = "Basic ";

  private final String sink;
  private final @Nullable String host;
  private final int port;
  private final Snapshot snapshot;

  /** The versions to take, by secret, in place of the snapshot's. */
  private final Map<String, MountedFile> versions;

  /** The versions that were used, by secret. */
  private final Map<String, MountedFile> used = new HashMap<>();

  private Resolution(
      String sink,
      @Nullable String host,
      int port,
      Snapshot snapshot,
      Map<String, MountedFile> versions) {
    this.sink = sink;
    this.host = host;
    this.port = port;
    this.snapshot = snapshot;
    this.versions = versions;
  }

  Resolution(String sink, Snapshot snapshot, Map<String, MountedFile> versions) {
    this(sink, null, 0, snapshot, versions);
  }

  static Resolution ofCurrent(String sink) {
    Snapshot now = Snapshot.current();
    return new Resolution(sink, now, now.preferred());
  }

  /** For a sink that is no HTTP header. Within an attempt, what that one takes. */
  public static Resolution of(String sink) {
    Resolution attempted = Attempts.current();
    return attempted != null ? attempted : ofCurrent(sink);
  }

  /**
   * For a header that goes to a host: only secrets whose plan allows it are swapped.
   *
   * @param host a name or an address, without port
   * @param port 0 to 65,535, or -1 for the scheme's own
   */
  public static Resolution of(String sink, String host, int port) {
    Snapshot now = Snapshot.current();
    return new Resolution(sink, host, port, now, now.preferred());
  }

  /** Whether it is a text, or a map with a text, that holds a stand-in. */
  public static boolean in(@Nullable Object value) {
    if (value instanceof String) {
      return StandIns.in((String) value);
    } else if (value instanceof char[]) {
      return StandIns.in((char[]) value);
    } else if (value instanceof byte[]) {
      return StandIns.in((byte[]) value);
    } else if (value instanceof CharSequence) {
      return StandIns.in(value.toString());
    } else if (value instanceof Properties) {
      for (String name : ((Properties) value).stringPropertyNames()) {
        if (in(((Properties) value).getProperty(name))) {
          return true;
        }
      }
    } else if (value instanceof Map) {
      for (Object one : ((Map<?, ?>) value).values()) {
        if (!(one instanceof Map) && in(one)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a stand-in was swapped. */
  public boolean used() {
    return !used.isEmpty();
  }

  /** The names of the secrets that were used. */
  public Set<String> secrets() {
    return used.keySet();
  }

  Map<String, MountedFile> versions() {
    return used;
  }

  /** The same object if it holds no stand-in, as with all that follow. */
  public String text(String text) {
    if (!StandIns.in(text)) {
      return text;
    }
    return swapped(swapped(text, StandIns.START, "/", false), "keyturn%3A", "%2F", true);
  }

  public char[] chars(char[] text) {
    return StandIns.in(text) ? text(new String(text)).toCharArray() : text;
  }

  /** Taken as UTF-8. */
  public byte[] bytes(byte[] text) {
    return StandIns.in(text)
        ? text(new String(text, StandardCharsets.UTF_8)).getBytes(StandardCharsets.UTF_8)
        : text;
  }

  /** A copy with the values swapped; defaults become entries of it. */
  public Properties properties(Properties properties) {
    if (!in(properties)) {
      return properties;
    }
    Properties copy = new Properties();
    copy.putAll(properties);
    for (String name : properties.stringPropertyNames()) {
      copy.setProperty(name, text(properties.getProperty(name)));
    }
    return copy;
  }

  /** A copy with the values swapped, of the same kind as far as order and locks go. */
  @SuppressWarnings("JdkObsolete") // who takes a Hashtable is given one
  public Map<?, ?> map(Map<?, ?> map) {
    if (!in(map)) {
      return map;
    }
    if (map instanceof Properties) {
      return properties((Properties) map);
    }
    Map<Object, Object> copy;
    if (map instanceof Hashtable) {
      copy = new Hashtable<>();
    } else if (map instanceof SortedMap) {
      copy = new TreeMap<>();
    } else {
      copy = new LinkedHashMap<>();
    }
    for (Map.Entry<?, ?> entry : map.entrySet()) {
      Object value = entry.getValue();
      copy.put(entry.getKey(), value == null || value instanceof Map ? value : value(value));
    }
    return copy;
  }

  /** Any of the types above by its own rule; an object of another type as it is. */
  public Object value(Object value) {
    if (value instanceof String) {
      return text((String) value);
    } else if (value instanceof char[]) {
      return chars((char[]) value);
    } else if (value instanceof byte[]) {
      return bytes((byte[]) value);
    } else if (value instanceof Map) {
      return map((Map<?, ?>) value);
    } else if (value instanceof CharSequence && in(value)) {
      return text(value.toString());
    }
    return value;
  }

  /** A header's value: any text, and what is inside of {@code Basic} credentials (RFC 7617). */
  public String basicAuthorization(String header) {
    if (!header.regionMatches(true, 0, BASIC, 0, BASIC.length())) {
      return text(header);
    }
    byte[] credentials;
    try {
      credentials = Base64.getDecoder().decode(header.substring(BASIC.length()).trim());
    } catch (IllegalArgumentException e) {
      return header;
    }
    return in(credentials)
        ? BASIC + Base64.getEncoder().encodeToString(bytes(credentials))
        : header;
  }

  private String swapped(String text, String start, String separator, boolean encoded) {
    StringBuilder out = null;
    int copied = 0;
    int at = indexOf(text, start, 0);
    while (at >= 0) {
      int from = at + start.length();
      int nameEnd = StandIns.nameEnd(text, from);
      MountedFile file = null;
      while (nameEnd > from && (file = file(text.substring(from, nameEnd))) == null) {
        nameEnd--;
      }
      int end = StandIns.nameEnd(text, from);
      if (file == null) {
        Problems.once(
            "no secret '"
                + text.substring(from, end)
                + "' is in the mount, so the stand-in for it stays one (sink "
                + sink
                + "): it has "
                + names());
      } else if (allowed(file)) {
        String key = "";
        if (end == nameEnd && text.regionMatches(true, end, separator, 0, separator.length())) {
          int keyFrom = end + separator.length();
          int keyEnd = StandIns.nameEnd(text, keyFrom);
          while (keyEnd > keyFrom && !file.keys().contains(text.substring(keyFrom, keyEnd))) {
            keyEnd--;
          }
          if (keyEnd > keyFrom) {
            key = text.substring(keyFrom, keyEnd);
            nameEnd = keyEnd;
          } else if (!file.keys().isEmpty()) {
            Problems.once(
                "secret '"
                    + file.name()
                    + "' has no key '"
                    + text.substring(keyFrom, StandIns.nameEnd(text, keyFrom))
                    + "', so the stand-in for it stays one (sink "
                    + sink
                    + "): it has "
                    + file.keys());
            file = null;
          }
        }
        String value = file == null ? null : value(file, key);
        if (file != null && value != null) {
          if (out == null) {
            out = new StringBuilder();
          }
          out.append(text, copied, at).append(encoded ? percentEncoded(value) : value);
          copied = nameEnd;
          used.put(file.name(), file);
          Uses.used(file.name(), key, file.version(), sink, host);
        }
      }
      at = indexOf(text, start, Math.max(copied, from));
    }
    return out == null ? text : out.append(text, copied, text.length()).toString();
  }

  private static int indexOf(String text, String start, int from) {
    for (int at = from; at <= text.length() - start.length(); at++) {
      // The letter of a percent escape may be in either case, and "keyturn" may not.
      if (text.charAt(at) == 'k'
          && text.regionMatches(at, "keyturn", 0, 7)
          && text.regionMatches(true, at, start, 0, start.length())) {
        return at;
      }
    }
    return -1;
  }

  private @Nullable String value(MountedFile file, String key) {
    try {
      return file.text(key);
    } catch (MountException e) {
      Problems.once("a stand-in stays one (sink " + sink + "): " + e.getMessage());
      return null;
    }
  }

  private @Nullable MountedFile file(String secret) {
    MountedFile already = used.get(secret);
    if (already != null) {
      return already;
    }
    MountedFile given = versions.get(secret);
    return given != null ? given : snapshot.file(secret);
  }

  private StringBuilder names() {
    StringBuilder names = new StringBuilder("[");
    for (MountedFile file : snapshot.files()) {
      names.append(names.length() > 1 ? ", " : "").append(file.name());
    }
    return names.append("]");
  }

  private boolean allowed(MountedFile file) {
    Options options = Agent.options();
    if (options != null && !options.allows(sink)) {
      Outlets.kept(file.name());
      Problems.once(
          "the stand-in for secret '"
              + file.name()
              + "' stays one: the agent's option 'sinks' does not have sink '"
              + sink
              + "'; add it there if it may have secrets");
      return false;
    }
    if (host == null) {
      return true;
    }
    for (String pattern : file.hosts()) {
      if (matches(pattern, host, port)) {
        return true;
      }
    }
    Outlets.kept(file.name());
    Problems.once(
        "secret '"
            + file.name()
            + "' is not for host "
            + host
            + ", so the stand-in for it stays one (sink "
            + sink
            + "): "
            + (file.hosts().isEmpty()
                ? "its plan has no 'hosts'"
                : "its plan's 'hosts' are " + file.hosts())
            + "; add the host there if it may have the secret");
    return false;
  }

  /** A pattern is a host or {@code *.SUFFIX}, perhaps with {@code :PORT}; IPv6 in brackets. */
  static boolean matches(String pattern, String host, int port) {
    int colon = pattern.lastIndexOf(':');
    if (colon > pattern.lastIndexOf(']')) {
      if (!pattern.substring(colon + 1).equals(String.valueOf(port))) {
        return false;
      }
      pattern = pattern.substring(0, colon);
    }
    if (pattern.startsWith("[")) {
      pattern = pattern.substring(1, pattern.length() - 1);
    }
    if (host.startsWith("[")) {
      host = host.substring(1, host.length() - 1);
    }
    if (host.endsWith(".")) {
      host = host.substring(0, host.length() - 1);
    }
    if (pattern.startsWith("*.")) {
      String suffix = pattern.substring(1);
      return host.length() > suffix.length()
          && host.regionMatches(true, host.length() - suffix.length(), suffix, 0, suffix.length());
    }
    return pattern.equalsIgnoreCase(host);
  }

  /** RFC 3986, 2.1: all but unreserved characters. */
  private static String percentEncoded(String value) {
    StringBuilder out = new StringBuilder();
    for (byte b : value.getBytes(StandardCharsets.UTF_8)) {
      if (StandIns.isNamePart((char) b) || b == '~') {
        out.append((char) b);
      } else {
        out.append('%')
            .append("0123456789ABCDEF".charAt(b >> 4 & 15))
            .append("0123456789ABCDEF".charAt(b & 15));
      }
    }
    return out.toString();
  }
}
