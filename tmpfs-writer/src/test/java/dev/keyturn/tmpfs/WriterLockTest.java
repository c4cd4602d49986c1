package dev.keyturn.tmpfs;

import static dev.keyturn.tmpfs.SecretFiles.file;
import static dev.keyturn.tmpfs.SecretFiles.generation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.tmpfs.Mount.DiskPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One writer at a time. */
class WriterLockTest {
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
  void aSecondWriterInTheSameProcessIsRefusedUntilTheFirstOneCloses() throws IOException {
    try (Mount first = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(MountException.class)
          .hasMessageContaining(mount + " has a writer already: this process");
      first.publish(generation(file("db", "canary")));
    }
    open().close();
  }

  @Test
  void aSecondWriterInAnotherProcessIsRefusedUntilTheFirstOneEnds() throws Exception {
    Process first = ChildJvm.start(Holder.class, mount.toString());
    try {
      assertThat(first.getInputStream().read()).as("the child holds the mount").isEqualTo('h');
      assertThatThrownBy(this::open)
          .isInstanceOf(MountException.class)
          .hasMessageContaining(mount + " has a writer already: process " + first.pid());
      assertThat(mount.resolve("db")).hasContent("canary");
    } finally {
      first.destroyForcibly();
      assertThat(first.waitFor(60, TimeUnit.SECONDS)).isTrue();
    }
    try (Mount second = open()) {
      second.publish(generation(file("db", "canary 2")));
      assertThat(mount.resolve("db")).hasContent("canary 2");
    }
  }

  @Test
  void aRefusedSecondWriterDoesNotLoosenTheFirstOnesLock() throws Exception {
    try (Mount first = open()) {
      assertThatThrownBy(this::open).isInstanceOf(MountException.class);
      Process other = ChildJvm.start(Holder.class, mount.toString());
      assertThat(other.getInputStream().read()).as("the child is refused").isEqualTo('r');
      other.getOutputStream().close();
      assertThat(other.waitFor(60, TimeUnit.SECONDS)).isTrue();
      first.publish(generation(file("db", "canary")));
    }
  }

  /** Publishes, prints {@code h} when it holds the mount or {@code r} if refused, and waits. */
  static final class Holder {
    public static void main(String[] args) throws IOException {
      try (Mount held = Mount.open(Path.of(args[0]), DiskPolicy.REFUSE)) {
        held.publish(generation(file("db", "canary")));
        System.out.println("h");
        System.in.read();
      } catch (MountException e) {
        System.out.println("r");
      }
    }
  }

  @Test
  void theLockIsNoLinkAndNoFileOfAnotherName() throws IOException {
    Path victim = Files.writeString(memory.directory().resolve("victim"), "untouched");
    Path lock = mount.resolve("..lock");

    Files.createSymbolicLink(lock, victim);
    assertThatThrownBy(this::open)
        .isInstanceOf(MountException.class)
        .hasMessageContaining(lock.toString());

    Files.delete(lock);
    Files.createLink(lock, victim);
    assertThatThrownBy(this::open)
        .isInstanceOf(MountException.class)
        .hasMessageContaining(lock + " was not made by Keyturn");

    Files.delete(lock);
    Files.createDirectory(lock);
    assertThatThrownBy(this::open)
        .isInstanceOf(MountException.class)
        .hasMessageContaining(lock.toString());

    Files.delete(lock);
    assertThat(victim).hasContent("untouched");
    open().close();
  }

  private Mount open() throws MountException {
    return Mount.open(mount, DiskPolicy.REFUSE);
  }
}
