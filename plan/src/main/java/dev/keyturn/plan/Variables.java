package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What {@code ${namespace}} and such stand for. Those of the pod are one plain word each, so that
 * filling one in can't change the shape of a path. Those of the operator are either a piece of a
 * path, or the beginning of a reference: a source with some of a path, which stands at the
 * beginning of one alone. What they come to is held against limits like all that is written out.
 */
public final class Variables {
  /** What every pod has. */
  static final List<String> OF_POD = List.of("namespace", "serviceaccount", "environment");

  static final Variables NONE = new Variables(Map.of());

  /** A service account's name is a DNS subdomain (RFC 1123). */
  private static final int MAX_VALUE = 253;

  private static final String FOR_EXAMPLE =
      "a piece of a path (team/shop), or the beginning of a reference (vault:secret/data)";

  private final Map<String, String> values;

  /**
   * @param values by name: of the pod those that have one, and the operator's, each without a
   *     {@link #problem}
   */
  Variables(Map<String, String> values) {
    this.values = values;
  }

  /** What is wrong with a variable that an operator names; null where nothing is. */
  public static @Nullable String problem(String name, String value) {
    if (Rules.name(name) != null || !Rules.isLetter(name.charAt(0)) || name.indexOf('.') >= 0) {
      return "a variable's name is 1 to "
          + Rules.MAX_NAME
          + " letters, digits, '_' and '-', and starts with a letter";
    }
    if (OF_POD.contains(name)) {
      return "is what every pod has by itself: choose another name";
    }
    String filled = value;
    for (String known : OF_POD) {
      filled = filled.replace("${" + known + "}", "any");
    }
    if (filled.contains("${")) {
      return "holds a variable that is not of the pod; known: " + String.join(", ", OF_POD);
    }
    return isPlace(filled) ? placeProblem(filled) : pieceProblem(filled);
  }

  private static @Nullable String placeProblem(String value) {
    if (Reference.split(value, NONE).size() > 1) {
      return "is two places: name each by a variable of its own";
    }
    if (value.indexOf('#') >= 0) {
      return "holds a '#': the key belongs into the reference, ${name}#key";
    }
    int query = value.indexOf('?');
    String path = value.substring(value.indexOf(':') + 1, query < 0 ? value.length() : query);
    return path.isEmpty() ? "has no path behind its ':'" : Rules.path(path, true);
  }

  private static @Nullable String pieceProblem(String value) {
    boolean good = value.length() <= Rules.MAX_PATH && Rules.path(value, false) == null;
    for (int i = 0; good && i < value.length(); i++) {
      char c = value.charAt(i);
      good = isOfWord(c) || c == '/';
    }
    return good ? null : "is neither " + FOR_EXAMPLE;
  }

  /** Whether a value is the beginning of a reference. */
  private static boolean isPlace(String value) {
    int colon = value.indexOf(':');
    return colon > 0 && Source.named(value.substring(0, colon)) != null;
  }

  /** Whether a text, from there on, begins with a variable that is the beginning of a reference. */
  boolean isPlaceAt(String text, int from) {
    return placeAt(text, from) != null;
  }

  private @Nullable String placeAt(String text, int from) {
    return place(nameAt(text, from));
  }

  /** The beginning of a reference that a variable of the operator's stands for, or null. */
  private @Nullable String place(String name) {
    String value = OF_POD.contains(name) ? null : values.get(name);
    return value != null && isPlace(value) ? value : null;
  }

  /** The name of the variable that a text begins with from there on; empty where it doesn't. */
  private static String nameAt(String text, int from) {
    int end = text.startsWith("${", from) ? text.indexOf('}', from) : -1;
    return end < 0 ? "" : text.substring(from + 2, end);
  }

  /**
   * The reference with its beginning in place of the variable for it: what follows the variable
   * goes on with the path, and options of both hold. Variables of the pod may still be in it.
   */
  String open(String reference) {
    String place = placeAt(reference, 0);
    if (place == null) {
      return reference;
    }
    String rest = reference.substring(reference.indexOf('}') + 1);
    int query = place.indexOf('?');
    if (query < 0) {
      return place + rest;
    }
    int end = 0;
    while (end < rest.length() && rest.charAt(end) != '?' && rest.charAt(end) != '#') {
      end++;
    }
    String tail = rest.startsWith("?", end) ? "&" + rest.substring(end + 1) : rest.substring(end);
    return place.substring(0, query) + rest.substring(0, end) + place.substring(query) + tail;
  }

  /** What is wrong with the variable that a reference begins with; null where nothing is. */
  @Nullable String openingProblem(String reference) {
    String name = nameAt(reference, 0);
    if (placeAt(reference, 0) == null) {
      return name.isEmpty() || known().contains(name) ? null : unknown(name);
    }
    String rest = reference.substring(reference.indexOf('}') + 1);
    return rest.isEmpty() || "/?#".indexOf(rest.charAt(0)) >= 0
        ? null
        : "has something else than '/', '?' or '#' behind ${" + name + "}";
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
    String value = values.get(name);
    if (value == null || value.isEmpty()) {
      problems.add(place, OF_POD.contains(name) ? noValue(name) : unknown(name));
      return "";
    }
    if (place(name) != null) {
      problems.add(
          place, "${" + name + "} is the beginning of a reference: it can stand nowhere else");
      return "";
    }
    if (!OF_POD.contains(name)) {
      String filled = ofPod().fill(value, place, problems);
      return filled == null ? "" : filled;
    }
    if (!isWord(value)) {
      problems.add(
          place,
          "the value of ${" + name + "} is not one word of letters, digits, '.', '_' and '-'");
      return "";
    }
    return value;
  }

  /** Those that an operator's may hold. */
  private Variables ofPod() {
    var ofPod = new LinkedHashMap<>(values);
    ofPod.keySet().retainAll(OF_POD);
    return new Variables(ofPod);
  }

  private String noValue(String name) {
    return values.isEmpty()
        ? "${"
            + name
            + "} has no value outside of a pod: write it out, or name a profile (--profiles,"
            + " --namespace)"
        : "${" + name + "} has no value here: write it out, or ask the cluster's operator";
  }

  private String unknown(String name) {
    String nearest = Spelling.nearest(name, known());
    return "holds an unknown variable; "
        + (nearest == null ? "" : "did you mean '" + nearest + "'? ")
        + "known: "
        + String.join(", ", known())
        + (values.isEmpty() ? ", and those of a profile (--profiles)" : "");
  }

  private List<String> known() {
    var known = new ArrayList<>(OF_POD);
    for (String name : new TreeSet<>(values.keySet())) {
      if (!known.contains(name)) {
        known.add(name);
      }
    }
    return known;
  }

  private static boolean isWord(String value) {
    boolean good = value.length() <= MAX_VALUE && Rules.isLetterOrDigit(value.charAt(0));
    for (int i = 0; good && i < value.length(); i++) {
      good = isOfWord(value.charAt(i));
    }
    return good;
  }

  private static boolean isOfWord(char c) {
    return Rules.isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
  }
}
