package dev.keyturn.sidecar.rotation;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.health.Readiness.State;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.publication.MountPublisher;
import dev.keyturn.sidecar.publication.MountPublisher.Offer;
import dev.keyturn.sidecar.publication.Rendered;
import dev.keyturn.sidecar.render.EnvNames;
import dev.keyturn.sidecar.render.Renderer;
import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.source.Selection;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.state.StateException;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultServer;
import dev.keyturn.template.Rendering;
import dev.keyturn.template.Request;
import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.MountException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the secrets that change together current until its thread is interrupted: those of one
 * read, or of one group. They are published in one generation. Whatever happens to them stays with
 * them: other secrets have loops of their own.
 */
public final class SecretLoop implements Runnable {
  /**
   * In a group, a change is followed by another look at the rest after this long: whoever changes
   * several secrets writes one after the other.
   */
  static final Duration SETTLE = Duration.ofSeconds(1);

  /** Where nothing is ever due: a template that asks for nothing. */
  private static final Duration LONG = Duration.ofDays(365);

  /** How often a group with a file in it is looked at. */
  private static final Duration GROUP_LOOK = Duration.ofMillis(100);

  /** More passes than a template whose paths come from secrets takes. */
  private static final int MAX_PASSES = 32;

  private final List<Member> members = new ArrayList<>();
  private final List<Making> makings = new ArrayList<>();

  /** Those of the members that templates ask for. */
  private final Map<Request, Member> parts = new HashMap<>();

  private final Answers answers;
  private final List<Target> targets;
  private final Surroundings around;
  private final Map<String, Offer> unpublished = new LinkedHashMap<>();
  private final Nudge nudge = new Nudge();
  private final List<Ask> asked = new ArrayList<>();
  private int publishFailures;

  /** Held by whoever works on all this: this thread, but for its waits, or one that saves it. */
  private final ReentrantLock working = new ReentrantLock();

  /**
   * One read at a source.
   *
   * @param specs the secrets that come from it; at least one
   */
  public record Read(SecretSource source, List<SecretSpec> specs) {}

  /** What a template asks. */
  @FunctionalInterface
  public interface Answers {
    /**
     * A read of it.
     *
     * @param shown the request for people and logs
     * @throws FetchException if it can't be asked, whatever happens
     * @throws PlanException if no reference can be made of it
     */
    SecretSource open(Request request, String shown) throws FetchException;
  }

  /**
   * A mount.
   *
   * @param name for logs and metrics
   */
  public record Target(String name, MountPublisher publisher) {}

  /**
   * What a loop tells, and by which clocks it goes.
   *
   * @param changed called with a secret's name when a new version of it is published in place of
   *     another; returns at once
   * @param wall the time of day
   * @param steady one that is never set, and counts suspensions
   */
  public record Surroundings(
      AuditLog audit,
      Metrics metrics,
      Readiness readiness,
      Consumer<String> changed,
      InstantSource wall,
      InstantSource steady) {}

  /** Is told, by the loop's thread, of looks that somebody has asked for. */
  @FunctionalInterface
  public interface Looked {
    /** One is over, and what came of it is published. */
    void looked(String secret, boolean failed);
  }

  /**
   * Somebody wants looks.
   *
   * @param secrets at which; empty for all
   */
  private record Ask(Set<String> secrets, Looked looked) {
    boolean isFor(SecretSpec spec) {
      return secrets.isEmpty() || secrets.contains(spec.name());
    }
  }

  /**
   * Nothing is fetched yet.
   *
   * @param reads each secret's name is in one of them
   * @param templates the secrets that are made of others; there is one, or a read
   * @param answers what a template asks
   * @param targets all mounts
   */
  public SecretLoop(
      List<Read> reads,
      List<SecretSpec> templates,
      Answers answers,
      List<Target> targets,
      Surroundings around) {
    Instant now = around.steady().instant();
    for (Read read : reads) {
      String reference = read.specs().getFirst().origin();
      members.add(new Member(read.source(), reference, read.specs(), now, new SplittableRandom()));
    }
    templates.forEach(spec -> makings.add(new Making(spec)));
    this.answers = answers;
    this.targets = List.copyOf(targets);
    this.around = around;
  }

  /**
   * Has secrets looked at now, before their time; returns at once. Any thread may ask.
   *
   * @param secrets their names; empty for all; others than this loop's are passed over
   */
  public void look(Set<String> secrets, Looked looked) {
    synchronized (asked) {
      asked.add(new Ask(secrets, looked));
    }
    nudge.give();
  }

  /** Ends the loop's waits; what is under way ends by an interruption of its thread. */
  public void end() {
    nudge.end();
  }

  @Override
  public void run() {
    List<Ask> asks = List.of();
    try {
      while (true) {
        working.lockInterruptibly();
        try {
          attempt();
          tell(asks);
        } finally {
          working.unlock();
        }
        await();
        asks = takeAsks();
      }
    } catch (InterruptedException e) {
      // The way to stop.
    } finally {
      members.forEach(Member::close);
      unpublished.values().forEach(Offer::close);
    }
  }

  /** Has what is asked for looked at with the next attempt. */
  private List<Ask> takeAsks() throws InterruptedException {
    working.lockInterruptibly();
    try {
      return takeAsksNow();
    } finally {
      working.unlock();
    }
  }

  private List<Ask> takeAsksNow() {
    List<Ask> taken;
    synchronized (asked) {
      if (asked.isEmpty()) {
        return List.of();
      }
      taken = List.copyOf(asked);
      asked.clear();
    }
    for (Ask ask : taken) {
      for (Member member : members) {
        for (SecretSpec spec : member.specs()) {
          if (ask.isFor(spec)) {
            member.lookNow(now());
          }
        }
      }
    }
    return taken;
  }

  private void tell(List<Ask> asks) {
    for (Ask ask : asks) {
      Set<String> told = new HashSet<>();
      for (Member member : members) {
        for (SecretSpec spec : member.specs()) {
          if (ask.isFor(spec) && told.add(spec.name())) {
            ask.looked().looked(spec.name(), !isWhole(spec));
          }
        }
      }
      for (Making making : makings) {
        // One that asks for nothing, or whose answers are not there.
        if (ask.isFor(making.spec()) && told.add(making.spec().name())) {
          ask.looked().looked(making.spec().name(), !isWhole(making.spec()));
        }
      }
    }
  }

  /** Takes every step that is due, and publishes what came of it. */
  private void attempt() throws InterruptedException {
    boolean first = true;
    List<Member> stepped = new ArrayList<>();
    for (Member member : members) {
      first &= member.lease().isEmpty() && !member.isPolled();
      if (member.isDue(now())) {
        step(member);
        stepped.add(member);
      }
    }
    if (members.size() > 1 && !first && isAnythingNew(stepped)) {
      Thread.sleep(SETTLE);
      for (Member member : members) {
        if (member.isPolled()) {
          member.lookNow(now());
          step(member);
          if (!stepped.contains(member)) {
            stepped.add(member);
          }
        }
      }
    }
    for (Making making : makings) {
      if (making.isDue()) {
        make(making, stepped);
      }
    }
    publish(stepped);
    for (Member member : stepped) {
      member.plan(now());
    }
  }

  private boolean isAnythingNew(List<Member> stepped) {
    boolean made = false;
    for (Making making : makings) {
      made |= making.isDue();
    }
    return !unpublished.isEmpty() || (made && !stepped.isEmpty());
  }

  /** Renders a template, and fetches what it asks for, until all is there or something fails. */
  private void make(Making making, List<Member> stepped) throws InterruptedException {
    SecretSpec spec = making.spec();
    Instant began = now();
    try {
      for (int pass = 0; pass < MAX_PASSES; pass++) {
        Rendering rendering = making.render(parts);
        if (rendering.missing().isEmpty()) {
          made(making, rendering, began);
          return;
        }
        boolean any = false;
        for (Request request : rendering.missing()) {
          any |= begin(request, making, stepped);
        }
        if (!any) {
          // What failed is told of, and tried again when its time has come.
          return;
        }
      }
      throw FetchException.permanent(
          "the template asks for more with each of %d passes: let it end".formatted(MAX_PASSES));
    } catch (FetchException e) {
      around.audit().fetchFailed(spec.name(), spec.origin(), e.getMessage());
      around.metrics().fetch(spec.name(), Outcome.FAILED, since(began), around.wall().instant());
      set(spec, State.STALE, e.getMessage(), true);
      tried(spec);
    }
  }

  /** Fetches what is asked for the first time; whether there is anything new from it. */
  private boolean begin(Request request, Making making, List<Member> stepped)
      throws FetchException, InterruptedException {
    SecretSpec spec = making.spec();
    Member known = parts.get(request);
    Member part;
    try {
      if (known == null) {
        known = sameRead(request);
        if (known != null) {
          parts.put(request, known);
          if (known.current().isPresent()) {
            known.add(spec);
            return true;
          }
        }
      }
      if (known != null) {
        if (!known.isFor(spec)) {
          known.add(spec);
          set(spec, State.STALE, known.reference() + " can't be had", false);
          tried(spec);
        }
        return false;
      }
      String shown = making.shown(request);
      part =
          new Member(
              answers.open(request, shown), shown, List.of(spec), now(), new SplittableRandom());
    } catch (PlanException e) {
      throw FetchException.permanent(
          "the template asks for what can't be: %s".formatted(e.problems().getFirst().message()));
    }
    parts.put(request, part);
    members.add(part);
    stepped.add(part);
    step(part);
    return part.current().isPresent();
  }

  /**
   * The read of a secret with a reference that is the same as what a template asks: they share its
   * lease. Where there is none, as with KV, a template has more of the answer than such a secret.
   */
  private @Nullable Member sameRead(Request request) {
    if (Reference.isElsewhere(request.path())) {
      return null;
    }
    String key = VaultServer.reference(request).readKey();
    for (Member member : members) {
      if (member.isReadOf(key) && (member.current().isEmpty() || member.isLeased())) {
        return member;
      }
    }
    return null;
  }

  /** Takes what a template became, and lets go of what it asks for no more. */
  private void made(Making making, Rendering rendering, Instant began)
      throws FetchException, InterruptedException {
    SecretSpec spec = making.spec();
    for (Request request : List.copyOf(parts.keySet())) {
      Member part = parts.get(request);
      if (part == null) {
        continue;
      }
      if (rendering.asked().contains(request)) {
        part.add(spec);
      } else {
        part.remove(spec);
      }
      if (!isAskedFor(part)) {
        parts.remove(request);
      }
      if (part.specs().isEmpty()) {
        members.remove(part);
        part.giveBack();
        part.close();
      }
    }
    Instant read = around.wall().instant().truncatedTo(ChronoUnit.MILLIS);
    around.metrics().fetched(spec.name(), read.toString());
    FileFacts facts =
        new FileFacts(
            spec.origin(),
            read.toString(),
            read,
            spec.format().text(),
            EnvNames.explicit(spec, spec.env().orElse(Map.of()), Set.of()),
            EnvNames.defaults(spec, Set.of()),
            EnvNames.explicit(spec, spec.properties(), Set.of()),
            spec.expose() == Expose.STAND_IN,
            spec.hosts());
    Offer older =
        unpublished.put(spec.name(), new Offer(spec, new Rendered(rendering.content(), facts)));
    if (older != null) {
      older.close();
    }
    around.metrics().fetch(spec.name(), Outcome.CHANGED, since(began), around.wall().instant());
    around.metrics().expires(spec.name(), ends(spec));
  }

  private boolean isAskedFor(Member part) {
    for (SecretSpec spec : part.specs()) {
      if (spec.template().isPresent()) {
        return true;
      }
    }
    return false;
  }

  /** When the first lease ends that a secret lives by. */
  private Optional<Instant> ends(SecretSpec spec) {
    Instant wall = around.wall().instant();
    Instant first = null;
    for (Member member : members) {
      if (member.lease().isPresent() && member.isFor(spec)) {
        Instant end = wall.plus(Duration.between(now(), member.lease().get().end()));
        first = first == null || end.isBefore(first) ? end : first;
      }
    }
    return Optional.ofNullable(first);
  }

  /** Whether nothing that a secret is made of has failed last. */
  private boolean isWhole(SecretSpec spec) {
    boolean whole = true;
    for (Member member : members) {
      whole &= member.failures() == 0 || !member.isFor(spec);
    }
    for (Making making : makings) {
      // By name: a record's own equals is spun at run time.
      whole &= !making.spec().name().equals(spec.name()) || !(making.isDue() || making.isFailed());
    }
    return whole;
  }

  private void step(Member member) throws InterruptedException {
    Instant began = now();
    try {
      Optional<Version> version = member.step(began);
      if (version.isPresent()) {
        take(member, version.get(), began);
      } else {
        looked(member, began, Outcome.UNCHANGED);
      }
    } catch (FetchException e) {
      failed(member, began, e);
    } catch (RuntimeException e) {
      // A defect of ours; its message may quote anything, so only its kind and place are told.
      failed(
          member,
          began,
          FetchException.temporary("defect: " + e.getClass().getName() + " at " + place(e), null));
    }
  }

  private static String place(RuntimeException e) {
    return e.getStackTrace().length == 0 ? "an unknown place" : e.getStackTrace()[0].toString();
  }

  /** Renders a version for each secret that is made from it; keeps it only if all can be. */
  private void take(Member member, Version version, Instant began) throws FetchException {
    Instant read = around.wall().instant().truncatedTo(ChronoUnit.MILLIS);
    // A source without versions gets the time, which tells nothing of the value.
    String id = version.id().orElse(read.toString());
    for (SecretSpec spec : member.specs()) {
      around.audit().fetched(spec.name(), member.source().served().orElse(member.reference()), id);
      if (spec.template().isEmpty()) {
        around.metrics().fetched(spec.name(), id);
      }
    }
    boolean same = member.isSame(version);
    boolean kept = false;
    List<Offer> offers = new ArrayList<>();
    try {
      if (!same) {
        for (SecretSpec spec : member.specs()) {
          if (spec.template().isEmpty()) {
            String origin = member.source().served().orElse(spec.origin());
            offers.add(new Offer(spec, render(spec, origin, version, id, read)));
          }
        }
      }
      kept = true;
    } finally {
      if (!kept) {
        offers.forEach(Offer::close);
        version.close();
      }
    }
    member.accept(version, began);
    if (!same) {
      changed(member);
    }
    for (Offer offer : offers) {
      Offer older = unpublished.put(offer.spec().name(), offer);
      if (older != null) {
        older.close();
      }
    }
    looked(member, began, same ? Outcome.UNCHANGED : Outcome.CHANGED);
  }

  /** What is made from it is to be made anew. */
  private void changed(Member member) {
    for (Making making : makings) {
      if (member.isFor(making.spec())) {
        making.changed();
      }
    }
  }

  private Rendered render(
      SecretSpec spec, String reference, Version version, String id, Instant read)
      throws FetchException {
    SortedMap<String, Field> fields =
        spec.fallbacks().isEmpty()
            ? Selection.select(spec.from().orElseThrow(), version.fields())
            : version.copy().fields();
    try {
      var keys = fields.keySet();
      FileFacts facts =
          new FileFacts(
              reference,
              id,
              read,
              spec.format().text(),
              EnvNames.explicit(spec, spec.env().orElse(Map.of()), keys),
              EnvNames.defaults(spec, keys),
              EnvNames.explicit(spec, spec.properties(), keys),
              spec.expose() == Expose.STAND_IN,
              spec.hosts());
      return new Rendered(
          Renderer.render(
              reference, spec.format(), spec.storePassword(), fields, around.audit()::warning),
          facts);
    } finally {
      fields.values().forEach(field -> field.value().close());
    }
  }

  /** A step worked out; whether the secret is fresh shows when it is published. */
  private void looked(Member member, Instant began, Outcome outcome) {
    Instant wall = around.wall().instant();
    for (SecretSpec spec : member.specs()) {
      around.metrics().fetch(spec.name(), outcome, since(began), wall);
      around.metrics().expires(spec.name(), ends(spec));
      if (!unpublished.containsKey(spec.name()) && isWhole(spec)) {
        set(spec, State.FRESH, "", false);
      }
    }
  }

  private void failed(Member member, Instant began, FetchException e) {
    member.failed(began, e);
    Instant wall = around.wall().instant();
    for (SecretSpec spec : member.specs()) {
      if (!e.held()) {
        around.audit().fetchFailed(spec.name(), member.reference(), e.getMessage());
        around.metrics().fetch(spec.name(), Outcome.FAILED, since(began), wall);
      }
      set(spec, State.STALE, reason(member, e), e.permanent());
      tried(spec);
    }
  }

  /** What is published of a lease that is over opens nothing any more. */
  private String reason(Member member, FetchException e) {
    Optional<Held> over = member.lease().filter(held -> !now().isBefore(held.end()));
    return over.isEmpty() ? e.getMessage() : e.getMessage() + " (its lease is over)";
  }

  private void tried(SecretSpec spec) {
    for (Target target : targets) {
      try {
        if (target.publisher().has(spec)) {
          report(target, target.publisher().tried(spec));
        }
      } catch (MountException e) {
        publishFailed(target, e);
      }
    }
  }

  private void set(SecretSpec spec, State state, String reason, boolean permanent) {
    if (around.readiness().set(spec, state, reason, permanent)) {
      around.metrics().state(spec.name(), state.text());
      around.audit().state(spec.name(), spec.origin(), state.text(), reason);
    }
  }

  /** Publishes all that is new in one generation of each mount; what fails is kept for later. */
  private void publish(List<Member> stepped) {
    if (unpublished.isEmpty()) {
      return;
    }
    MountException failure = null;
    boolean replaced = false;
    for (Target target : targets) {
      List<Offer> offers = new ArrayList<>(unpublished.values());
      offers.removeIf(offer -> !target.publisher().has(offer.spec()));
      if (!offers.isEmpty()) {
        try {
          MountPublisher.Result result = target.publisher().offer(offers);
          report(target, result);
          replaced |= result.replaced();
        } catch (MountException e) {
          publishFailed(target, e);
          failure = e;
        }
      }
    }
    if (failure == null) {
      publishFailures = 0;
      published(replaced);
    } else {
      publishFailures++;
      retryPublishing(stepped, String.valueOf(failure.getMessage()));
    }
  }

  private void published(boolean replaced) {
    for (Offer offer : unpublished.values()) {
      if (isWhole(offer.spec())) {
        set(offer.spec(), State.FRESH, "", false);
      }
      offer.close();
      if (replaced) {
        around.changed().accept(offer.spec().name());
      }
    }
    unpublished.clear();
  }

  private void retryPublishing(List<Member> stepped, String reason) {
    FetchException later =
        FetchException.later(reason, Backoff.pause(publishFailures, ThreadLocalRandom.current()));
    for (Member member : stepped) {
      member.failed(now(), later);
    }
    Instant wall = around.wall().instant();
    for (Offer offer : unpublished.values()) {
      around.metrics().fetch(offer.spec().name(), Outcome.FAILED, Duration.ZERO, wall);
      set(offer.spec(), State.STALE, reason, true);
    }
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

  /** Returns when a step is due, or somebody has asked for one. */
  private void await() throws InterruptedException {
    boolean watching = false;
    for (Member member : members) {
      watching |= member.source().watches();
    }
    while (true) {
      Instant due = now().plus(LONG);
      for (Member member : members) {
        due = member.dueAt().isBefore(due) ? member.dueAt() : due;
      }
      Duration pause = Duration.between(now(), due);
      if (!pause.isPositive()) {
        return;
      }
      if (watching && members.size() > 1 && pause.compareTo(GROUP_LOOK) > 0) {
        pause = GROUP_LOOK;
      }
      Duration atMost = pause;
      if (nudge.during(() -> await(atMost))) {
        return;
      }
    }
  }

  private void await(Duration atMost) throws InterruptedException {
    Duration pause = atMost;
    if (members.isEmpty()) {
      Thread.sleep(pause);
    }
    for (Member member : members) {
      Optional<Wake> wake = member.source().awaitChange(pause);
      pause = Duration.ZERO;
      if (wake.isPresent()) {
        woken(member, wake.get());
      }
    }
  }

  private void woken(Member member, Wake reason) {
    // Not to be interrupted: the source does not tell a second time.
    working.lock();
    try {
      if (member.wake(reason, now()) && reason == Wake.RECOVERED) {
        member.specs().forEach(spec -> set(spec, State.RECOVERING, "", false));
      }
    } finally {
      working.unlock();
    }
  }

  /**
   * Holds still, until {@link #letGo}, if nothing is under way.
   *
   * @return when the next step is due; empty where something is under way
   */
  public Optional<Instant> holdStill() {
    if (!working.tryLock()) {
      return Optional.empty();
    }
    Instant due = now().plus(LONG);
    for (Member member : members) {
      due = member.dueAt().isBefore(due) ? member.dueAt() : due;
    }
    synchronized (asked) {
      if (asked.isEmpty() && unpublished.isEmpty() && due.isAfter(now())) {
        return Optional.of(due);
      }
    }
    working.unlock();
    return Optional.empty();
  }

  /** Goes on. */
  public void letGo() {
    working.unlock();
  }

  /** Called while it holds still. */
  public void save(StateWriter out) {
    out.list(
        members,
        (it, member) -> {
          List<Request> requests = new ArrayList<>(parts.keySet());
          requests.removeIf(request -> !member.equals(parts.get(request)));
          it.text(member.reference()).list(requests, Making::save);
          member.save(it);
        });
    makings.forEach(making -> making.save(out));
  }

  /** Goes on from where {@link #save} was; called before it runs. */
  public void restore(StateReader in) {
    List<SecretSpec> known = new ArrayList<>();
    members.forEach(member -> known.addAll(member.specs()));
    makings.forEach(making -> known.add(making.spec()));
    List<Member> reads = List.copyOf(members);
    members.clear();
    in.list(
        it -> {
          String reference = it.text();
          List<Request> requests = it.list(Making::restoreRequest);
          Member member =
              members.size() < reads.size()
                  ? reads.get(members.size())
                  : part(requests.getFirst(), reference);
          member.restore(it, known, now());
          requests.forEach(request -> parts.put(request, member));
          return members.add(member);
        });
    makings.forEach(making -> making.restore(in));
  }

  private Member part(Request request, String reference) {
    try {
      return new Member(
          answers.open(request, reference), reference, List.of(), now(), new SplittableRandom());
    } catch (FetchException e) {
      throw new StateException(e.getMessage());
    }
  }

  private Instant now() {
    return around.steady().instant();
  }

  private Duration since(Instant began) {
    return Duration.between(began, now());
  }
}
