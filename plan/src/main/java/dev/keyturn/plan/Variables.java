package dev.keyturn.plan;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ${namespace}} and such stand for. A value is one plain word, so that filling it in
 * can't change the shape of a path.
 */
final class Variables {
  static final List<String> NAMES = List.of("namespace", "serviceaccount", "environment");
  static final Variables NONE = new Variables(Map.of());

  /** A service account's name is a DNS subdomain (RFC 1123). */
  private static final int MAX_VALUE = 253;

  private final Map<String, String> values;

  Variables(Map<String, String> values) {
    this.values = values;
  }

  /** The text with every variable filled in, or null after a problem. */
  @Nullable String fill(String text, Place place, Problems problems) {
    int from = text.indexOf("${");
    if (from < 0) {
      return text;
    }
    int before = problems.count();
    var filled = new StringBuilder();
    int done = 0;
    while (from >= 0) {
      int end = text.indexOf('}', from);
      if (end < 0) {
        problems.add(place, "a variable that starts with '${' lacks its '}'");
        return null;
      }
      filled.append(text, done, from).append(value(text.substring(from + 2, end), place, problems));
      done = end + 1;
      from = text.indexOf("${", done);
    }
    return problems.count() > before ? null : filled.append(text, done, text.length()).toString();
  }

  private String value(String name, Place place, Problems problems) {
    if (!NAMES.contains(name)) {
      problems.add(place, "holds an unknown variable; " + Spelling.hint(name, NAMES));
      return "";
    }
    String value = values.get(name);
    if (value == null || value.isEmpty()) {
      problems.add(
          place,
          values.isEmpty()
              ? "${" + name + "} works in the annotations of pods alone: write the value here"
              : "${" + name + "} has no value here: write it out, or ask the cluster's operator");
      return "";
    }
    if (!isWord(value)) {
      problems.add(
          place,
          "the value of ${" + name + "} is not one word of letters, digits, '.', '_' and '-'");
      return "";
    }
    return value;
  }

  private static boolean isWord(String value) {
    boolean good = value.length() <= MAX_VALUE && Rules.isLetterOrDigit(value.charAt(0));
    for (int i = 0; good && i < value.length(); i++) {
      char c = value.charAt(i);
      good = Rules.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
    }
    return good;
  }
}
