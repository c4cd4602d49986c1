package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import java.io.UnsupportedEncodingException;
import java.net.URLDecoder;
import java.util.Locale;
import java.util.Properties;

/**
 * Takes what holds a stand-in out of a JDBC URL and puts it among the properties, under the same
 * name: drivers take either, and a value among the properties needs no escaping, whatever is in it.
 */
final class JdbcUrl {
  private static final String RAW = "keyturn:";

  private JdbcUrl() {}

  /**
   * Moves them.
   *
   * @param properties gets what is taken out, stand-ins as they are
   * @return the URL without it; the same when it has none
   */
  static String extract(String url, Properties properties) {
    if (!Resolution.in(url)) {
      return url;
    }
    int parameters = parameters(url);
    String start = credentials(url.substring(0, parameters), properties);
    if (parameters == url.length()) {
      return start;
    }
    boolean query = url.charAt(parameters) == '?';
    StringBuilder rest = new StringBuilder(url.length()).append(start);
    char separator = url.charAt(parameters);
    for (int from = parameters + 1; from <= url.length(); ) {
      int to = query ? end(url, from, '&') : endOfSetting(url, from);
      String parameter = url.substring(from, to);
      if (!parameter.isEmpty() && !taken(parameter, query, url, properties)) {
        rest.append(separator).append(parameter);
        separator = query ? '&' : ';';
      }
      from = to + 1;
    }
    return rest.toString();
  }

  /** Where {@code ?a=b&c=d} or {@code ;a=b;c=d} starts. */
  private static int parameters(String url) {
    return Math.min(end(url, 0, '?'), end(url, 0, ';'));
  }

  private static int end(String text, int from, char end) {
    int at = text.indexOf(end, from);
    return at < 0 ? text.length() : at;
  }

  /** SQL Server has {@code a={x;y}}, with a closing brace doubled; H2 has {@code a=x\;y}. */
  private static int endOfSetting(String url, int from) {
    int value = url.indexOf('=', from) + 1;
    boolean braces = value > 0 && value < url.length() && url.charAt(value) == '{';
    for (int at = from; at < url.length(); at++) {
      char c = url.charAt(at);
      if (c == '\\') {
        at++;
      } else if (c == '}' && braces) {
        if (at + 1 < url.length() && url.charAt(at + 1) == '}') {
          at++;
        } else {
          braces = false;
        }
      } else if (c == ';' && !(braces && at > value)) {
        return at;
      }
    }
    return url.length();
  }

  private static boolean taken(String parameter, boolean query, String url, Properties properties) {
    int equals = parameter.indexOf('=');
    if (equals <= 0 || !Resolution.in(parameter)) {
      return false;
    }
    String value = parameter.substring(equals + 1);
    if (query) {
      value = decoded(value);
    } else if (value.startsWith("{") && value.endsWith("}")) {
      value = value.substring(1, value.length() - 1).replace("}}", "}");
    }
    put(url, parameter.substring(0, equals), value, properties);
    return true;
  }

  private static void put(String url, String name, String value, Properties properties) {
    String key =
        name.equalsIgnoreCase("user") || name.equalsIgnoreCase("password")
            ? name.toLowerCase(Locale.ROOT)
            : name;
    // Where both have it, PostgreSQL takes the URL's, the others the properties'.
    if (properties.getProperty(key) == null || url.startsWith("jdbc:postgresql:")) {
      properties.setProperty(key, value);
    }
  }

  /** MySQL has {@code //user:password@host}, Oracle {@code thin:user/password@host}. */
  private static String credentials(String url, Properties properties) {
    int at = url.lastIndexOf('@');
    int slashes = url.indexOf("//");
    boolean authority = slashes >= 0 && slashes < at;
    int start = authority ? slashes + 2 : afterColons(url);
    if (at <= start || !Resolution.in(url.substring(start, at))) {
      return url;
    }
    String both = url.substring(start, at);
    int split = authority ? colon(both) : slash(both);
    if (split > 0) {
      put(
          url,
          "user",
          authority ? decoded(both.substring(0, split)) : both.substring(0, split),
          properties);
    }
    if (split < both.length()) {
      String password = both.substring(split + 1);
      put(url, "password", authority ? decoded(password) : password, properties);
    }
    return url.substring(0, start) + url.substring(authority ? at + 1 : at);
  }

  /** After {@code jdbc:oracle:thin:}. */
  private static int afterColons(String url) {
    int at = 0;
    for (int i = 0; i < 3; i++) {
      at = end(url, at, ':') + 1;
    }
    return Math.min(at, url.length());
  }

  private static int colon(String both) {
    return end(both, both.startsWith(RAW) ? RAW.length() : 0, ':');
  }

  /** A stand-in has a slash of its own: {@code keyturn:db/username/keyturn:db/password}. */
  private static int slash(String both) {
    int second = both.indexOf('/' + RAW);
    if (second >= 0) {
      return second;
    }
    int first = end(both, 0, '/');
    return both.startsWith(RAW) ? end(both, first + 1, '/') : first;
  }

  @SuppressWarnings("JdkObsolete") // the other one came with Java 10
  private static String decoded(String text) {
    if (text.indexOf('%') < 0 && text.indexOf('+') < 0) {
      return text;
    }
    try {
      return URLDecoder.decode(text, "UTF-8");
    } catch (UnsupportedEncodingException | IllegalArgumentException e) {
      return text;
    }
  }
}
