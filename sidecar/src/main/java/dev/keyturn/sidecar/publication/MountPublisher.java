package dev.keyturn.sidecar.publication;

import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.Generation;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.MountException;
import dev.keyturn.tmpfs.SecretFile;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/**
 * Publishes the secrets of one mount as one set: first when every required one is there and every
 * other was tried, then at each change, with the last good of the rest. Safe for use by several
 * threads.
 */
public final class MountPublisher implements AutoCloseable {
  private final Mount mount;
  private final List<SecretSpec> specs;
  private final Map<String, Rendered> current = new HashMap<>();
  private final Set<String> tried = new HashSet<>();
  private final Queue<Contribution> waiting = new ConcurrentLinkedQueue<>();
  private final boolean inherited;
  private boolean published;

  /**
   * Nothing is published yet.
   *
   * @param mount owned by this
   * @param specs what is visible there, in the order of the plan
   * @param inherited whether a generation is there, of a process before this one
   */
  public MountPublisher(Mount mount, List<SecretSpec> specs, boolean inherited) {
    this.mount = mount;
    this.specs = List.copyOf(specs);
    this.inherited = inherited;
  }

  /**
   * A version of a secret to be published.
   *
   * @param rendered owned by this
   */
  public record Offer(SecretSpec spec, Rendered rendered) implements AutoCloseable {
    @Override
    public void close() {
      rendered.close();
    }
  }

  /**
   * What became of an offer.
   *
   * @param changed whether the mount's readers see something new
   * @param first whether this is the mount's first generation of this process
   * @param replaced whether readers saw something else before
   * @param publication empty where nothing was to be published
   */
  public record Result(
      boolean changed, boolean first, boolean replaced, Mount.@Nullable Publication publication) {
    private static final Result NOTHING = new Result(false, false, false, null);
  }

  /** Whether the secret is visible in this mount. */
  public boolean has(SecretSpec spec) {
    // By name: a record's own equals is spun at run time, before the first file.
    return specs.stream().anyMatch(seen -> seen.name().equals(spec.name()));
  }

  /** What one caller offers, and what became of it. */
  private static final class Contribution {
    final List<Offer> offers;
    Result result = Result.NOTHING;
    @Nullable MountException failure;
    boolean done;

    Contribution(List<Offer> offers) {
      this.offers = offers;
    }
  }

  /**
   * Takes versions of secrets, to be published together; the caller keeps what it gave. What others
   * offer while a generation is being written goes into the next one together: many secrets that
   * change at once are written a few times and not once for each.
   *
   * @param offers of secrets that are visible here
   * @throws MountException if they can't be published: then the mount is as it was, and the next
   *     offer tries again
   */
  public Result offer(List<Offer> offers) throws MountException {
    Contribution mine = new Contribution(offers);
    waiting.add(mine);
    synchronized (this) {
      if (!mine.done) {
        List<Contribution> batch = new ArrayList<>();
        for (Contribution next = waiting.poll(); next != null; next = waiting.poll()) {
          batch.add(next);
        }
        if (!batch.contains(mine)) {
          // Taken by one who did not come to its end.
          batch.add(mine);
        }
        publish(batch);
      }
    }
    if (mine.failure != null) {
      throw mine.failure;
    }
    return mine.result;
  }

  /** All together if that works; else one by one, since one may be what does not. */
  private void publish(List<Contribution> batch) {
    MountException failure = null;
    try {
      List<Offer> all = new ArrayList<>();
      batch.forEach(contribution -> all.addAll(contribution.offers));
      Result result = publishOffers(all);
      for (Contribution contribution : batch) {
        contribution.result = result;
        // The generation is told of once.
        result = new Result(result.changed(), false, result.replaced(), null);
      }
    } catch (MountException e) {
      failure = e;
    }
    for (Contribution contribution : batch) {
      if (failure != null && batch.size() > 1) {
        publish(List.of(contribution));
      } else {
        contribution.failure = failure;
      }
      contribution.done = true;
    }
  }

  private Result publishOffers(List<Offer> offers) throws MountException {
    Map<String, Rendered> before = new HashMap<>();
    boolean news = !published;
    for (Offer offer : offers) {
      String name = offer.spec().name();
      Rendered old = current.get(name);
      news |= old == null || !old.sameAs(offer.rendered());
      before.put(name, old);
    }
    if (!news) {
      return Result.NOTHING;
    }
    for (Offer offer : offers) {
      current.put(offer.spec().name(), offer.rendered().copy());
      tried.add(offer.spec().name());
    }
    Result result = null;
    try {
      result = publish();
      return result;
    } finally {
      if (result == null) {
        // One secret that does not fit must not keep the others from changing.
        before.forEach(this::putBack);
      } else {
        before.values().forEach(MountPublisher::close);
      }
    }
  }

  private void putBack(String name, @Nullable Rendered old) {
    close(old == null ? current.remove(name) : current.put(name, old));
  }

  private static void close(@Nullable Rendered rendered) {
    if (rendered != null) {
      rendered.close();
    }
  }

  /**
   * A secret could not be had for now; if it is an optional one, the rest need not wait for it.
   *
   * @throws MountException if the rest can't be published
   */
  public synchronized Result tried(SecretSpec spec) throws MountException {
    tried.add(spec.name());
    return published ? Result.NOTHING : publish();
  }

  /**
   * For a mount in which nothing is visible.
   *
   * @return false where something is: then its loops publish
   * @throws MountException if it can't be written
   */
  public synchronized boolean publishEmpty() throws MountException {
    return specs.isEmpty() && publish().first();
  }

  /** Writes what is published, once for all mounts that have it. */
  public static void save(StateWriter out, List<MountPublisher> publishers) {
    Map<String, Rendered> all = new LinkedHashMap<>();
    publishers.forEach(publisher -> publisher.addTo(all));
    out.map(all, (it, rendered) -> rendered.save(it));
  }

  private synchronized void addTo(Map<String, Rendered> all) {
    all.putAll(current);
  }

  /** Goes on with what is published. */
  public static void restore(StateReader in, List<MountPublisher> publishers) {
    Map<String, Rendered> all = in.map(Rendered::restore);
    publishers.forEach(publisher -> publisher.take(all));
    all.values().forEach(Rendered::close);
  }

  private synchronized void take(Map<String, Rendered> all) {
    for (SecretSpec spec : specs) {
      Rendered rendered = all.get(spec.name());
      if (rendered != null) {
        current.put(spec.name(), rendered.copy());
      }
      tried.add(spec.name());
    }
    published = true;
  }

  /** Publishes if everything is there. */
  private Result publish() throws MountException {
    for (SecretSpec spec : specs) {
      if (!current.containsKey(spec.name()) && (spec.required() || !tried.contains(spec.name()))) {
        return new Result(true, false, false, null);
      }
    }
    Mount.Publication publication = mount.publish(generation());
    boolean first = !published;
    published = true;
    boolean replaced = publication.changed() && (!first || inherited);
    return new Result(publication.changed(), first, replaced, publication);
  }

  private Generation generation() {
    List<SecretFile> files = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (SecretSpec spec : specs) {
      Rendered rendered = current.get(spec.name());
      if (rendered != null) {
        files.add(
            new SecretFile(
                spec.name(),
                rendered.content(),
                spec.mode(),
                spec.owner().map(o -> OptionalInt.of(o.uid())).orElse(OptionalInt.empty()),
                spec.owner().map(o -> OptionalInt.of(o.gid())).orElse(OptionalInt.empty()),
                unambiguous(rendered.facts(), names)));
      }
    }
    return new Generation(files);
  }

  /** Of two equal default names the first in the plan stays. */
  private static FileFacts unambiguous(FileFacts facts, Set<String> names) {
    Map<String, String> defaults = new LinkedHashMap<>(facts.defaultEnv());
    defaults.keySet().removeIf(name -> !names.add(name));
    return new FileFacts(
        facts.reference(),
        facts.version(),
        facts.fetchedAt(),
        facts.format(),
        facts.env(),
        defaults,
        facts.properties(),
        facts.standIn(),
        facts.hosts());
  }

  /** Lets go of the mount; what is published stays. */
  @Override
  public synchronized void close() {
    mount.close();
    current.values().forEach(Rendered::close);
    current.clear();
  }
}
