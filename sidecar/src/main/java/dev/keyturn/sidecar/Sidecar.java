package dev.keyturn.sidecar;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.SidecarConfig.AgentCopy;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.endpoint.Endpoint;
import dev.keyturn.sidecar.health.Readiness;
import dev.keyturn.sidecar.health.Readiness.Trouble;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.notification.Notifier;
import dev.keyturn.sidecar.publication.MountPublisher;
import dev.keyturn.sidecar.refresh.HintFile;
import dev.keyturn.sidecar.refresh.Refreshes;
import dev.keyturn.sidecar.refresh.Refreshes.By;
import dev.keyturn.sidecar.rotation.SecretLoop;
import dev.keyturn.sidecar.rotation.SecretLoop.Read;
import dev.keyturn.sidecar.rotation.SecretLoop.Surroundings;
import dev.keyturn.sidecar.rotation.SecretLoop.Target;
import dev.keyturn.sidecar.rotation.SteadyClock;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.usage.Usage;
import dev.keyturn.sidecar.vault.VaultProvider;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.Mount.DiskPolicy;
import dev.keyturn.tmpfs.MountException;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * A running sidecar, in this process: what {@code Main} runs in a pod and the command line runs on
 * a laptop.
 */
public final class Sidecar implements AutoCloseable {
  private final SidecarConfig config;
  private final AuditLog audit;
  private final Metrics metrics = new Metrics();
  private final Readiness readiness;
  private final SteadyClock steady = new SteadyClock();
  private final List<SecretSpec> secrets;
  private final Sources sources;
  private final Notifier notifier;
  private final Usage usage;
  private final List<Target> targets;
  private final List<SecretLoop> loops = new ArrayList<>();
  private final List<Thread> threads = new ArrayList<>();
  private final Refreshes refreshes;
  private final Optional<HintFile> hint;
  private Optional<Endpoint> endpoint = Optional.empty();
  private Optional<Hibernation> hibernation = Optional.empty();

  private Sidecar(SidecarConfig config, AuditLog audit, List<Target> targets) {
    this.config = config;
    this.audit = audit;
    this.targets = targets;
    this.secrets =
        config.plan().secrets().stream()
            .filter(spec -> targets.stream().anyMatch(target -> target.publisher().has(spec)))
            .toList();
    this.readiness = new Readiness(secrets, targets.size(), config.agent().isPresent());
    this.sources = new Sources(config, audit, metrics, steady);
    this.notifier = new Notifier(secrets, this::mount, audit, metrics);
    this.usage =
        new Usage(
            secrets.stream().map(SecretSpec::name).toList(),
            config.mounts().stream().map(MountTarget::directory).toList(),
            config.acknowledgements(),
            audit,
            metrics,
            InstantSource.system());
    this.refreshes =
        new Refreshes(
            secrets.stream().map(SecretSpec::name).toList(),
            (names, looked) -> loops.forEach(loop -> loop.look(names, looked)),
            audit,
            steady,
            new SplittableRandom());
    this.hint = config.hint().map(HintFile::new);
  }

  /** One in which the secret is visible. */
  private String mount(SecretSpec spec) {
    return targets.stream()
        .filter(target -> target.publisher().has(spec))
        .findFirst()
        .orElseThrow()
        .name();
  }

  /**
   * Opens the mounts and starts one loop per secret; audit lines go to standard error.
   *
   * @throws SettingsException if a mount or the endpoint cannot be opened, with every problem
   */
  public static Sidecar start(SidecarConfig config) {
    return start(config, () -> {});
  }

  /**
   * The same for a process that may sleep.
   *
   * @param sleep ends it at once, where the configuration has a place for what is known by then
   */
  static Sidecar start(SidecarConfig config, Runnable sleep) {
    return start(config, new FileOutputStream(FileDescriptor.err), sleep);
  }

  /**
   * The same, with the audit lines going elsewhere.
   *
   * @param log gets one write per line
   */
  public static Sidecar start(SidecarConfig config, OutputStream log) {
    return start(config, log, () -> {});
  }

  private static Sidecar start(SidecarConfig config, OutputStream log, Runnable sleep) {
    AuditLog audit = new AuditLog(log, config.workload(), InstantSource.system());
    List<Problem> problems = new ArrayList<>();
    List<Target> targets = new ArrayList<>();
    for (MountTarget mount : config.mounts()) {
      try {
        targets.add(open(mount, config, audit));
      } catch (MountException e) {
        problems.add(new Problem("mount " + mount.directory(), reason(e)));
      }
    }
    Sidecar sidecar = new Sidecar(config, audit, targets);
    if (problems.isEmpty()) {
      sidecar.start(sleep, problems);
    }
    if (!problems.isEmpty()) {
      sidecar.close();
      throw new SettingsException(problems);
    }
    return sidecar;
  }

  /**
   * Gives back what a process before this one has left, which sleeps, and forgets it.
   *
   * @throws SettingsException if it can't be read
   */
  static void endSleeping(SidecarConfig config) {
    AuditLog audit =
        new AuditLog(
            new FileOutputStream(FileDescriptor.err), config.workload(), InstantSource.system());
    List<Problem> problems = new ArrayList<>();
    try (Sidecar sidecar = new Sidecar(config, audit, List.of())) {
      sidecar.restore(problems);
    }
    if (!problems.isEmpty()) {
      throw new SettingsException(problems);
    }
  }

  private static Target open(MountTarget target, SidecarConfig config, AuditLog audit)
      throws MountException {
    Mount mount =
        Mount.open(target.directory(), config.allowDisk() ? DiskPolicy.ALLOW : DiskPolicy.REFUSE);
    if (!mount.report().inMemory()) {
      audit.warning(target.directory() + " is not in memory: secrets may reach a disk");
    } else if (mount.report().canSwap()) {
      audit.warning(
          target.directory()
              + " may be swapped to a disk: mount it with noswap, or turn swap off on this"
              + " machine");
    }
    boolean inherited = Files.exists(target.directory().resolve("..data"));
    return new Target(
        target.directory().toString(),
        new MountPublisher(mount, visible(target, config.plan()), inherited));
  }

  private static List<SecretSpec> visible(MountTarget target, Plan plan) {
    if (target.containers().isEmpty()) {
      return plan.secrets();
    }
    Set<String> names = new HashSet<>();
    for (String container : target.containers()) {
      plan.visibleTo(container).forEach(spec -> names.add(spec.name()));
    }
    if (!target.secrets().isEmpty()) {
      names.retainAll(target.secrets());
    }
    return plan.secrets().stream().filter(spec -> names.contains(spec.name())).toList();
  }

  private void start(Runnable sleep, List<Problem> problems) {
    Surroundings around =
        new Surroundings(
            audit, metrics, readiness, notifier::changed, InstantSource.system(), steady);
    for (SecretSpec spec : secrets) {
      metrics.state(spec.name(), Readiness.State.WAITING.text());
    }
    for (List<SecretSpec> unit : units(secrets)) {
      SecretLoop loop =
          new SecretLoop(reads(unit, problems), templates(unit), sources::open, targets, around);
      loops.add(loop);
      threads.add(Thread.ofVirtual().name(unit.getFirst().name()).unstarted(loop));
    }
    threads.add(
        Thread.ofVirtual().name("suspensions").unstarted(() -> steady.watch(sources::resumed)));
    if (config.acknowledgements().isPresent()) {
      threads.add(Thread.ofVirtual().name("acknowledgements").unstarted(usage::watch));
    }
    boolean restored = problems.isEmpty() && restore(problems);
    // Who has woken us by asking is to hear what was known before.
    config.endpoint().ifPresent(address -> serve(address, problems));
    hibernation.ifPresent(
        it -> threads.add(Thread.ofVirtual().name("hibernation").unstarted(() -> it.watch(sleep))));
    threads.add(Thread.ofVirtual().name("refreshes").unstarted(refreshes::run));
    hint.ifPresent(this::watch);
    if (!problems.isEmpty()) {
      return;
    }
    threads.forEach(Thread::start);
    if (restored) {
      return;
    }
    for (Target target : targets) {
      publishEmpty(target, problems);
    }
    config.agent().ifPresent(agent -> copy(agent, problems));
  }

  /** Goes on where the process before this one was; false where there is nothing of it. */
  private boolean restore(List<Problem> problems) {
    if (config.hibernation().isEmpty()) {
      return false;
    }
    Path directory = config.hibernation().get();
    Hibernation.Parts parts =
        new Hibernation.Parts(
            config.plan().vault().map(_ -> VaultProvider.server(sources)),
            metrics,
            usage,
            hint,
            readiness,
            targets.stream().map(Target::publisher).toList(),
            loops,
            () ->
                notifier.isAtRest()
                    && refreshes.isAtRest()
                    && endpoint.stream().allMatch(Endpoint::isQuiet));
    try {
      Hibernation made = new Hibernation(config, directory, parts, steady, audit);
      hibernation = Optional.of(made);
      return made.restore();
    } catch (IOException e) {
      problems.add(new Problem("hibernation " + directory, reason(e)));
      return false;
    }
  }

  private void watch(HintFile hints) {
    threads.add(
        Thread.ofVirtual()
            .name("hint")
            .unstarted(() -> hints.watch(hint -> refreshes.ask(hint, By.ANNOTATION))));
  }

  private void serve(String address, List<Problem> problems) {
    try {
      Endpoint.Address parsed =
          config.hibernation().isPresent()
              ? new Endpoint.Address.Inherited()
              : Endpoint.Address.parse(address)
                  .orElseThrow(() -> new IOException("is neither unix:/PATH nor 127.0.0.1:PORT"));
      endpoint =
          Optional.of(
              Endpoint.open(parsed, new Pages(readiness, metrics, usage, refreshes)::answer));
    } catch (IOException e) {
      problems.add(new Problem("endpoint " + address, reason(e)));
    }
  }

  /** A mount in which nothing is visible has no loop that would publish it. */
  private void publishEmpty(Target target, List<Problem> problems) {
    try {
      if (target.publisher().publishEmpty()) {
        readiness.mountPublished();
      }
    } catch (MountException e) {
      problems.add(new Problem("mount " + target.name(), reason(e)));
    }
  }

  /** By a rename, since the application's JVM may start at any moment. */
  private void copy(AgentCopy agent, List<Problem> problems) {
    Path target = agent.directory().resolve("keyturn-javaagent.jar");
    Path draft = agent.directory().resolve(".keyturn-javaagent.jar");
    try {
      Files.copy(agent.jar(), draft, StandardCopyOption.REPLACE_EXISTING);
      Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("r--r--r--"));
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
      readiness.agentInPlace();
    } catch (IOException e) {
      problems.add(new Problem("agent", target + " cannot be put in place: " + reason(e)));
    }
  }

  /** The JDK's file exceptions say in their message only which file. */
  private static String reason(IOException e) {
    return e instanceof MountException
        ? String.valueOf(e.getMessage())
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /**
   * The secrets that change together: those of one read or one group, and of what these have in
   * common, in the order of the plan.
   */
  private static Collection<List<SecretSpec>> units(List<SecretSpec> secrets) {
    Map<String, List<SecretSpec>> byMark = new HashMap<>();
    Map<String, List<SecretSpec>> units = new LinkedHashMap<>();
    for (SecretSpec spec : secrets) {
      List<SecretSpec> unit = new ArrayList<>(List.of(spec));
      for (String mark : marks(spec)) {
        List<SecretSpec> other = byMark.get(mark);
        if (other != null && !unit.containsAll(other)) {
          units.remove(other.getFirst().name());
          unit.addAll(0, other);
        }
      }
      for (SecretSpec member : unit) {
        marks(member).forEach(mark -> byMark.put(mark, unit));
      }
      units.put(unit.getFirst().name(), unit);
    }
    return units.values();
  }

  /** Of what a secret has in common with those that it changes with. */
  private static List<String> marks(SecretSpec spec) {
    List<String> marks = new ArrayList<>();
    if (spec.from().isPresent()) {
      marks.add("read " + readKey(spec));
      if (spec.from().get().source() == Source.VAULT && spec.fallbacks().isEmpty()) {
        // A template that asks for the same shares the lease.
        marks.add("path " + spec.from().get().path());
      }
    }
    spec.group().ifPresent(group -> marks.add("group " + group));
    if (spec.template().isPresent()) {
      // Templates that ask for the same share the answer, and so its lease.
      Optional<Set<String>> paths = spec.template().get().template().paths();
      paths.ifPresentOrElse(
          known -> known.forEach(path -> marks.add("path " + path)),
          () -> marks.add("computed paths"));
    }
    return marks;
  }

  /** Secrets of the same share one read; with fallbacks, each chooses its own field. */
  private static String readKey(SecretSpec spec) {
    return spec.fallbacks().isEmpty() ? spec.from().orElseThrow().readKey() : spec.origin();
  }

  private static List<SecretSpec> templates(List<SecretSpec> unit) {
    return unit.stream().filter(spec -> spec.template().isPresent()).toList();
  }

  private List<Read> reads(List<SecretSpec> unit, List<Problem> problems) {
    Map<String, List<SecretSpec>> byRead = new LinkedHashMap<>();
    for (SecretSpec spec : unit) {
      spec.from()
          .ifPresent(
              from -> byRead.computeIfAbsent(readKey(spec), key -> new ArrayList<>()).add(spec));
    }
    List<Read> reads = new ArrayList<>();
    for (List<SecretSpec> specs : byRead.values()) {
      SecretSpec first = specs.getFirst();
      try {
        reads.add(new Read(sources.open(first), specs));
      } catch (FetchException e) {
        problems.add(new Problem("secrets." + first.name(), e.getMessage()));
      }
    }
    return reads;
  }

  /**
   * Waits until every required secret is published.
   *
   * @return false when the time is over
   */
  public boolean awaitReady(Duration atMost) throws InterruptedException {
    return readiness.await(atMost);
  }

  /**
   * Waits until every required secret is published, or until that needs somebody to correct
   * something first.
   *
   * @return whether all are published
   */
  boolean awaitSettled() throws InterruptedException {
    return readiness.awaitSettled();
  }

  /** Whether waiting is in vain: somebody has to correct something first. */
  public boolean isStuck() {
    return readiness.isStuck();
  }

  /** The secrets that are missing or stale, and why. */
  public List<Trouble> troubles() {
    return readiness.troubles();
  }

  /**
   * Stops the loops, gives leases and login back and lets go of the mounts; what is published
   * stays. Returns within 6 seconds, and at once where nothing is to be given back.
   */
  @Override
  public void close() {
    hibernation.ifPresent(Hibernation::end);
    loops.forEach(SecretLoop::end);
    threads.forEach(Thread::interrupt);
    notifier.close();
    sources.close();
    targets.forEach(target -> target.publisher().close());
    endpoint.ifPresent(Endpoint::close);
    hibernation.ifPresent(Hibernation::wipe);
  }
}
