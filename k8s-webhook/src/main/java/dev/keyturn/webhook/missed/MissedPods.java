package dev.keyturn.webhook.missed;

import dev.keyturn.webhook.kubernetes.ApiServer;
import dev.keyturn.webhook.kubernetes.KubernetesException;
import dev.keyturn.webhook.log.Log;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Looks now and then for pods that ask for secrets and run without them, counts them, and says so
 * in an Event of each. Every replica does: an Event has the pod's uid in its name, so that it is
 * there once.
 */
public final class MissedPods {
  /** An API server forgets an Event after an hour ({@code --event-ttl}); then it is said again. */
  private static final Duration EVENT_LIFE = Duration.ofHours(1);

  /** The rest has its turn at the next look: a cluster's Events are not ours alone. */
  private static final int MOST_EVENTS = 50;

  private final ApiServer api;
  private final boolean vaultAnnotations;
  private final Duration pause;
  private final Consumer<Map<String, Integer>> counted;
  private final Log log;
  private final Clock clock;
  private Map<String, Instant> told = new HashMap<>();
  private Map<String, Integer> before = Map.of();
  private String lastFailure = "";

  /**
   * Does not look before {@link #start}.
   *
   * @param vaultAnnotations whether those of Vault Agent Injector ask for secrets, too
   * @param pause between two looks, and before the first
   * @param counted told of the pods in each namespace that has any, by a thread of this
   */
  public MissedPods(
      ApiServer api,
      boolean vaultAnnotations,
      Duration pause,
      Consumer<Map<String, Integer>> counted,
      Log log) {
    this(api, vaultAnnotations, pause, counted, log, Clock.systemUTC());
  }

  MissedPods(
      ApiServer api,
      boolean vaultAnnotations,
      Duration pause,
      Consumer<Map<String, Integer>> counted,
      Log log,
      Clock clock) {
    this.api = api;
    this.vaultAnnotations = vaultAnnotations;
    this.pause = pause;
    this.counted = counted;
    this.log = log;
    this.clock = clock;
  }

  /** Begins, on a thread of its own, until the process ends. */
  public void start() {
    Thread.ofVirtual().name("missed").start(this::run);
  }

  private void run() {
    try {
      while (true) {
        Thread.sleep(pause);
        look();
      }
    } catch (InterruptedException e) {
      // Nobody asks for it: the process ends first.
    }
  }

  /** Looks once. */
  void look() throws InterruptedException {
    try {
      var found = new ArrayList<MissedPod>();
      api.pods(metadata -> MissedPod.of(metadata, vaultAnnotations).ifPresent(found::add));
      var byNamespace = new TreeMap<String, Integer>();
      found.forEach(pod -> byNamespace.merge(pod.namespace(), 1, Integer::sum));
      counted.accept(byNamespace);
      if (!byNamespace.equals(before)) {
        log.warning("missed-pods").with("by-namespace", byNamespace.toString()).write();
        before = byNamespace;
      }
      tell(found);
      lastFailure = "";
    } catch (KubernetesException | RuntimeException e) {
      String failure = String.valueOf(e.getMessage());
      if (!failure.equals(lastFailure)) {
        log.warning("missed-pods-not-looked-for").with(e).write();
        lastFailure = failure;
      }
    }
  }

  private void tell(List<MissedPod> found) throws KubernetesException, InterruptedException {
    Instant now = clock.instant();
    var stillThere = new HashMap<String, Instant>();
    int events = 0;
    for (MissedPod pod : found) {
      Instant last = told.get(pod.uid());
      if (last == null || !last.plus(EVENT_LIFE).isAfter(now)) {
        if (events++ == MOST_EVENTS) {
          break;
        }
        last = now;
        api.createEvent(
            pod.namespace(),
            "keyturn-not-injected-" + pod.uid(),
            pod.name(),
            pod.uid(),
            "NotInjected",
            MissedPod.WHY,
            now);
      }
      stillThere.put(pod.uid(), last);
    }
    told = stillThere;
  }
}
