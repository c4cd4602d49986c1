package dev.keyturn.sidecar.rotation;

import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.publication.MountPublisher;
import dev.keyturn.sidecar.publication.Rendered;
import dev.keyturn.sidecar.render.EnvNames;
import dev.keyturn.sidecar.render.Renderer;
import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.MountException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Keeps one secret current until its thread is interrupted. Whatever happens to it stays with it:
 * other secrets have loops of their own.
 */
public final class SecretLoop implements Runnable {
  private final SecretSpec spec;
  private final SecretSource source;
  private final List<Target> targets;
  private final Surroundings around;

  /**
   * A mount where the secret is visible.
   *
   * @param name for logs and metrics
   */
  public record Target(String name, MountPublisher publisher) {}

  /**
   * What a loop tells, and by which clocks it goes.
   *
   * @param wall the time of day
   * @param steady one that is never set
   */
  public record Surroundings(
      AuditLog audit,
      Metrics metrics,
      Readiness readiness,
      InstantSource wall,
      InstantSource steady) {}

  /**
   * Nothing is fetched yet.
   *
   * @param targets where the secret is visible
   */
  public SecretLoop(
      SecretSpec spec, SecretSource source, List<Target> targets, Surroundings around) {
    this.spec = spec;
    this.source = source;
    this.targets = List.copyOf(targets);
    this.around = around;
  }

  @Override
  public void run() {
    int failures = 0;
    Optional<Lease> lease = Optional.empty();
    try {
      while (true) {
        Instant started = around.steady().instant();
        try {
          lease = attempt(started);
          failures = 0;
        } catch (FetchException e) {
          failures++;
          fetchFailed(started, e.getMessage(), e.permanent());
        } catch (MountException e) {
          failures++;
          failed(started, String.valueOf(e.getMessage()), true);
        } catch (RuntimeException e) {
          // A defect of ours; its message may quote anything, so only its kind and place are told.
          failures++;
          fetchFailed(started, "defect: " + e.getClass().getName() + " at " + place(e), false);
        }
        State state = new State(spec.refresh(), started, failures, lease);
        source.awaitChange(
            Rotation.pause(state, around.steady().instant(), ThreadLocalRandom.current()));
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  private static String place(RuntimeException e) {
    return e.getStackTrace().length == 0 ? "an unknown place" : e.getStackTrace()[0].toString();
  }

  private Optional<Lease> attempt(Instant started)
      throws FetchException, MountException, InterruptedException {
    Instant now = around.wall().instant().truncatedTo(ChronoUnit.MILLIS);
    try (Version version = source.fetch();
        Rendered rendered = render(version, now)) {
      around.audit().fetched(spec.name(), spec.from().toString(), rendered.facts().version());
      boolean changed = publish(rendered);
      around.readiness().fetched(spec);
      around
          .metrics()
          .fetch(spec.name(), changed ? Outcome.CHANGED : Outcome.UNCHANGED, since(started), now);
      return version.lease();
    }
  }

  private Rendered render(Version version, Instant now) throws FetchException {
    String reference = spec.from().toString();
    var keys = version.fields().keySet();
    FileFacts facts =
        new FileFacts(
            reference,
            // A source without versions gets the time, which tells nothing of the value.
            version.id().orElse(now.toString()),
            now,
            spec.format().text(),
            EnvNames.explicit(spec, spec.env().orElse(Map.of()), keys),
            EnvNames.defaults(spec, keys),
            EnvNames.explicit(spec, spec.properties(), keys));
    return new Rendered(Renderer.render(reference, spec.format(), version.fields()), facts);
  }

  private boolean publish(Rendered rendered) throws MountException {
    boolean changed = false;
    MountException failure = null;
    for (Target target : targets) {
      try {
        MountPublisher.Result result = target.publisher().offer(spec, rendered);
        changed |= result.changed();
        report(target, result);
      } catch (MountException e) {
        publishFailed(target, e);
        failure = e;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return changed;
  }

  private void report(Target target, MountPublisher.Result result) {
    var publication = result.publication();
    if (publication != null) {
      around.audit().published(target.name(), publication.generation(), publication.changed());
      around
          .metrics()
          .publish(target.name(), publication.changed() ? Outcome.CHANGED : Outcome.UNCHANGED);
    }
    if (result.first()) {
      around.readiness().mountPublished();
    }
  }

  private void publishFailed(Target target, MountException e) {
    around.audit().publishFailed(target.name(), String.valueOf(e.getMessage()));
    around.metrics().publish(target.name(), Outcome.FAILED);
  }

  private void fetchFailed(Instant started, String reason, boolean permanent) {
    around.audit().fetchFailed(spec.name(), spec.from().toString(), reason);
    failed(started, reason, permanent);
  }

  private void failed(Instant started, String reason, boolean permanent) {
    around.metrics().fetch(spec.name(), Outcome.FAILED, since(started), around.wall().instant());
    around.readiness().failed(spec, reason, permanent);
    for (Target target : targets) {
      try {
        report(target, target.publisher().tried(spec));
      } catch (MountException e) {
        publishFailed(target, e);
      }
    }
  }

  private Duration since(Instant started) {
    return Duration.between(started, around.steady().instant());
  }
}
