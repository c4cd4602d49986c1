package dev.keyturn.sidecar.refresh;

import dev.keyturn.plan.RefreshHint;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.rotation.SecretLoop.Looked;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Has secrets looked at before their time, because somebody knows that they have changed. However
 * often that is asked for, there is one round of looks in {@link #SPACING}: what comes meanwhile
 * waits for the next one. Safe for use by several threads.
 */
public final class Refreshes {
  /** Between two rounds: a thousand pokes a second cost a server what a refresh of 5 s would. */
  static final Duration SPACING = Duration.ofSeconds(5);

  private final Set<String> known;
  private final Looks looks;
  private final AuditLog audit;
  private final InstantSource clock;
  private final RandomGenerator random;
  private @Nullable Round waiting;
  private Instant free = Instant.MIN;

  /** Rounds that have begun and are not over. */
  private int underWay;

  /** Where secrets are looked at. */
  @FunctionalInterface
  public interface Looks {
    /** Begins looks at these, and returns at once. */
    void begin(Set<String> secrets, Looked looked);
  }

  /** Who asks. */
  public enum By {
    /** The pod's annotation, and with it perhaps a whole fleet at once. */
    ANNOTATION("annotation"),
    /** Somebody at the sidecar's own endpoint. */
    ENDPOINT("endpoint");

    private final String text;

    By(String text) {
      this.text = text;
    }
  }

  /**
   * @param known the names of all secrets
   * @param clock one that is never set
   */
  public Refreshes(
      Collection<String> known,
      Looks looks,
      AuditLog audit,
      InstantSource clock,
      RandomGenerator random) {
    this.known = new TreeSet<>(known);
    this.looks = looks;
    this.audit = audit;
    this.clock = clock;
    this.random = random;
  }

  /**
   * What came of asking.
   *
   * @param secrets what will be looked at, in the order of their names; empty for nothing
   * @param unknown names that no secret has
   * @param pause until then
   */
  public record Accepted(Set<String> secrets, Set<String> unknown, Duration pause) {}

  /** Has secrets looked at as soon as may be. */
  public Accepted ask(RefreshHint hint, By by) {
    Set<String> unknown = new TreeSet<>(hint.secrets());
    unknown.removeAll(known);
    Set<String> secrets = new TreeSet<>(hint.secrets().isEmpty() ? known : hint.secrets());
    secrets.removeAll(unknown);
    if (!unknown.isEmpty()) {
      audit.refreshed(
          by.text,
          hint.text(),
          String.join(",", hint.secrets()),
          "there is no secret %s: this plan has %s"
              .formatted(String.join(", ", unknown), String.join(", ", known)));
    }
    Duration pause =
        secrets.isEmpty() ? Duration.ZERO : await(secrets, hint, by, Spread.draw(hint, by, random));
    return new Accepted(secrets, unknown, pause);
  }

  private synchronized Duration await(
      Set<String> secrets, RefreshHint hint, By by, Duration spread) {
    Instant now = clock.instant();
    Instant due = now.plus(spread);
    if (waiting == null) {
      waiting = new Round(due);
    }
    waiting.add(secrets, hint.text(), by, due);
    notifyAll();
    return Duration.between(now, due(waiting, now));
  }

  /** When a round may begin, not before now. */
  private Instant due(Round round, Instant now) {
    Instant due = round.due.isBefore(free) ? free : round.due;
    return due.isBefore(now) ? now : due;
  }

  /** Whether nothing waits for a look, or for what comes of one. */
  public synchronized boolean isAtRest() {
    return waiting == null && underWay == 0;
  }

  private synchronized void ended() {
    underWay--;
  }

  /** Has the looks begun when their time has come, until the thread is interrupted. */
  public void run() {
    try {
      while (true) {
        beginDue();
        await();
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  /** Has those begun whose time has come. */
  void beginDue() {
    Round round = takeDue();
    if (round != null) {
      looks.begin(Set.copyOf(round.all), round);
    }
  }

  private synchronized @Nullable Round takeDue() {
    Round round = waiting;
    Instant now = clock.instant();
    if (round == null || due(round, now).isAfter(now)) {
      return null;
    }
    waiting = null;
    underWay++;
    free = now.plus(SPACING);
    return round;
  }

  /** Returns when a round is due. */
  private synchronized void await() throws InterruptedException {
    while (true) {
      if (waiting == null) {
        wait();
        continue;
      }
      Instant now = clock.instant();
      Duration left = Duration.between(now, due(waiting, now));
      if (left.isZero()) {
        return;
      }
      wait(left.toMillis() + 1);
    }
  }

  /** Looks that begin together; says in one line when all are over. */
  private final class Round implements Looked {
    private final Set<String> left = new TreeSet<>();
    private final Set<String> all = new TreeSet<>();
    private final List<String> failed = new ArrayList<>();
    private String hint = "";
    private String by = "";
    private Instant due;

    Round(Instant due) {
      this.due = due;
    }

    /** The last one's words stand for those before it, as the annotation's own text does. */
    void add(Set<String> secrets, String text, By who, Instant at) {
      all.addAll(secrets);
      left.addAll(secrets);
      hint = text;
      by = who.text;
      due = at.isBefore(due) ? at : due;
    }

    @Override
    public void looked(String secret, boolean hasFailed) {
      boolean last;
      synchronized (this) {
        if (!left.remove(secret)) {
          return;
        }
        if (hasFailed) {
          failed.add(secret);
        }
        last = left.isEmpty();
      }
      if (last) {
        audit.refreshed(
            by,
            hint,
            all.size() == known.size() ? "" : String.join(",", all),
            failed.isEmpty()
                ? null
                : "not fresh: %s; the lines before say why".formatted(String.join(", ", failed)));
        ended();
      }
    }
  }
}
