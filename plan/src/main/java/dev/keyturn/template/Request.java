package dev.keyturn.template;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** What a template asks for. */
public sealed interface Request {
  /** The path, as the template has it, without slashes around it. */
  String path();

  /**
   * {@code secret}: reads a path, or writes to it where there are parameters.
   *
   * @param query by name, of the path: {@code ?version=2}; values as written
   */
  record Secret(String path, Map<String, String> query, Map<String, String> parameters)
      implements Request {
    public Secret {
      query = Collections.unmodifiableMap(new TreeMap<>(query));
      parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }
  }

  /** {@code secrets}: lists a path. */
  record Listing(String path) implements Request {}

  /** {@code pkiCert}: has a certificate made. */
  record Certificate(String path, Map<String, String> parameters) implements Request {
    public Certificate {
      parameters = Collections.unmodifiableMap(new TreeMap<>(parameters));
    }
  }
}
