package dev.keyturn.sidecar.rotation;

import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.rotation.Rotation.Next;
import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.rotation.Rotation.Step;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One read at a source, the secrets that come from it, and where it is in its life. Used by the
 * thread of its loop alone.
 */
final class Member implements AutoCloseable {
  /** Of a pause, the part by which a step may come earlier: as much as its jitter. */
  private static final int SOON = 10;

  private final SecretSource source;
  private final String reference;
  private final List<SecretSpec> specs;
  private final RandomGenerator random;
  private @Nullable Version current;
  private State state;
  private Next next;
  private Instant dueAt;

  /**
   * Nothing is fetched yet.
   *
   * @param reference of the read, for people
   * @param specs at least one; what they take from the read may differ, the read does not
   */
  Member(
      SecretSource source,
      String reference,
      List<SecretSpec> specs,
      Instant now,
      RandomGenerator random) {
    this.source = source;
    this.reference = reference;
    this.specs = new ArrayList<>(specs);
    this.random = random;
    this.state = State.initial(now);
    this.next = new Next(Step.FETCH, Duration.ZERO);
    this.dueAt = now;
  }

  SecretSource source() {
    return source;
  }

  String reference() {
    return reference;
  }

  /** The last version, until the next one is accepted. */
  Optional<Version> current() {
    return Optional.ofNullable(current);
  }

  /** How many attempts have failed since one worked. */
  int failures() {
    return state.failures();
  }

  /** The secrets that come from it; those that templates make come and go. */
  List<SecretSpec> specs() {
    return Collections.unmodifiableList(specs);
  }

  /** Whether a secret comes from it. */
  boolean isFor(SecretSpec spec) {
    for (SecretSpec own : specs) {
      // By name: a record's own equals is spun at run time.
      if (own.name().equals(spec.name())) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is this read (see {@link dev.keyturn.plan.Reference#readKey}) of a reference. */
  boolean isReadOf(String readKey) {
    for (SecretSpec own : specs) {
      if (own.from().isPresent() && own.from().get().readKey().equals(readKey)) {
        return true;
      }
    }
    return false;
  }

  boolean isLeased() {
    return isLeased(state.lease());
  }

  /** Nobody uses what was read any more. */
  void giveBack() throws InterruptedException {
    if (current != null) {
      source.giveBack(current);
    }
  }

  /** A template asks for it, too. */
  void add(SecretSpec spec) {
    if (!isFor(spec)) {
      specs.add(spec);
    }
  }

  /** A template asks for it no more. */
  void remove(SecretSpec spec) {
    specs.removeIf(own -> own.name().equals(spec.name()));
  }

  Optional<Held> lease() {
    return state.lease();
  }

  boolean isDue(Instant now) {
    return !now.isBefore(dueAt);
  }

  Instant dueAt() {
    return dueAt;
  }

  /** Whether another look costs the source next to nothing, and brings what was written since. */
  boolean isPolled() {
    return state.fetched() && state.lease().isEmpty() && state.look().isPresent();
  }

  /** Has the next step taken now, whatever it is, if the reason is one for this member. */
  boolean wake(Wake reason, Instant now) {
    boolean concerned =
        switch (reason) {
          case CHANGED, RESUMED -> true;
          case RECOVERED -> state.failures() > 0;
          case LOGGED_IN -> state.failures() > 0 || isLeased(state.lease());
        };
    if (concerned) {
      lookNow(now);
    }
    return concerned;
  }

  /** Has the source asked now; what is due, or failed and is to be tried again, stays the step. */
  void lookNow(Instant now) {
    boolean same = isDue(now) || (state.failures() > 0 && next.step() == Step.FETCH);
    if (!same) {
      next = new Next(state.fetched() ? Step.REFRESH : Step.FETCH, Duration.ZERO);
    }
    dueAt = now;
  }

  /**
   * Takes the step that is due.
   *
   * @return another version with other fields, which is {@link #accept}ed or closed by the caller;
   *     empty where there is none
   */
  Optional<Version> step(Instant now) throws FetchException, InterruptedException {
    Version version = current;
    if (version == null || next.step() == Step.FETCH) {
      return Optional.of(source.fetch());
    }
    if (next.step() == Step.RENEW) {
      Held held = state.lease().orElseThrow();
      Optional<Lease> granted = source.renew(held.lease());
      if (granted.isEmpty()) {
        return Optional.of(source.fetch());
      }
      succeeded(now, Optional.of(held.renewed(granted.get(), now)));
      return Optional.empty();
    }
    // What is never looked at has nothing to refresh: it is replaced when its lease says so.
    Optional<Version> newer = state.look().isEmpty() ? Optional.empty() : source.refresh(version);
    if (newer.isEmpty()) {
      succeeded(now, state.lease());
    }
    return newer;
  }

  /** Whether a version has what the one before had. */
  boolean isSame(Version version) {
    return current != null && current.hasFieldsOf(version);
  }

  /**
   * Keeps a version until the next one.
   *
   * @param began when the attempt that gave it did
   */
  void accept(Version version, Instant began) {
    Version old = current;
    current = version;
    if (old != null) {
      old.close();
    }
    succeeded(began, version.lease().map(lease -> Held.first(lease, began)));
  }

  private static boolean isLeased(Optional<Held> lease) {
    return lease.isPresent() && lease.get().lease().id().isPresent();
  }

  private void succeeded(Instant began, Optional<Held> lease) {
    state = new State(true, look(lease), began, lease, 0, Optional.empty());
  }

  /**
   * How often to look. What was made for us is not made again for a look, unless the plan says how
   * often; that its lease still lives can be asked without that.
   */
  private Optional<Duration> look(Optional<Held> lease) {
    boolean asked = isLeased(lease);
    Duration shortest = null;
    for (SecretSpec spec : specs) {
      // How often a template is to look says nothing of what it has made.
      boolean again = spec.template().isEmpty() && spec.givenRefresh().isPresent();
      if (asked || !source.isWrite() || again) {
        Duration refresh = spec.refresh();
        shortest = shortest == null || refresh.compareTo(shortest) < 0 ? refresh : shortest;
      }
    }
    return Optional.ofNullable(shortest);
  }

  /** The step failed. */
  void failed(Instant began, FetchException e) {
    // What was not tried is no reason to wait longer the next time.
    int failures = e.held() ? Math.max(1, state.failures()) : state.failures() + 1;
    state =
        new State(state.fetched(), state.look(), began, state.lease(), failures, e.retryAfter());
  }

  /** Decides the next step. */
  void plan(Instant now) {
    next = Rotation.next(state, now, random);
    dueAt = now.plus(next.pause());
  }

  void save(StateWriter out) {
    out.optional(current(), (it, version) -> version.save(it));
    state.save(out);
    out.constant(next.step()).instant(dueAt);
    out.texts(specs.stream().map(SecretSpec::name).toList());
    source.save(out);
  }

  /**
   * Goes on from where {@link #save} was. What is due soon is due at once: it is cheaper to wake up
   * once for several things, and no look is late for that.
   *
   * @param known the secrets that it can be for
   */
  void restore(StateReader in, List<SecretSpec> known, Instant now) {
    current = in.optional(Version::restore).orElse(null);
    state = State.restore(in);
    next = new Next(in.constant(Step.class), Duration.ZERO);
    Instant due = in.instant();
    Duration pause = Duration.between(state.lookedAt(), due);
    dueAt = due.minus(pause.dividedBy(SOON)).isBefore(now) ? now : due;
    List<String> names = in.texts();
    specs.clear();
    for (SecretSpec spec : known) {
      if (names.contains(spec.name())) {
        specs.add(spec);
      }
    }
    source.restore(in);
  }

  @Override
  public void close() {
    if (current != null) {
      current.close();
    }
  }
}
