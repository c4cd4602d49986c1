package dev.keyturn.javaagent.report;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which version of each secret this JVM uses. Any thread. */
public final class Uses {
  private static final Map<String, String> VERSIONS = new ConcurrentHashMap<>();

  private Uses() {}

  /**
   * A stand-in became the secret.
   *
   * @param key empty for the whole file
   * @param host where it goes, if the sink knows
   */
  public static void used(
      String secret, String key, String version, String sink, @Nullable String host) {
    VERSIONS.put(secret, version);
  }

  /** The application asked for a value and got it. */
  public static void given(String secret, String version) {
    VERSIONS.put(secret, version);
  }

  /** The version of each secret that was used last. */
  public static Map<String, String> versions() {
    return VERSIONS;
  }
}
