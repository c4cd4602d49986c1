package dev.keyturn.javaagent.report;

import dev.keyturn.mount.MountedFile;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.FileOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Tells the sidecar which versions this process uses, by a file named by the process's id in a
 * directory that is its container's own: written when something else is to be said, at most once a
 * second, and touched each minute, since nobody else can tell that this process lives. No value is
 * in it. Used by one thread.
 */
public final class Acknowledgement {
  private static final long SECOND = 1_000_000_000L;

  /** The sidecar takes a file as old as three minutes for a dead process's. */
  private static final long TOUCH_NANOS = 60 * SECOND;

  private static final long DEAD_MILLIS = 180_000;

  private final File directory;
  private @Nullable File file;
  private String said = "";
  private long saidAt = System.nanoTime() - SECOND;

  public Acknowledgement(File directory) {
    this.directory = directory;
  }

  /**
   * Says it, if there is something new to say.
   *
   * @param generation the id of what is served; empty for nothing
   * @param loaded the files of it
   * @param inUse the version of each secret that was used last
   * @param failures of the agent's own
   * @param leaksBlocked values that were kept from a log or a child process
   */
  public void say(
      String generation,
      List<MountedFile> loaded,
      Map<String, String> inUse,
      long failures,
      long leaksBlocked) {
    long now = System.nanoTime();
    if (now - saidAt < SECOND) {
      return;
    }
    Properties text = new Properties();
    text.setProperty("format", "1");
    text.setProperty("generation", generation);
    text.setProperty("failures", Long.toString(failures));
    text.setProperty("leaks-blocked", Long.toString(leaksBlocked));
    for (MountedFile one : loaded) {
      text.setProperty("secret." + one.name() + ".loaded", one.version());
      String version = inUse.get(one.name());
      if (version != null) {
        text.setProperty("secret." + one.name() + ".version", version);
      }
    }
    boolean same = text.toString().equals(said);
    if (same && now - saidAt < TOUCH_NANOS) {
      return;
    }
    saidAt = now;
    try {
      File target = file == null ? first() : file;
      if (!same || !target.setLastModified(System.currentTimeMillis())) {
        write(target, text);
      }
      file = target;
      said = text.toString();
    } catch (IOException e) {
      Problems.once(
          "can't say in "
              + directory
              + " which versions are in use: "
              + e.getMessage()
              + "; the application runs on");
    }
  }

  /** This process's file; those of dead ones go. */
  private File first() throws IOException {
    String process = new File("/proc/self").getCanonicalFile().getName();
    if (process.equals("self")) {
      // No Linux: "PID@HOST".
      String name = ManagementFactory.getRuntimeMXBean().getName();
      process = name.substring(0, Math.max(0, name.indexOf('@')));
    }
    File[] others = directory.listFiles();
    if (others == null) {
      throw new IOException("it is no directory that can be read");
    }
    long dead = System.currentTimeMillis() - DEAD_MILLIS;
    for (File other : others) {
      if (other.lastModified() < dead) {
        other.delete();
      }
    }
    return new File(directory, process);
  }

  /** By a rename: whoever reads it reads all of it. The sidecar may be another user. */
  private void write(File target, Properties text) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    text.store(bytes, null);
    File draft = new File(directory, "." + target.getName());
    try (FileOutputStream out = new FileOutputStream(draft)) {
      bytes.writeTo(out);
    }
    if (!draft.setReadable(true, false) || !draft.renameTo(target)) {
      throw new IOException("the file " + target.getName() + " can't be put in place");
    }
  }
}
