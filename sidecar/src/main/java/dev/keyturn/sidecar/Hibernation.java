package dev.keyturn.sidecar;

import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.publication.MountPublisher;
import dev.keyturn.sidecar.refresh.HintFile;
import dev.keyturn.sidecar.rotation.SecretLoop;
import dev.keyturn.sidecar.state.StateException;
import dev.keyturn.sidecar.state.StateFile;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.usage.Usage;
import dev.keyturn.sidecar.vault.VaultServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * Lets the process end while nothing is due, and the next one go on where it was. Each part writes
 * and reads what it knows; what is done about a secret is the same with and without this.
 */
final class Hibernation {
  /** A shorter sleep saves less than the next start costs. */
  static final Duration SHORTEST = Duration.ofSeconds(5);

  private static final Duration LONGEST = Duration.ofDays(1);

  /** Between two looks whether it is time, and twice as long after each in vain. */
  private static final Duration FIRST_LOOK = Duration.ofMillis(50);

  private static final Duration LAST_LOOK = Duration.ofSeconds(1);

  private static final String VERSION =
      Objects.requireNonNullElse(
          Hibernation.class.getPackage().getImplementationVersion(), "unknown");

  private final Path directory;
  private final StateFile file;
  private final String purpose;
  private final List<Path> mounts;
  private final Parts parts;
  private final InstantSource steady;
  private final AuditLog audit;
  private boolean over;
  private boolean told;

  /**
   * All that goes on.
   *
   * @param server empty where the plan has none
   * @param hint empty where there is none
   * @param quiet whether nothing else is under way
   */
  record Parts(
      Optional<VaultServer> server,
      Metrics metrics,
      Usage usage,
      Optional<HintFile> hint,
      Readiness readiness,
      List<MountPublisher> publishers,
      List<SecretLoop> loops,
      BooleanSupplier quiet) {}

  /**
   * Reads nothing yet.
   *
   * @param directory where the state is
   * @throws IOException if it must not be there
   */
  Hibernation(
      SidecarConfig config, Path directory, Parts parts, InstantSource steady, AuditLog audit)
      throws IOException {
    this.directory = directory;
    this.file = StateFile.in(directory);
    this.purpose = VERSION + "\n" + config.mounts() + "\n" + config.plan().toJson();
    this.mounts = config.mounts().stream().map(MountTarget::directory).toList();
    this.parts = parts;
    this.steady = steady;
    this.audit = audit;
  }

  /**
   * Goes on where the process before this one was; called before anything is started.
   *
   * @return whether all is as it was; else the secrets, if any, are fetched anew, with the login
   *     where there is one
   * @throws IOException if what can't be used can't be removed
   */
  boolean restore() throws IOException {
    try {
      Optional<StateReader> found = file.read(steady.instant(), purpose);
      if (found.isEmpty()) {
        return false;
      }
      try (StateReader in = found.get()) {
        parts.server().ifPresent(server -> server.restore(in));
        if (parts.loops().isEmpty()) {
          return false;
        }
        parts.metrics().restore(in);
        parts.usage().restore(in);
        parts.hint().ifPresent(hint -> hint.restore(in));
        if (!in.texts().equals(generations())) {
          audit.warning(
              "the state in %s is older than what is published, as after a process that was killed: the secrets are fetched anew"
                  .formatted(directory));
          return false;
        }
        parts.readiness().restore(in);
        MountPublisher.restore(in, parts.publishers());
        parts.loops().forEach(loop -> loop.restore(in));
        return true;
      }
    } catch (StateException e) {
      audit.warning(
          "the state in %s can't be used, and this starts afresh: %s"
              .formatted(directory, e.getMessage()));
      file.wipe();
      return false;
    }
  }

  /** What is published in each mount. */
  private List<String> generations() {
    List<String> generations = new ArrayList<>();
    for (Path mount : mounts) {
      try {
        generations.add(Files.readSymbolicLink(mount.resolve("..data")).toString());
      } catch (IOException e) {
        generations.add("");
      }
    }
    return generations;
  }

  /**
   * Looks whether it is time to sleep, until the thread is interrupted.
   *
   * @param sleep ends the process at once
   */
  void watch(Runnable sleep) {
    Duration pause = FIRST_LOOK;
    try {
      while (true) {
        Thread.sleep(pause);
        if (trySleep(sleep)) {
          return;
        }
        pause = pause.compareTo(LAST_LOOK) < 0 ? pause.multipliedBy(2) : LAST_LOOK;
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  private synchronized boolean trySleep(Runnable sleep) {
    if (over || !parts.readiness().isAtRest()) {
      return false;
    }
    List<Runnable> held = new ArrayList<>();
    try {
      Optional<Instant> due = holdStill(held);
      if (due.isEmpty()
          || !parts.quiet().getAsBoolean()
          || !parts.hint().stream().allMatch(HintFile::isAtRest)) {
        return false;
      }
      Duration left = Duration.between(steady.instant(), due.get());
      if (left.compareTo(SHORTEST) < 0) {
        return false;
      }
      save(left);
      sleep.run();
      return true;
    } catch (IOException e) {
      if (!told) {
        audit.warning(
            "stays awake, since the state can't be kept in %s: %s: %s"
                .formatted(directory, e.getClass().getSimpleName(), e.getMessage()));
      }
      told = true;
      return false;
    } finally {
      held.forEach(Runnable::run);
    }
  }

  /**
   * Has everything hold still.
   *
   * @param held gets what lets go of each part
   * @return when the first step is due; empty if something is under way
   */
  private Optional<Instant> holdStill(List<Runnable> held) {
    Instant first = steady.instant().plus(LONGEST);
    for (SecretLoop loop : parts.loops()) {
      Optional<Instant> due = loop.holdStill();
      if (due.isEmpty()) {
        return due;
      }
      held.add(loop::letGo);
      first = due.get().isBefore(first) ? due.get() : first;
    }
    if (parts.server().isPresent()) {
      VaultServer server = parts.server().get();
      Optional<Instant> due = server.holdStill();
      if (due.isEmpty()) {
        return due;
      }
      held.add(server::letGo);
      first = due.get().isBefore(first) ? due.get() : first;
    }
    return Optional.of(first);
  }

  private void save(Duration left) throws IOException {
    try (StateWriter out = StateFile.writer(steady.instant(), purpose)) {
      parts.server().ifPresent(server -> server.save(out));
      parts.metrics().save(out);
      parts.usage().save(out);
      parts.hint().ifPresent(hint -> hint.save(out));
      out.texts(generations());
      parts.readiness().save(out);
      MountPublisher.save(out, parts.publishers());
      parts.loops().forEach(loop -> loop.save(out));
      file.write(out, left.compareTo(LONGEST) < 0 ? left : LONGEST);
    }
  }

  /** There is no sleep any more; one that has begun ends the process first. */
  synchronized void end() {
    over = true;
  }

  /** What was kept is of no use any more. */
  void wipe() {
    try {
      file.wipe();
    } catch (IOException e) {
      audit.warning(
          "the state in %s was not removed: %s".formatted(directory, e.getClass().getSimpleName()));
    }
  }
}
