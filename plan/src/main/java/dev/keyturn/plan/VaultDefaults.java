package dev.keyturn.plan;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What is said for many pods, beside what is said for one: by the keys of a {@code vault}. */
public final class VaultDefaults {
  /** What goes together: who sets an auth method of its own takes nothing of the other's. */
  private static final Set<String> AUTH =
      Set.of(
          "auth",
          "auth-mount",
          "role",
          "token-file",
          "role-id-file",
          "secret-id-file",
          "wrapped",
          "client-cert-file",
          "client-key-file");

  private static final Set<String> CA = Set.of("ca", "ca-file");

  private VaultDefaults() {}

  /** The defaults that still hold beside the own keys, in the order of their names. */
  static Map<String, String> kept(Map<String, String> defaults, Map<String, String> own) {
    String auth = own.get("auth");
    boolean ownAuth = auth != null && !auth.equals(defaults.get("auth"));
    boolean ownCa = own.containsKey("ca") || own.containsKey("ca-file");
    var kept = new TreeMap<>(defaults);
    kept.keySet()
        .removeIf(
            key ->
                own.containsKey(key)
                    || (ownAuth && AUTH.contains(key))
                    || (ownCa && CA.contains(key)));
    return kept;
  }

  /** The own keys, with the defaults that still hold beside them. */
  public static Map<String, String> over(Map<String, String> defaults, Map<String, String> own) {
    Map<String, String> all = kept(defaults, own);
    all.putAll(own);
    return Map.copyOf(all);
  }
}
