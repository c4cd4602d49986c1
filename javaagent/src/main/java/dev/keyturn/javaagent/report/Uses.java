package dev.keyturn.javaagent.report;

import dev.keyturn.mount.MountedFile;
import java.util.ArrayList;
import java.util.Date;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Which version of each secret is served, and which is in use, and where. Any thread. */
public final class Uses {
  private static final Map<String, Use> USES = new ConcurrentHashMap<>();
  private static volatile State state = new State("", new ArrayList<Loaded>());

  private Uses() {}

  /** What sinks did with one secret. */
  private static final class Use {
    final Counts sinks = new Counts();
    volatile String version = "";
  }

  /** A version of a secret, and when it was read. */
  private static final class Loaded {
    final String name;
    final String version;
    final long at;

    Loaded(String name, String version, long at) {
      this.name = name;
      this.version = version;
      this.at = at;
    }
  }

  /** What is served. */
  private static final class State {
    final String generation;
    final List<Loaded> secrets;

    State(String generation, List<Loaded> secrets) {
      this.generation = generation;
      this.secrets = secrets;
    }
  }

  /**
   * A stand-in became the secret.
   *
   * @param key empty for the whole file
   * @param host where it goes, if the sink knows
   */
  public static void used(
      String secret, String key, String version, String sink, @Nullable String host) {
    Use use = use(secret);
    use.version = version;
    use.sinks.add(sink);
    Events.secretUsed(secret, key, version, sink, host);
  }

  private static Use use(String secret) {
    Use use = USES.get(secret);
    if (use == null) {
      Use first = new Use();
      Use there = USES.putIfAbsent(secret, first);
      use = there != null ? there : first;
    }
    return use;
  }

  /** That generation is served from now on. Called by who follows the mount. */
  public static void loaded(String generation, List<MountedFile> files) {
    Map<String, Loaded> before = new HashMap<>();
    for (Loaded secret : state.secrets) {
      before.put(secret.name, secret);
    }
    long now = System.currentTimeMillis();
    List<Loaded> secrets = new ArrayList<>();
    for (MountedFile file : files) {
      Loaded secret = before.get(file.name());
      if (secret == null || !secret.version.equals(file.version())) {
        secret = new Loaded(file.name(), file.version(), now);
        if (!state.generation.isEmpty()) {
          Events.secretReloaded(file.name(), file.version());
        }
      }
      secrets.add(secret);
    }
    state = new State(generation, secrets);
  }

  /** The application asked for a value and got it. */
  public static void given(String secret, String version) {
    use(secret).version = version;
  }

  /** The version of each secret that was used last. */
  public static Map<String, String> versions() {
    Map<String, String> versions = new HashMap<>();
    for (Map.Entry<String, Use> use : USES.entrySet()) {
      versions.put(use.getKey(), use.getValue().version);
    }
    return versions;
  }

  static String generation() {
    return state.generation;
  }

  static List<AgentMXBean.SecretState> secrets() {
    List<AgentMXBean.SecretState> secrets = new ArrayList<>();
    for (Loaded loaded : state.secrets) {
      secrets.add(new Shown(loaded, USES.get(loaded.name)));
    }
    return secrets;
  }

  /** One secret, as the MXBean shows it. */
  private static final class Shown implements AgentMXBean.SecretState {
    private final Loaded loaded;
    private final @Nullable Use use;

    Shown(Loaded loaded, @Nullable Use use) {
      this.loaded = loaded;
      this.use = use;
    }

    @Override
    public String getName() {
      return loaded.name;
    }

    @Override
    public String getVersion() {
      return loaded.version;
    }

    @Override
    @SuppressWarnings("JavaUtilDate") // an open type of JMX, as Instant is not
    public Date getLoadedAt() {
      return new Date(loaded.at);
    }

    @Override
    public String getVersionInUse() {
      return use == null ? "" : use.version;
    }

    @Override
    public Map<String, Long> getUses() {
      return use == null ? new Counts().now() : use.sinks.now();
    }
  }
}
