package dev.keyturn.sidecar;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * Threads that read the whole set of a mount over and over, as an application may: each resolves
 * {@code ..data} once and reads every file there. They note what no reader may ever see: a file
 * that is missing or not whole, a file that went back to an older version, and files of one secret
 * that are of different versions.
 */
final class Readers implements AutoCloseable {
  private static final String MARK = "canary-";

  private final Path mount;
  private final List<String> names;
  private final Map<String, Integer> newest = new ConcurrentHashMap<>();
  private final List<String> violations = new CopyOnWriteArrayList<>();
  private final AtomicLong reads = new AtomicLong();
  private final List<Thread> threads;

  /**
   * Starts them.
   *
   * @param names of the files; those that are equal up to a dot are of one secret
   * @param pauseMillis after each look at the whole set
   */
  Readers(Path mount, List<String> names, int count, int pauseMillis) {
    this.mount = mount;
    this.names = List.copyOf(names);
    this.threads =
        IntStream.range(0, count)
            .mapToObj(number -> Thread.ofPlatform().daemon().start(() -> read(pauseMillis)))
            .toList();
  }

  /** What a secret's field holds at a version: it tells by itself whether it is whole. */
  static String value(String field, int version) {
    String text = MARK + field + ":" + version + ":" + "x".repeat(version % 60);
    return text + ":" + checksum(text);
  }

  private static String checksum(String text) {
    CRC32 crc = new CRC32();
    crc.update(text.getBytes(StandardCharsets.UTF_8));
    return Long.toHexString(crc.getValue());
  }

  /** The version of a whole value, or -1. */
  static int version(String value) {
    int last = value.lastIndexOf(':');
    return last > 0
            && value.startsWith(MARK)
            && checksum(value.substring(0, last)).equals(value.substring(last + 1))
        ? Integer.parseInt(value.split(":", 3)[1])
        : -1;
  }

  private void read(int pauseMillis) {
    try {
      while (!Thread.interrupted()) {
        look();
        reads.incrementAndGet();
        Thread.sleep(pauseMillis);
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  /** A generation may go while it is read, if two newer ones appear: then it is resolved again. */
  private void look() {
    String problem = "";
    for (int attempt = 0; attempt < 5; attempt++) {
      Map<String, Integer> before = Map.copyOf(newest);
      try {
        judge(before, generation());
        return;
      } catch (NoSuchFileException e) {
        problem = "missing: " + e.getMessage();
      } catch (IOException e) {
        problem = e.toString();
      }
    }
    violations.add(problem);
  }

  private Map<String, Integer> generation() throws IOException {
    Path data = mount.resolve("..data").toRealPath();
    Map<String, Integer> versions = new HashMap<>();
    for (String name : names) {
      versions.put(name, version(Files.readString(data.resolve(name))));
    }
    return versions;
  }

  private void judge(Map<String, Integer> before, Map<String, Integer> found) {
    Map<String, Integer> secrets = new HashMap<>();
    found.forEach(
        (name, version) -> {
          if (version < 0) {
            violations.add(name + " is not whole");
          }
          if (version < before.getOrDefault(name, 0)) {
            violations.add(name + " went back from " + before.get(name) + " to " + version);
          }
          Integer other = secrets.putIfAbsent(name.split("\\.", 2)[0], version);
          if (other != null && !other.equals(version)) {
            violations.add(name + " is of version " + version + " beside " + other);
          }
          newest.merge(name, version, Math::max);
        });
  }

  /** How often the whole set was read. */
  long reads() {
    return reads.get();
  }

  /** What no reader may see; empty if all is well. */
  List<String> violations() {
    return violations;
  }

  /** Whether every file is of this version or a newer one. */
  boolean allAtLeast(int version) {
    return names.stream().allMatch(name -> newest.getOrDefault(name, 0) >= version);
  }

  @Override
  public void close() {
    threads.forEach(Thread::interrupt);
  }
}
