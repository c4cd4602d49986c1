package dev.keyturn.javaagent.core;

import dev.keyturn.mount.Generation;
import dev.keyturn.mount.MountException;
import dev.keyturn.mount.MountReader;
import dev.keyturn.mount.MountedFile;
import java.io.File;
import java.lang.instrument.Instrumentation;
import java.util.Collections;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Serves one mount to this JVM: reads it before the application starts, then follows it from a
 * daemon thread. What can't be served is said once, in one line on stderr; nothing is thrown.
 */
public final class Agent implements Runnable {
  /** A look costs some microseconds, so a rotation may as well be seen in half a second. */
  private static final long LOOK_EVERY_MILLIS = 500;

  private final MountReader mount;
  private final Map<String, String> realEnvironment;
  private final Set<String> said = new HashSet<>();
  private @Nullable Generation served;

  private Agent(MountReader mount, Map<String, String> realEnvironment) {
    this.mount = mount;
    this.realEnvironment = realEnvironment;
  }

  /**
   * Called once, before the application's main.
   *
   * @param options {@code mount=DIR}, {@code off} to do nothing (an AOT cache can't be recorded
   *     with a transformed System), or null
   */
  public static void start(@Nullable String options, Instrumentation instrumentation)
      throws Exception {
    File directory = MountReader.defaultDirectory();
    if (options != null && !options.isEmpty()) {
      if (options.equals("off")) {
        return;
      } else if (options.startsWith("mount=")) {
        directory = new File(options.substring("mount=".length()));
      } else {
        say("unknown agent option '" + options + "' is ignored: there are mount=DIR and off");
      }
    }
    Map<String, String> real = System.getenv();
    Agent agent = new Agent(new MountReader(directory), real);
    Snapshot.current = new Snapshot(real, directory);
    agent.look();
    Map<String, String> environment = Collections.unmodifiableMap(new Environment());
    Boot.define(instrumentation, environment, new Properties());
    SystemClass.redirect(instrumentation);
    Thread thread = new Thread(agent, "keyturn-mount");
    thread.setDaemon(true);
    thread.setContextClassLoader(null);
    thread.start();
  }

  @Override
  public void run() {
    while (true) {
      try {
        Thread.sleep(LOOK_EVERY_MILLIS);
      } catch (InterruptedException e) {
        // Nobody has a reason to; a look too early does no harm.
      }
      look();
    }
  }

  private void look() {
    try {
      Generation published = mount.current();
      if (published != served && !lost(published)) {
        Snapshot next = new Snapshot(realEnvironment, mount.directory(), published);
        for (String problem : next.problems) {
          sayOnce(problem);
        }
        Snapshot.current = next;
        served = published;
      }
    } catch (MountException e) {
      sayOnce(e.getMessage() + "; looking again every half second");
    } catch (Throwable e) {
      // Out of memory, say: the next look may do better, and the application has what was served.
      sayOnce("looking at the mount failed: " + e);
    }
  }

  /** Whether what is served could be read, and now can't: out of file descriptors, say. */
  private boolean lost(Generation published) {
    if (served != null) {
      for (MountedFile before : served.files()) {
        MountedFile now = published.file(before.name());
        if (before.problem() == null && now != null && now.problem() != null) {
          sayOnce(
              "secret '"
                  + now.name()
                  + "' was replaced, but can't be read: "
                  + now.problem()
                  + "; the values from before stay, looking again every half second");
          return true;
        }
      }
    }
    return false;
  }

  private void sayOnce(@Nullable String problem) {
    if (problem != null && said.add(problem)) {
      say(problem);
    }
  }

  private static void say(String problem) {
    System.err.println("keyturn: " + problem);
  }
}
