package dev.keyturn.javaagent.core;

import dev.keyturn.javaagent.bootstrap.Baked;
import dev.keyturn.javaagent.guard.Known;
import dev.keyturn.javaagent.guard.MaskedStream;
import dev.keyturn.javaagent.report.Acknowledgement;
import dev.keyturn.javaagent.report.Leaks;
import dev.keyturn.javaagent.report.Management;
import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.report.Uses;
import dev.keyturn.javaagent.sink.Sinks;
import dev.keyturn.javaagent.standin.Snapshot;
import dev.keyturn.javaagent.standin.Watcher;
import dev.keyturn.javaagent.weaving.Joins;
import dev.keyturn.javaagent.weaving.Weaver;
import dev.keyturn.mount.MountReader;
import dev.keyturn.mount.MountedFile;
import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.Collections;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Serves one mount to this JVM: reads it before the application starts, then follows it from a
 * daemon thread. What can't be served is said once, in one line on stderr; nothing is thrown.
 */
public final class Agent implements Runnable {
  private static @Nullable Options options;
  private static volatile @Nullable Agent started;

  private final Joins joins;
  private final Weaver weaver;

  private volatile boolean armed;

  /** Used by the thread that starts, and after that by the watcher's. */
  private boolean guarded;

  private boolean toldOfGuards;

  private boolean armedForStores;

  private int looks;

  private @Nullable Acknowledgement acknowledgement;

  private Agent(Joins joins, Weaver weaver) {
    this.joins = joins;
    this.weaver = weaver;
  }

  /**
   * Called once, before the application's main.
   *
   * @param text the agent's options (see {@link Options}), or null
   */
  public static void start(@Nullable String text, Instrumentation instrumentation)
      throws Exception {
    Options given = new Options(text);
    options = given;
    if (given.off) {
      return;
    }
    Watcher watcher = Watcher.start(new MountReader(given.mount), given.windowMillis);
    Joins joins = new Joins(Sinks.TABLE);
    Weaver weaver = new Weaver(instrumentation, joins);
    Agent agent = new Agent(joins, weaver);
    started = agent;
    Map<String, String> environment = Collections.unmodifiableMap(new Environment());
    weaver.defineInJavaLang(Baked.answers());
    // It takes them when it is initialized, and leaves no way in.
    System.getProperties()
        .put(
            "keyturn.handover",
            new Object[] {
              environment,
              new Properties(),
              joins.names(),
              new Callbacks(joins, weaver),
              Agent.class.getClassLoader().getParent()
            });
    Class.forName(Baked.ANSWERS.replace('/', '.'), true, null);
    watcher.awaitFirstLook(agent);
    agent.armed = !Snapshot.current().files().isEmpty();
    weaver.redirectSystem(agent.armed);
    agent.arm();
  }

  /** The options, once the agent has started. */
  public static @Nullable Options options() {
    return options;
  }

  /** Weaves a class that is in no table, as if it were the class of that join. */
  public static void weave(Class<?> type, int join) {
    Agent agent = started;
    if (agent != null) {
      agent.weaver.weave(type, Collections.singletonList(agent.joins.get(join)));
    }
  }

  /** After each look at the mount. */
  @Override
  public void run() {
    arm();
    looks++;
    if (armed && Integer.bitCount(looks) == 1) {
      // Less and less often: what is loaded late came through a door.
      weaver.sweep();
    }
    if (guarded && !toldOfGuards) {
      toldOfGuards = true;
      Known.sayWhatIsTooShort(Snapshot.current().files());
    }
    Snapshot.current().noteUses();
    Management.register();
    acknowledge();
  }

  /** Another agent's transformer is about to be registered, or one of ours. Any thread. */
  public static void registered(Object transformer) {
    Agent agent = started;
    if (agent != null) {
      agent.weaver.registered(transformer);
    }
  }

  /** Says which versions are loaded and in use, and what was kept from the application. */
  private void acknowledge() {
    if (looks == 1) {
      acknowledgement = acknowledgement();
    }
    if (acknowledgement != null) {
      Snapshot now = Snapshot.current();
      acknowledgement.say(
          now.id(), now.files(), Uses.versions(), Problems.failures(), Leaks.prevented());
    }
  }

  private static @Nullable Acknowledgement acknowledgement() {
    File directory = options == null ? null : options.acknowledge;
    String variable = Snapshot.current().realVariable("KEYTURN_ACKNOWLEDGE");
    if (directory == null && variable != null && !variable.isEmpty()) {
      directory = new File(variable);
    }
    return directory == null ? null : new Acknowledgement(directory);
  }

  private static boolean masks() {
    return options != null && options.mask;
  }

  /** Makes the sinks work, once there is a secret. */
  private void arm() {
    Snapshot now = Snapshot.current();
    if (!armed && !now.files().isEmpty()) {
      armed = true;
      weaver.arm();
    }
    if (armed && !guarded && masks()) {
      guarded = true;
      MaskedStream.install();
    }
    if (!armedForStores) {
      for (MountedFile file : now.files()) {
        if (file.isStore()) {
          armedForStores = true;
          weaver.armForStores();
          break;
        }
      }
    }
  }
}
