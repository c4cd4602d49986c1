package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Somebody puts entries where the writer is going to write. */
class PlantedEntryTest {
  private static final Clock NOON =
      Clock.fixed(Instant.parse("2026-11-24T12:00:00Z"), ZoneOffset.UTC);

  private Memory memory;
  private Path mount;
  private Path outside;
  private Path victim;

  @BeforeEach
  void makeDirectory() throws IOException {
    memory = Memory.create();
    mount = memory.directory("mount");
    outside = memory.directory("outside");
    victim = Files.writeString(outside.resolve("victim"), "untouched");
  }

  @AfterEach
  void removeDirectory() throws IOException {
    assertThat(victim).hasContent("untouched");
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(outside)) {
      assertThat(entries).containsExactly(victim);
    }
    memory.close();
  }

  @Test
  void aPlantedNextDataStopsPublishingAndTheOldGenerationStays() throws IOException {
    assertStops(mount.resolve("..data_tmp"), outside);
    assertStops(mount.resolve("..data_tmp"), victim);
    assertStops(mount.resolve("..data_tmp"), Path.of("nowhere"));
    assertStops(mount.resolve("..data_tmp"), null);
  }

  @Test
  void aPlantedStableNameStopsPublishingAndTheOldGenerationStays() throws IOException {
    assertStops(mount.resolve("new"), victim);
    assertStops(mount.resolve("new"), Path.of("nowhere"));
    assertStops(mount.resolve("new"), null);
  }

  @Test
  void aPlantedGenerationStopsPublishingAndTheOldGenerationStays() throws IOException {
    Path next = mount.resolve("..2026-11-24T12-00-00Z.00000002");
    assertStops(next, outside);
    assertStops(next, Path.of("nowhere"));
    assertStops(next, null);
  }

  @Test
  void aPlantedGenerationOrDataStopsAWriterThatStarts() throws IOException {
    for (String name : new String[] {"..data", "..data_tmp", "..2026-11-24T12-00-00Z.00000002"}) {
      Path planted = Files.createSymbolicLink(mount.resolve(name), outside);
      assertThatThrownBy(() -> Mount.open(mount, DiskPolicy.REFUSE))
          .isInstanceOf(MountException.class)
          .hasMessageContaining(planted + " was not made by Keyturn")
          .hasMessageContaining("remove the entry");
      Files.delete(planted);
    }
    Mount.open(mount, DiskPolicy.REFUSE).close();
  }

  @Test
  void aGenerationThatWasSwappedForALinkIsNotFollowed() throws IOException {
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      writer.publish(generation(file("db", "1")));
      Path old = mount.resolve("..data").toRealPath();
      Path moved = Files.move(old, memory.directory().resolve("moved"));
      Files.createSymbolicLink(old, outside);
      assertThatThrownBy(() -> writer.publish(generation(file("db", "2"))))
          .isInstanceOf(MountException.class)
          .hasMessageContaining(old + " was not made by Keyturn");
      Files.delete(old);
      Files.move(moved, old);
      assertThat(writer.publish(generation(file("db", "2"))).changed()).isTrue();
    }
  }

  @Test
  void entriesOfOthersThatAreInNobodysWayStay() throws IOException {
    Path link = Files.createSymbolicLink(mount.resolve("theirs"), victim);
    Path hidden = Files.createDirectory(mount.resolve("..2026_11_24_12_00_00.123456789"));
    try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
      writer.publish(generation(file("db", "1")));
      writer.publish(generation(file("db", "2")));
      writer.clear();
    }
    assertThat(Files.readSymbolicLink(link)).isEqualTo(victim);
    assertThat(hidden).exists();
  }

  /**
   * The attacker owns the directory like the writer, so it can do more than any other user could:
   * plant links, and swap a generation for a link while it is written.
   */
  @Test
  void anAttackerWhoPlantsAllTheTimeGetsNothingWrittenElsewhere() throws Exception {
    AtomicBoolean done = new AtomicBoolean();
    int published = 0;
    int stopped = 0;
    try (ExecutorService attacker = Executors.newSingleThreadExecutor()) {
      Future<Integer> plants = attacker.submit(() -> plant(done));
      try {
        for (int i = 0; i < 1_000 || published == 0 || stopped == 0; i++) {
          try (Mount writer = Mount.open(mount, DiskPolicy.REFUSE)) {
            for (int k = 0; k < 3; k++) {
              writer.publish(generation(file("victim", i + " " + k), file("new" + k, "canary")));
              published++;
            }
          } catch (MountException e) {
            stopped++;
          }
        }
      } finally {
        done.set(true);
      }
      assertThat(plants.get()).isPositive();
    }
    System.out.printf("racing planter: %d published, %d stopped%n", published, stopped);
  }

  /** Puts links to the outside at each name the writer uses, for a moment each. */
  private int plant(AtomicBoolean done) throws IOException {
    Random random = new Random(1);
    int plants = 0;
    Path aside = memory.directory().resolve("aside");
    while (!done.get()) {
      try {
        switch (random.nextInt(3)) {
          case 0 -> plantAt(mount.resolve("..data_tmp"), outside);
          case 1 -> plantAt(mount.resolve("new" + random.nextInt(3)), victim);
          default -> {
            try (DirectoryStream<Path> generations = Files.newDirectoryStream(mount, "..20*")) {
              for (Path generation : generations) {
                Files.move(generation, aside, StandardCopyOption.ATOMIC_MOVE);
                try {
                  plantAt(generation, outside);
                } finally {
                  Files.move(aside, generation, StandardCopyOption.ATOMIC_MOVE);
                }
              }
            }
          }
        }
        plants++;
      } catch (IOException e) {
        // The writer was there first.
      }
    }
    return plants;
  }

  private static void plantAt(Path path, Path target) throws IOException {
    Files.createSymbolicLink(path, target);
    Thread.onSpinWait();
    Files.delete(path);
  }

  /** Plants a link to the target, or a directory for null, and publishes over it. */
  private void assertStops(Path planted, Path target) throws IOException {
    try (Mount writer = TmpfsMount.open(mount, DiskPolicy.REFUSE, Kernel.get(), NOON)) {
      String before = writer.publish(generation(file("db", "canary"))).generation();
      if (target == null) {
        Files.createDirectory(planted);
      } else {
        Files.createSymbolicLink(planted, target);
      }
      assertThatThrownBy(
              () -> writer.publish(generation(file("db", "changed"), file("new", "canary"))))
          .isInstanceOf(MountException.class)
          .hasMessageContaining(planted + " was not made by Keyturn")
          .hasMessageContaining("remove the entry");
      assertThat(mount.resolve("db")).hasContent("canary");
      assertThat(Files.readSymbolicLink(mount.resolve("..data"))).hasToString(".." + before);
      Files.delete(planted);
      try (DirectoryStream<Path> entries = Files.newDirectoryStream(mount)) {
        assertThat(entries).as("nothing half-done stays").hasSize(4);
      }
      writer.publish(generation(file("db", "changed"), file("new", "canary")));
      assertThat(mount.resolve("new")).hasContent("canary");
      writer.clear();
    }
    Files.delete(mount.resolve("..lock"));
  }
}
