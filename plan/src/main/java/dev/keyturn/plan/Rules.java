package dev.keyturn.plan;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The rules for texts that come from outside, one method each. A rule answers null where all is
 * well, else what is wrong and what to do; the answer never holds the text itself. Plain loops: the
 * sidecar runs these at its start, and a regular expression costs it classes.
 */
final class Rules {
  /**
   * An annotation's name part is at most 63 characters (Kubernetes, "Annotations: Syntax and
   * character set"); the longest that stands before most secrets' names is {@code containers.}.
   */
  static final int MAX_NAME = 50;

  /** A DNS label (RFC 1123), as Kubernetes asks of container names. */
  static final int MAX_LABEL = 63;

  /** A host's name in the DNS (RFC 1035, 2.3.4). */
  private static final int MAX_HOST = 253;

  /** Longer than any path of a real source, and short enough for a log line. */
  static final int MAX_PATH = 1024;

  /** A ciphertext of transit, or a certificate's request, may be among a reference's parameters. */
  static final int MAX_REFERENCE = 8192;

  /** {@code NAME_MAX} is 255, and so is the limit of names in most environments and sources. */
  static final int MAX_KEY = 255;

  /** As many of a secret's names, properties or containers as anybody needs. */
  static final int MAX_ENTRIES = 256;

  /** Each secret costs its reader a thread and a file, and a plan travels in one variable. */
  static final int MAX_SECRETS = 1000;

  /** Kubernetes keeps all annotations of an object together below 256 KiB, so a plan is no more. */
  static final int MAX_DOCUMENT = 256 * 1024;

  /** The containers that the webhook adds to a pod. */
  static final List<String> OWN_CONTAINERS = List.of("keyturn", "keyturn-init");

  /** The directories of the Filesystem Hierarchy Standard 3.0 that an image has files in. */
  private static final List<String> SYSTEM =
      List.of(
          "/bin",
          "/boot",
          "/etc",
          "/home",
          "/lib",
          "/lib64",
          "/opt",
          "/root",
          "/run",
          "/sbin",
          "/tmp",
          "/usr",
          "/var",
          "/var/run",
          "/var/run/secrets");

  private static final List<String> QUANTITY_UNITS =
      List.of("", "m", "k", "M", "G", "T", "Ki", "Mi", "Gi", "Ti");

  /** More digits than any real amount has. */
  private static final int MAX_QUANTITY = 15;

  /** Below it a request to a server that is far away can't work. */
  private static final Duration MIN_TIMEOUT = Duration.ofSeconds(1);

  /** Above it a thing that hangs is taken for one that works. */
  private static final Duration MAX_TIMEOUT = Duration.ofSeconds(60);

  private Rules() {}

  static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  static boolean isLetterOrDigit(char c) {
    return isLetter(c) || isDigit(c);
  }

  static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Any text on one line, without blanks around it. */
  static @Nullable String line(String text, int max) {
    if (text.isBlank()) {
      return "is empty: give it a value or leave it out";
    }
    if (text.length() > max) {
      return "is longer than " + max + " characters";
    }
    if (text.charAt(0) == ' ' || text.charAt(text.length() - 1) == ' ') {
      return "has blanks around it: remove them";
    }
    return isClean(text) ? null : "holds a control character or invisible text: remove it";
  }

  /** Whether a text can't break a line, hide in a log, or fail to become UTF-8. */
  static boolean isClean(String text) {
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      switch (Character.getType(c)) {
        case Character.CONTROL,
            Character.FORMAT,
            Character.LINE_SEPARATOR,
            Character.PARAGRAPH_SEPARATOR,
            Character.SURROGATE -> {
          return false;
        }
        default -> i += Character.charCount(c);
      }
    }
    return true;
  }

  /** A secret's name, which is a file's name. */
  static @Nullable String name(String name) {
    boolean good =
        !name.isEmpty()
            && name.length() <= MAX_NAME
            && isLetterOrDigit(name.charAt(name.startsWith(".") && name.length() > 1 ? 1 : 0))
            && !name.contains("..");
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good = isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
    }
    return good
        ? null
        : "a secret's name is 1 to "
            + MAX_NAME
            + " letters, digits, '.', '_' and '-', starts with a letter, a digit or one '.', and has"
            + " no '..'";
  }

  /** The path of a reference: as it is written, without escapes. */
  static @Nullable String path(String path, boolean mayBeAbsolute) {
    String problem = line(path, MAX_PATH);
    if (problem != null) {
      return "the path " + problem;
    }
    for (int i = 0; i < path.length(); i++) {
      switch (path.charAt(i)) {
        case ';', '\\', '%', '?', '#', '*' -> {
          return "the path holds one of ; \\ % ? # * which no path has: write the path as the"
              + " source shows it";
        }
        default -> {}
      }
    }
    if (path.contains("${")) {
      return "the path holds '${' which is no variable here";
    }
    boolean absolute = path.charAt(0) == '/';
    if (absolute && !mayBeAbsolute) {
      return "the path starts with '/': leave it out";
    }
    return segments(absolute ? path.substring(1) : path);
  }

  private static @Nullable String segments(String path) {
    int start = 0;
    while (start <= path.length()) {
      int slash = path.indexOf('/', start);
      int end = slash < 0 ? path.length() : slash;
      if (end == start) {
        return "the path has an empty segment: write single slashes, and none at the end";
      }
      if (path.charAt(start) == '.' && (end == start + 1 || path.startsWith("..", start))) {
        if (end - start <= 2) {
          return "the path has a '.' or '..' segment: write it out";
        }
      }
      start = end + 1;
    }
    return null;
  }

  /** One field of a secret. */
  static @Nullable String key(String key) {
    String problem = line(key, MAX_KEY);
    if (problem == null && key.contains("${")) {
      problem = "holds '${': variables work in the path alone";
    }
    return problem == null ? null : "the key after '#' " + problem;
  }

  /** How long one request or action may take. */
  static @Nullable String timeout(Duration timeout) {
    if (timeout.compareTo(MIN_TIMEOUT) < 0 || timeout.compareTo(MAX_TIMEOUT) > 0) {
      return "is not within 1s and 60s";
    }
    return timeout.toNanosPart() % 1_000_000 == 0 ? null : "is not whole milliseconds";
  }

  /** A name of the environment that the Java agent answers for. */
  static @Nullable String env(String name) {
    boolean good = !name.isEmpty() && name.length() <= MAX_KEY && !isDigit(name.charAt(0));
    for (int i = 0; good && i < name.length(); i++) {
      good = isLetterOrDigit(name.charAt(i)) || name.charAt(i) == '_';
    }
    if (!good) {
      return "an environment name is letters, digits and '_', and starts with no digit";
    }
    if (name.equals("JAVA_TOOL_OPTIONS")
        || name.equals("JDK_JAVA_OPTIONS")
        || name.equals("_JAVA_OPTIONS")) {
      return "the JVM reads this one itself, before the agent is there: choose another name";
    }
    if (name.equals("PATH") || name.startsWith("LD_")) {
      return "this one decides which programs and libraries run: choose another name";
    }
    if (name.startsWith("KEYTURN_")) {
      return "names that start with KEYTURN_ are Keyturn's own settings: choose another name";
    }
    return null;
  }

  /** A system property that the Java agent answers for. */
  static @Nullable String property(String name) {
    String problem = line(name, MAX_KEY);
    if (problem != null) {
      return "the property's name " + problem;
    }
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!isLetterOrDigit(c) && c != '.' && c != '_' && c != '-') {
        return "a property's name is letters, digits, '.', '_' and '-'";
      }
    }
    if (name.startsWith("java.") || name.startsWith("jdk.") || name.startsWith("sun.")) {
      return "the JVM's own settings start with java., jdk. and sun.: choose another name";
    }
    if (name.startsWith("keyturn.")) {
      return "names that start with keyturn. are Keyturn's own settings: choose another name";
    }
    return null;
  }

  /** A container of the pod that may see secrets. */
  static @Nullable String container(String name) {
    if (!isLabel(name)) {
      return "a container's name is 1 to 63 lower-case letters, digits and '-'";
    }
    return OWN_CONTAINERS.contains(name)
        ? "this is a container that Keyturn adds itself: name one of the pod's own"
        : null;
  }

  private static boolean isLabel(String name) {
    boolean good =
        !name.isEmpty()
            && name.length() <= MAX_LABEL
            && name.charAt(0) != '-'
            && name.charAt(name.length() - 1) != '-';
    for (int i = 0; good && i < name.length(); i++) {
      char c = name.charAt(i);
      good = (c >= 'a' && c <= 'z') || isDigit(c) || c == '-';
    }
    return good;
  }

  /** A host that a secret may be sent to, or all below a name, with an optional port. */
  static @Nullable String host(String host) {
    int colon = host.indexOf(':');
    String name = colon < 0 ? host : host.substring(0, colon);
    boolean good = colon < 0 || isPort(host.substring(colon + 1));
    if (name.startsWith("*.")) {
      name = name.substring(2);
    }
    good = good && !name.isEmpty() && name.length() <= MAX_HOST;
    int start = 0;
    while (good && start <= name.length()) {
      int dot = name.indexOf('.', start);
      int end = dot < 0 ? name.length() : dot;
      good = isLabel(name.substring(start, end));
      start = end + 1;
    }
    return good
        ? null
        : "a host is a name in lower case, 'api.example.com' or '*.example.com' for all below it,"
            + " with an optional port, ':8443', and nothing else: no scheme, no path";
  }

  private static boolean isPort(String text) {
    boolean good = !text.isEmpty() && text.length() <= 5 && text.charAt(0) != '0';
    for (int i = 0; good && i < text.length(); i++) {
      good = isDigit(text.charAt(i));
    }
    return good && Integer.parseInt(text) <= 65_535;
  }

  /**
   * A file that the sidecar of a pod may be told to read: what was mounted for that, and so neither
   * its own identity nor another file of its container.
   */
  static @Nullable String podFile(Source source, String path) {
    boolean good =
        isBelow(path, PodPlan.VOLUMES_DIRECTORY)
            || (source == Source.SOPS && isBelow(path, PodPlan.SOPS_DIRECTORY));
    return good
        ? null
        : "is none of the files that a pod has for this: those of its own volumes, "
            + PodPlan.VOLUMES_DIRECTORY
            + "VOLUME/PATH"
            + (source == Source.SOPS
                ? ", and of keyturn.dev/sops-configmap, " + PodPlan.SOPS_DIRECTORY + "FILE"
                : "");
  }

  private static boolean isBelow(String path, String directory) {
    return path.startsWith(directory) && path.length() > directory.length();
  }

  /** The name of a Kubernetes object, such as a Secret (a DNS subdomain, RFC 1123). */
  static @Nullable String object(String name) {
    boolean good = name.length() <= MAX_HOST;
    for (String label : name.split("\\.", -1)) {
      good = good && isLabel(label);
    }
    return good ? null : "is no name of a Kubernetes object: lower-case letters, digits, '-', '.'";
  }

  /** A key in the data of a Secret or ConfigMap (Kubernetes, {@code IsConfigMapKey}). */
  static @Nullable String dataKey(String key) {
    boolean good = !key.isEmpty() && key.length() <= MAX_HOST;
    for (int i = 0; good && i < key.length(); i++) {
      char c = key.charAt(i);
      good = isLetterOrDigit(c) || c == '.' || c == '_' || c == '-';
    }
    return good
        ? null
        : "the key after '#' is none of a Kubernetes object: letters, digits, '.', '_' and '-'";
  }

  /** An amount of a resource (Kubernetes, "Quantity"), or nothing. */
  static @Nullable String quantity(String text) {
    int end = 0;
    int dots = 0;
    while (end < text.length() && (isDigit(text.charAt(end)) || text.charAt(end) == '.')) {
      dots += text.charAt(end++) == '.' ? 1 : 0;
    }
    boolean good =
        text.isEmpty()
            || (end > dots
                && end <= MAX_QUANTITY
                && dots <= 1
                && QUANTITY_UNITS.contains(text.substring(end)));
    return good ? null : "holds an amount that is none: 250m, 0.5, 128Mi; empty for no such bound";
  }

  /** A file that a pod may tell its sidecar to log in with or to trust. */
  static @Nullable String podIdentity(String path) {
    return path.startsWith("/keyturn/")
        ? null
        : "is not below /keyturn/: a pod can't point the sidecar's identity at another file; leave"
            + " it out";
  }

  /** Where the containers of a pod find the files. */
  static @Nullable String mountPath(String path) {
    String problem = path(path, true);
    if (problem != null) {
      return problem;
    }
    if (path.charAt(0) != '/') {
      return "is not absolute: /keyturn/secrets";
    }
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (!isLetterOrDigit(c) && c != '/' && c != '.' && c != '_' && c != '-') {
        return "holds more than letters, digits, '/', '.', '_' and '-', which JVM options need";
      }
    }
    if (isWithin(path, "/keyturn") && !isWithin(path, "/keyturn/secrets")) {
      return "is one of Keyturn's own directories: /keyturn/secrets";
    }
    for (String kernel : List.of("/proc", "/sys", "/dev")) {
      if (isWithin(path, kernel)) {
        return "is within " + kernel + ", which is the kernel's: choose another";
      }
    }
    return SYSTEM.contains(path)
        ? "would hide a directory of the image: choose one below it"
        : null;
  }

  private static boolean isWithin(String path, String directory) {
    return path.startsWith(directory)
        && (path.length() == directory.length() || path.charAt(directory.length()) == '/');
  }
}
