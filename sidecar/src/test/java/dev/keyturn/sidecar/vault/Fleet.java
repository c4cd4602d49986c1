package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.refresh.Refreshes.By;
import dev.keyturn.sidecar.refresh.Spread;
import dev.keyturn.sidecar.rotation.Rotation;
import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.rotation.Rotation.Next;
import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Lease;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Many pods and one server in virtual time: one thread, one queue of events, one seed. What a pod
 * does next is decided by the sidecar's own code: {@link Gate}, {@link Rotation}, {@code Backoff},
 * {@link Spread}. What is around them (the login, the waits) blocks threads in a sidecar, and is
 * done after its model by events here.
 */
final class Fleet {
  /** Of one request on a network and a server that is not loaded. */
  private static final long LATENCY_MICROS = 5_000;

  /** {@code vault.timeout} of a plan. */
  private static final long TIMEOUT_MICROS = 10_000_000;

  /** A token's, as roles are commonly written. */
  private static final Duration TTL = Duration.ofHours(1);

  /**
   * What is tried.
   *
   * @param refresh of each secret
   * @param capacity how many requests the server answers in a second; 0 for any number
   */
  record Settings(
      int pods, int secrets, Duration refresh, Gate.Pauses pauses, int capacity, long seed) {}

  /** When something happens. */
  private record Event(long micros, long number, Runnable what) implements Comparable<Event> {
    @Override
    public int compareTo(Event other) {
      int byTime = Long.compare(micros, other.micros);
      return byTime == 0 ? Long.compare(number, other.number) : byTime;
    }
  }

  private final Settings settings;
  private final SplittableRandom random;
  private final PriorityQueue<Event> events = new PriorityQueue<>();
  private final Server server = new Server();
  private final List<Pod> pods = new ArrayList<>();
  private long micros;
  private long numbers;

  /** Of secret 0 in each pod, in seconds after {@link #write}; those that have not seen it: -1. */
  private double[] seen = {};

  private long written = -1;

  Fleet(Settings settings) {
    this.settings = settings;
    this.random = new SplittableRandom(settings.seed());
    for (int i = 0; i < settings.pods(); i++) {
      pods.add(new Pod(i));
    }
  }

  private Instant now() {
    return Instant.EPOCH.plusNanos(micros * 1000);
  }

  private void after(Duration time, Runnable what) {
    after(time.toNanos() / 1000, what);
  }

  private void after(long time, Runnable what) {
    events.add(new Event(micros + time, numbers++, what));
  }

  /** All pods run, have their secrets, and are anywhere between two looks and two renewals. */
  void startedLongAgo() {
    for (Pod pod : pods) {
      pod.loggedInAt = server.epoch;
      pod.keepLogin(ago(TTL.multipliedBy(2).dividedBy(3)));
      for (Secret secret : pod.secrets) {
        secret.state =
            new State(
                true,
                Optional.of(settings.refresh()),
                ago(settings.refresh()),
                Optional.empty(),
                0,
                Optional.empty());
        secret.plan();
      }
    }
  }

  private Instant ago(Duration atMost) {
    return now().minusMillis(random.nextLong(atMost.toMillis() + 1));
  }

  /** The first so many pods begin anew, within a time. */
  void start(int count, Duration within) {
    for (Pod pod : pods.subList(0, count)) {
      after(Duration.ofMillis(random.nextLong(within.toMillis() + 1)), pod::start);
    }
  }

  /** The server is away; afterwards it knows no login any more, if so told. */
  void outage(Duration time, boolean loginsAreLost) {
    server.up = false;
    after(
        time,
        () -> {
          server.up = true;
          server.epoch += loginsAreLost ? 1 : 0;
          server.free = micros;
        });
  }

  /** Secret 0 has another value from now on. */
  void write() {
    written = micros;
    seen = new double[pods.size()];
    Arrays.fill(seen, -1);
  }

  /** Every pod's annotation is another one; each hears of it within a time. */
  void hint(String text, Duration heardWithin) {
    RefreshHint hint = RefreshHint.parse(text);
    for (Pod pod : pods) {
      Duration heard = Duration.ofMillis(random.nextLong(heardWithin.toMillis() + 1));
      after(heard.plus(Spread.draw(hint, By.ANNOTATION, random)), pod::look);
    }
  }

  /** Lets time pass. */
  void pass(Duration time) {
    long end = micros + time.toNanos() / 1000;
    while (!events.isEmpty() && events.peek().micros() <= end) {
      Event event = events.remove();
      micros = event.micros();
      event.what().run();
    }
    micros = end;
  }

  /** Forgets what was counted. */
  void count() {
    server.requests.clear();
    server.logins.clear();
  }

  Counts requests() {
    return server.requests.counts();
  }

  Counts logins() {
    return server.logins.counts();
  }

  /** How long until secret 0 of each pod was what was written; infinite for who has not seen it. */
  Times seen() {
    return Times.of(seen);
  }

  /** How many secrets are not fresh. */
  long stale() {
    return pods.stream()
        .flatMap(pod -> pod.secrets.stream())
        .filter(secret -> !secret.state.fetched() || secret.state.failures() > 0)
        .count();
  }

  /** Per second, among the seconds between the first and the last in which there was one. */
  record Counts(long peak, long p99, double mean, long all) {}

  /** In seconds. */
  record Times(double p50, double p99, double max) {
    static final Times NONE = new Times(Double.NaN, Double.NaN, Double.NaN);

    static Times of(double[] times) {
      double[] sorted = times.clone();
      for (int i = 0; i < sorted.length; i++) {
        sorted[i] = sorted[i] < 0 ? Double.POSITIVE_INFINITY : sorted[i];
      }
      Arrays.sort(sorted);
      return new Times(at(sorted, 0.5), at(sorted, 0.99), sorted[sorted.length - 1]);
    }

    private static double at(double[] sorted, double share) {
      return sorted[(int) Math.ceil(share * sorted.length) - 1];
    }
  }

  private static final class PerSecond {
    private final List<Long> seconds = new ArrayList<>();
    private int first = -1;

    void add(long micros) {
      int second = (int) (micros / 1_000_000);
      first = first < 0 ? second : first;
      while (seconds.size() <= second - first) {
        seconds.add(0L);
      }
      seconds.set(second - first, seconds.get(second - first) + 1);
    }

    void clear() {
      seconds.clear();
      first = -1;
    }

    Counts counts() {
      if (seconds.isEmpty()) {
        return new Counts(0, 0, 0, 0);
      }
      List<Long> sorted = seconds.stream().sorted().toList();
      long all = seconds.stream().mapToLong(Long::longValue).sum();
      return new Counts(
          sorted.getLast(),
          sorted.get((int) Math.ceil(0.99 * sorted.size()) - 1),
          (double) all / sorted.size(),
          all);
    }
  }

  /** What a server says. */
  private enum Answer {
    OK,
    REFUSED,
    NONE
  }

  /** Counts what arrives, whether it can answer or not. */
  private final class Server {
    private final PerSecond requests = new PerSecond();
    private final PerSecond logins = new PerSecond();
    private boolean up = true;
    private int epoch;

    /** When all that has arrived will be done. */
    private long free;

    void ask(boolean login, int token, Consumer<Answer> then) {
      requests.add(micros);
      if (login) {
        logins.add(micros);
      }
      if (!up) {
        after(LATENCY_MICROS, () -> then.accept(Answer.NONE));
        return;
      }
      free = Math.max(free, micros);
      free += settings.capacity() == 0 ? 0 : 1_000_000 / settings.capacity();
      long wait = free - micros + LATENCY_MICROS;
      // Whoever has given up is served all the same: the server does not know.
      boolean late = wait > TIMEOUT_MICROS;
      Answer answer = late ? Answer.NONE : login || token == epoch ? Answer.OK : Answer.REFUSED;
      after(Math.min(wait, TIMEOUT_MICROS), () -> then.accept(answer));
    }
  }

  private static FetchException nobody() {
    return FetchException.temporary("nobody answers", null);
  }

  /** A sidecar: one gate, one login, some secrets; as {@code VaultServer} has them. */
  private final class Pod implements Gate.Listener {
    private final int number;
    private final SplittableRandom own = random.split();
    private final Gate gate = new Gate(Fleet.this::now, own, this, settings.pauses());
    private final List<Secret> secrets = new ArrayList<>();

    /** The server's epoch of the token; -1 for none. */
    private int loggedInAt = -1;

    private final List<Consumer<@Nullable FetchException>> waiting = new ArrayList<>();
    private int loginFailures;
    private Instant notBefore = Instant.MIN;

    Pod(int number) {
      this.number = number;
      for (int i = 0; i < settings.secrets(); i++) {
        secrets.add(new Secret(this, i));
      }
    }

    void start() {
      loggedInAt = -1;
      for (Secret secret : secrets) {
        secret.state = State.initial(now());
        secret.plan();
      }
    }

    void look() {
      secrets.forEach(Secret::lookNow);
    }

    @Override
    public void down(String reason) {}

    /** {@code Wake.RECOVERED}. */
    @Override
    public void up() {
      wakeFailed();
    }

    private void wakeFailed() {
      for (Secret secret : secrets) {
        if (secret.state.failures() > 0) {
          secret.lookNow();
        }
      }
    }

    /** One request through the gate. */
    private void ask(boolean login, Consumer<Answer> then, Consumer<FetchException> failed) {
      after(
          gate.slot(),
          () -> {
            Gate.Pass pass;
            try {
              pass = gate.pass();
            } catch (FetchException e) {
              failed.accept(e);
              return;
            }
            server.ask(
                login,
                loggedInAt,
                answer -> {
                  try (pass) {
                    if (answer == Answer.NONE) {
                      FetchException nobody = nobody();
                      pass.unanswered(nobody);
                      failed.accept(nobody);
                    } else {
                      pass.answered();
                      then.accept(answer);
                    }
                  }
                });
          });
    }

    /** {@code Session.ask}: with another login, if the server does not know this one any more. */
    void askWithToken(Runnable then, Consumer<FetchException> failed) {
      token(
          () -> {
            int shown = loggedInAt;
            ask(
                false,
                answer -> {
                  if (answer == Answer.OK) {
                    then.run();
                  } else if (loggedInAt != shown) {
                    askWithToken(then, failed);
                  } else {
                    // Does the server know the token? It says no.
                    ask(
                        false,
                        _ -> {
                          loggedInAt = loggedInAt == shown ? -1 : loggedInAt;
                          askWithToken(then, failed);
                        },
                        failed);
                  }
                },
                failed);
          },
          failed);
    }

    /** {@code Session.token}: whoever needs one first logs in, the others wait for that. */
    private void token(Runnable then, Consumer<FetchException> failed) {
      if (loggedInAt >= 0) {
        then.run();
        return;
      }
      if (now().isBefore(notBefore)) {
        failed.accept(nobody().again(Duration.between(now(), notBefore)));
        return;
      }
      waiting.add(
          e -> {
            if (e == null) {
              then.run();
            } else {
              failed.accept(e);
            }
          });
      if (waiting.size() > 1) {
        return;
      }
      ask(
          true,
          _ -> {
            loggedInAt = server.epoch;
            loginFailures = 0;
            keepLogin(now());
            settle(null);
            wakeFailed();
          },
          e -> {
            notBefore = now().plus(settings.pauses().draw(++loginFailures, own));
            settle(e);
          });
    }

    private void settle(@Nullable FetchException e) {
      List<Consumer<@Nullable FetchException>> all = List.copyOf(waiting);
      waiting.clear();
      all.forEach(one -> one.accept(e));
    }

    /** {@code Session.keep}: renewed when its time has come. */
    private void keepLogin(Instant grantedAt) {
      Held held = new Held(new Lease(Optional.of("token"), TTL, true), grantedAt, TTL);
      State state =
          new State(true, Optional.empty(), now(), Optional.of(held), 0, Optional.empty());
      int token = loggedInAt;
      after(
          Rotation.next(state, now(), own).pause(),
          () -> {
            if (loggedInAt == token) {
              ask(false, _ -> keepLogin(now()), _ -> {});
            }
          });
    }
  }

  /** A secret of KV v2: as {@code Member} has it. */
  private final class Secret {
    private final Pod pod;
    private final int number;
    private State state = State.initial(Instant.EPOCH);
    private long version;
    private long turn;
    private boolean looking;
    private boolean again;

    Secret(Pod pod, int number) {
      this.pod = pod;
      this.number = number;
    }

    void plan() {
      Next next = Rotation.next(state, now(), pod.own);
      long mine = ++turn;
      after(
          next.pause(),
          () -> {
            if (turn == mine) {
              step();
            }
          });
    }

    /** Now, or when the look that is under way is over. */
    void lookNow() {
      if (looking) {
        again = true;
      } else {
        turn++;
        step();
      }
    }

    private void step() {
      Instant began = now();
      long current = number == 0 ? written : -1;
      looking = true;
      pod.askWithToken(
          () -> {
            if (version < current && state.fetched()) {
              // The metadata's number is another: the secret itself is read.
              pod.askWithToken(() -> succeeded(began, current), e -> failed(began, e));
            } else {
              succeeded(began, current);
            }
          },
          e -> failed(began, e));
    }

    private void succeeded(Instant began, long current) {
      version = Math.max(version, current);
      if (number == 0 && current >= 0 && current == written && seen[pod.number] < 0) {
        seen[pod.number] = (micros - written) / 1e6;
      }
      over(
          new State(
              true, Optional.of(settings.refresh()), began, Optional.empty(), 0, Optional.empty()));
    }

    private void failed(Instant began, FetchException e) {
      int failures = e.held() ? Math.max(1, state.failures()) : state.failures() + 1;
      over(
          new State(state.fetched(), state.look(), began, state.lease(), failures, e.retryAfter()));
    }

    private void over(State next) {
      state = next;
      looking = false;
      if (again) {
        again = false;
        step();
      } else {
        plan();
      }
    }
  }
}
