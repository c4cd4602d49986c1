package dev.keyturn.plan;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The sections of a plan that set a source up, but for {@code vault}: one table and one rule for
 * each key, since each is one line of text.
 */
final class Settings {
  /** The sections, each with its keys. */
  static final Map<String, List<Key>> SECTIONS = sections();

  private Settings() {}

  private static Map<String, List<Key>> sections() {
    var sections = new LinkedHashMap<String, List<Key>>();
    sections.put("kubernetes", Key.KUBERNETES);
    sections.put("aws", Key.AWS);
    sections.put("sops", Key.SOPS);
    return Collections.unmodifiableMap(sections);
  }

  /** The keys of a section, for people. */
  static List<String> names(String section) {
    List<Key> keys = SECTIONS.get(section);
    return keys == null ? List.of() : Key.names(keys);
  }

  /** What is wrong with what a key of a section says. */
  static @Nullable String problem(String section, String key, String value) {
    String problem = Rules.line(value, Rules.MAX_PATH);
    if (problem != null) {
      return problem;
    }
    if (section.equals("aws")) {
      return AwsRules.setting(key, value);
    }
    return switch (section + "." + key) {
      case "kubernetes.access" ->
          value.equals("api") || value.equals("volume") ? null : "is one of api and volume";
      case "kubernetes.address" ->
          value.startsWith("https://") || value.startsWith("http://")
              ? null
              : "is no URL: https://10.0.0.1:6443";
      case "kubernetes.namespace" -> Rules.object(value);
      case "sops.age-identity-file" -> Rules.path(value, true);
      default -> null;
    };
  }

  /** The same for the author of a pod, whose sidecar has an identity and files of its own. */
  static @Nullable String podProblem(String section, String key, String value) {
    if (section.equals("kubernetes") && !key.equals("access")) {
      return "is for what runs outside a pod: remove it";
    }
    return key.endsWith("-file") ? Rules.podIdentity(value) : null;
  }

  /** All problems of all sections. */
  static void check(Problems problems, Map<String, Map<String, String>> settings) {
    for (var section : settings.entrySet()) {
      Place place = Place.root().at(section.getKey());
      if (!SECTIONS.containsKey(section.getKey())) {
        problems.add(place, "unknown key; known: " + String.join(", ", SECTIONS.keySet()));
        continue;
      }
      List<String> known = names(section.getKey());
      for (var entry : section.getValue().entrySet()) {
        String key = entry.getKey();
        problems.check(
            place.at(key),
            known.contains(key)
                ? problem(section.getKey(), key, entry.getValue())
                : "unknown key; " + Spelling.hint(key, known));
      }
    }
  }
}
