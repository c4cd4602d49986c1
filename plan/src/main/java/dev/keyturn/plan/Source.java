package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A place that holds secrets, named by the first part of a {@link Reference}. */
public enum Source {
  /** HashiCorp Vault or OpenBao: {@code vault:secret/data/app#password}. */
  VAULT("vault"),
  /**
   * A local file: {@code file:/etc/app/db.properties#password}; absolute, or relative to the plan.
   */
  FILE("file");

  private final String prefix;

  Source(String prefix) {
    this.prefix = prefix;
  }

  /** What stands before the colon of a reference. */
  public String prefix() {
    return prefix;
  }

  /** The options that its references may have. */
  List<String> options() {
    return switch (this) {
      case VAULT -> List.of("version", "decode", "method");
      case FILE -> List.of("format", "decode");
    };
  }

  static @Nullable Source named(String prefix) {
    for (Source source : values()) {
      if (source.prefix.equals(prefix)) {
        return source;
      }
    }
    return null;
  }

  static List<String> prefixes() {
    var prefixes = new ArrayList<String>();
    for (Source source : values()) {
      prefixes.add(source.prefix);
    }
    return prefixes;
  }
}
