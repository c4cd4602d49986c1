package dev.keyturn.sidecar.render;

import dev.keyturn.plan.Format;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.source.FetchException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The names that the Java agent answers for, as {@code docs/mount.md} defines them. */
public final class EnvNames {
  private EnvNames() {}

  /**
   * The names of a secret whose plan says none.
   *
   * @param keys of the secret
   * @return to the keys; of two keys that meet in one name the first stays
   */
  public static Map<String, String> defaults(SecretSpec spec, Set<String> keys) {
    if (spec.env().isPresent() || spec.format().isCertificate()) {
      return Map.of();
    }
    if (spec.format() == Format.RAW) {
      return Map.of(identifier(spec.name()).toUpperCase(Locale.ROOT), "");
    }
    Map<String, String> names = new LinkedHashMap<>();
    for (String key : keys) {
      names.putIfAbsent(identifier(spec.name() + "_" + key).toUpperCase(Locale.ROOT), key);
    }
    return names;
  }

  /**
   * The names that a plan says, to the keys of the file: a raw file has none.
   *
   * @throws FetchException if a name is for a key that the secret does not have
   */
  public static Map<String, String> explicit(
      SecretSpec spec, Map<String, String> names, Set<String> keys) throws FetchException {
    Map<String, String> answers = new LinkedHashMap<>();
    for (var entry : names.entrySet()) {
      String key = entry.getValue();
      if (!key.isEmpty() && spec.format().isCertificate()) {
        throw FetchException.permanent(
            "%s: a file of format %s has no keys such as '%s', which %s stands for: let it stand for the whole file"
                .formatted(spec.origin(), spec.format().text(), key, entry.getKey()));
      }
      if (!key.isEmpty() && !keys.contains(key)) {
        throw FetchException.permanent(
            "%s has no key '%s', which %s stands for: it has %s; correct the plan or write the key"
                .formatted(spec.origin(), key, entry.getKey(), String.join(", ", keys)));
      }
      answers.put(entry.getKey(), spec.format() == Format.RAW ? "" : key);
    }
    return answers;
  }

  /** Every character but ASCII letters, digits and underscore becomes an underscore. */
  static String identifier(String key) {
    StringBuilder name = new StringBuilder(key);
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (c > 0x7f || !Character.isLetterOrDigit(c)) {
        name.setCharAt(i, '_');
      }
    }
    return name.toString();
  }
}
