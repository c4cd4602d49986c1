package dev.keyturn.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A writer that publishes without a pause is killed at random points, and the next one goes on from
 * what it left, while readers look for a set that is torn or mixed.
 */
class KillTest {
  private static final int KILLS = 500;

  private final AtomicBoolean done = new AtomicBoolean();
  private Memory memory;
  private Path mount;

  @BeforeEach
  void makeDirectory() throws IOException {
    memory = Memory.create();
    mount = memory.directory("mount");
  }

  @AfterEach
  void removeDirectory() throws IOException {
    memory.close();
  }

  @Test
  void aWriterKilledAtAnyPointLeavesTheOldOrTheNewGenerationWhole() throws Exception {
    long seed = Long.getLong("keyturn.kill.seed", System.nanoTime());
    Random random = new Random(seed);
    int halfDone = 0;
    long first = 0;
    long last = 0;
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Long> sets = threads.submit(reading(this::readSet));
      Future<Long> names = threads.submit(reading(this::readStableName));
      try {
        Process next = ChildJvm.start(ContinuousWriter.class, mount.toString());
        for (int kill = 0; kill < KILLS; kill++) {
          Process writer = next;
          try {
            // The child after this one gets its JVM ready meanwhile, and waits.
            next = ChildJvm.start(ContinuousWriter.class, mount.toString());
            writer.getOutputStream().write('\n');
            writer.getOutputStream().flush();
            // One in five dies on its way to its first set, the others while they publish.
            if (random.nextInt(5) > 0) {
              assertThat(writer.getInputStream().read()).as("child has published").isEqualTo('p');
            }
            LockSupport.parkNanos(random.nextInt(20_000) * 1_000L);
          } finally {
            assertThat(writer.destroyForcibly().waitFor(60, TimeUnit.SECONDS)).isTrue();
          }
          assertThat(writer.exitValue()).as("killed, not failed").isEqualTo(128 + 9);
          halfDone += isHalfDone() ? 1 : 0;
          last = number();
          first = first == 0 ? last : first;
          assertThat(sets.isDone() || names.isDone()).as("a reader failed").isFalse();
        }
        next.destroyForcibly();
      } finally {
        done.set(true);
      }
      System.out.printf(
          "%d kills (seed %d, -Dkeyturn.kill.seed), %d of them half-way; %d sets published, %d sets"
              + " and %d single files read%n",
          KILLS, seed, halfDone, last, sets.get(), names.get());
      assertThat(halfDone).as("kills in the middle of a publication").isPositive();
      assertThat(last).as("sets published").isGreaterThan(first);
    }
    try (Mount survivor = Mount.open(mount, DiskPolicy.REFUSE)) {
      assertThat(isHalfDone()).as("leftovers after a restart").isFalse();
      survivor.publish(set(last + 1));
      readSet();
    }
  }

  /** Publishes set after set, from the one that it finds. */
  static final class ContinuousWriter {
    public static void main(String[] args) throws IOException {
      Path directory = Path.of(args[0]);
      if (System.in.read() < 0) {
        return;
      }
      try (Mount mount = Mount.open(directory, DiskPolicy.REFUSE)) {
        Path last = directory.resolve("f0");
        // Without parse, and AssertJ with it, which takes longer to load than all the rest.
        long n = Files.exists(last) ? Long.parseLong(Files.readAllLines(last).getFirst()) : 0;
        while (true) {
          n++;
          mount.publish(set(n));
          System.out.write('p');
          System.out.flush();
        }
      }
    }
  }

  /** Five files, and one with another name in each set; some are larger than a buffer. */
  private static Generation set(long n) {
    List<SecretFile> files = new ArrayList<>();
    for (String name : names(n)) {
      int length = Math.floorMod(n * 7_919 + name.hashCode(), 40_000);
      String text = n + "\n" + ((char) ('a' + n % 26) + "").repeat(length) + "\n" + n;
      files.add(
          new SecretFile(
              name,
              text.getBytes(StandardCharsets.US_ASCII),
              PosixFilePermissions.fromString("r--------"),
              OptionalInt.empty(),
              OptionalInt.empty(),
              new FileFacts(
                  "file:/" + name,
                  n + "",
                  Instant.EPOCH,
                  "raw",
                  Map.of(),
                  Map.of(),
                  Map.of(),
                  false,
                  List.of())));
    }
    return new Generation(files);
  }

  private static Set<String> names(long n) {
    return new TreeSet<>(Set.of("f0", "f1", "f2", "f3", "f4", "only" + n % 3));
  }

  /** The number of the set that a whole file belongs to; fails for a torn one. */
  private static long parse(String text) {
    String[] lines = text.split("\n", -1);
    assertThat(lines).as("a whole file").hasSize(3);
    assertThat(lines[2]).as("both ends are of one set").isEqualTo(lines[0]);
    long n = Long.parseLong(lines[0]);
    assertThat(lines[1].chars().allMatch(c -> c == 'a' + n % 26)).as("no other bytes").isTrue();
    return n;
  }

  private Callable<Long> reading(Callable<Boolean> read) {
    return () -> {
      long count = 0;
      while (!done.get()) {
        count += read.call() ? 1 : 0;
        // The writer is to have a processor of its own.
        LockSupport.parkNanos(100_000);
      }
      return count;
    };
  }

  /** As the documentation tells readers: resolve once, then read what is there. */
  private boolean readSet() throws IOException {
    Path resolved;
    try {
      resolved = mount.resolve(Files.readSymbolicLink(mount.resolve("..data")));
    } catch (NoSuchFileException e) {
      return false;
    }
    try {
      Set<String> names = new TreeSet<>();
      try (DirectoryStream<Path> files = Files.newDirectoryStream(resolved, "[!.]*")) {
        files.forEach(file -> names.add(file.getFileName().toString()));
      }
      String manifest = Files.readString(resolved.resolve("..manifest"));
      long n = parse(Files.readString(resolved.resolve("f0")));
      for (String name : names) {
        assertThat(parse(Files.readString(resolved.resolve(name)))).as(name).isEqualTo(n);
      }
      assertThat(names).isEqualTo(names(n));
      assertThat(manifest)
          .contains("files=6\n", "file.5.version=" + n + "\n", "file.0.version=" + n + "\n");
      return true;
    } catch (NoSuchFileException e) {
      long now = GenerationName.ofDirectory(fileName(currentDirectory())).number();
      assertThat(now)
          .as("published since %s, of which %s is missing", resolved, e.getFile())
          .isGreaterThanOrEqualTo(GenerationName.ofDirectory(fileName(resolved)).number() + 2);
      return false;
    }
  }

  private boolean readStableName() throws IOException {
    boolean published = Files.exists(mount.resolve("..data"));
    try {
      parse(Files.readString(mount.resolve("f0")));
      return true;
    } catch (NoSuchFileException e) {
      assertThat(published).as("a stable name leads nowhere").isFalse();
      return false;
    }
  }

  private Path currentDirectory() throws IOException {
    return Files.readSymbolicLink(mount.resolve("..data"));
  }

  private long number() throws IOException {
    Path file = mount.resolve("f0");
    return Files.exists(file) ? parse(Files.readString(file)) : 0;
  }

  private boolean isHalfDone() throws IOException {
    if (Files.isSymbolicLink(mount.resolve("..data_tmp"))) {
      return true;
    }
    int generations = 0;
    try (DirectoryStream<Path> directories = Files.newDirectoryStream(mount, "..20*")) {
      for (Path directory : directories) {
        generations++;
        if (Stat.of(directory).mode() == 040700) {
          return true;
        }
      }
    }
    return generations > 2;
  }

  private static String fileName(Path path) {
    return path.getFileName().toString();
  }
}
