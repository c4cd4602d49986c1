package dev.keyturn.template;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Which functions there are, and why others are not. */
final class Functions {
  private static final String CONSUL = "asks Consul, which holds no secrets here: use 'secret'";
  private static final String NOMAD = "asks Nomad, which holds no secrets here: use 'secret'";
  private static final String ENVIRONMENT =
      "reads the environment of the sidecar, which is not the application's: write the value into"
          + " the template";
  private static final String DEBUGGING =
      "shows the inside of values, secret ones too: use printf or toJSON";

  /** What consul-template has and this does not, each with the reason. */
  private static final Map<String, String> REFUSED =
      Map.ofEntries(
          Map.entry("env", ENVIRONMENT),
          Map.entry("mustEnv", ENVIRONMENT),
          Map.entry("envOrDefault", ENVIRONMENT),
          Map.entry(
              "file",
              "reads files of the sidecar, among them what it logs in with: use a secret of its own"
                  + " with from: file:PATH"),
          Map.entry(
              "writeToFile", "writes outside of the mount: make another secret with a template"),
          Map.entry("plugin", "runs a program in the sidecar: use on-change, or the application"),
          Map.entry("sockaddr", "looks at the sidecar's network: use the downward API"),
          Map.entry("call", "calls a function value, and there are none: name the function"),
          Map.entry("datacenters", CONSUL),
          Map.entry("partitions", CONSUL),
          Map.entry("peerings", CONSUL),
          Map.entry("exportedServices", CONSUL),
          Map.entry("key", CONSUL),
          Map.entry("keyExists", CONSUL),
          Map.entry("keyOrDefault", CONSUL),
          Map.entry("ls", CONSUL),
          Map.entry("safeLs", CONSUL),
          Map.entry("tree", CONSUL),
          Map.entry("safeTree", CONSUL),
          Map.entry("node", CONSUL),
          Map.entry("nodes", CONSUL),
          Map.entry("service", CONSUL),
          Map.entry("services", CONSUL),
          Map.entry("connect", CONSUL),
          Map.entry("caRoots", CONSUL),
          Map.entry("caLeaf", CONSUL),
          Map.entry("byKey", CONSUL),
          Map.entry("byPort", CONSUL),
          Map.entry("byTag", CONSUL),
          Map.entry("byMeta", CONSUL),
          Map.entry("explode", CONSUL + ", and 'explodeMap' for its keys"),
          Map.entry("nomadServices", NOMAD),
          Map.entry("nomadService", NOMAD),
          Map.entry("nomadVarList", NOMAD),
          Map.entry("nomadVarListSafe", NOMAD),
          Map.entry("nomadVar", NOMAD),
          Map.entry("nomadVarExists", NOMAD),
          Map.entry("spew_dump", DEBUGGING),
          Map.entry("spew_printf", DEBUGGING),
          Map.entry("spew_sdump", DEBUGGING),
          Map.entry("spew_sprintf", DEBUGGING));

  private Functions() {}

  /** Why a function is not there; null where it is not known at all. */
  static @Nullable String refusal(String name) {
    return name.startsWith("sprig_")
        ? "is of the Sprig library, which is not here: use the functions of docs/templates.md"
        : REFUSED.get(name);
  }

  /**
   * How many arguments a function takes.
   *
   * @param most {@link Integer#MAX_VALUE} for any number
   */
  record Arity(int fewest, int most) {}

  private static final Map<String, Arity> ARITIES = new java.util.TreeMap<>();

  private static void put(int fewest, int most, String... names) {
    for (String name : names) {
      ARITIES.put(name, new Arity(fewest, most));
    }
  }

  static {
    int any = Integer.MAX_VALUE;
    put(0, 0, "scratch");
    put(0, 1, "timestamp");
    put(0, any, "secret", "pkiCert", "html", "js", "urlquery", "print", "println");
    put(1, any, "and", "or", "index", "slice", "printf", "eq", "executeTemplate");
    put(1, 2, "loop");
    put(1, 1, "not", "len", "secrets");
    put(1, 1, "base64Decode", "base64Encode", "base64URLDecode", "base64URLEncode");
    put(1, 1, "explodeMap", "trimSpace", "toLower", "toUpper", "toTitle", "sha256Hex", "md5sum");
    put(1, 1, "parseBool", "parseFloat", "parseInt", "parseUint", "parseJSON", "parseYAML");
    put(1, 1, "toJSON", "toJSONPretty", "toUnescapedJSON", "toUnescapedJSONPretty", "toYAML");
    put(2, 2, "ne", "lt", "le", "gt", "ge", "contains", "in");
    put(2, 2, "containsAll", "containsAny", "containsNone", "containsNotAll");
    put(2, 2, "mergeMap", "mergeMapWithOverride", "indent", "join", "split", "regexMatch");
    put(2, 2, "trim", "trimPrefix", "trimSuffix", "hmacSHA256Hex");
    put(2, 2, "add", "subtract", "multiply", "divide", "modulo", "minimum", "maximum");
    put(3, 3, "regexReplaceAll", "replaceAll", "splitToMap");
  }

  /** Null where there is no such function. */
  static @Nullable Arity arity(String name) {
    return ARITIES.get(name);
  }

  static java.util.List<String> names() {
    return java.util.List.copyOf(ARITIES.keySet());
  }
}
