package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.rotation.Rotation;
import dev.keyturn.sidecar.rotation.Rotation.Held;
import dev.keyturn.sidecar.rotation.Rotation.Next;
import dev.keyturn.sidecar.rotation.Rotation.State;
import dev.keyturn.sidecar.rotation.Rotation.Step;
import dev.keyturn.sidecar.source.Bell;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The one login of a sidecar, shared by all its secrets: whoever needs a token first logs in, the
 * others wait for that. A login that failed is not tried again before its backoff is over, however
 * many secrets ask. {@link #keep} renews the token, and logs in again before it ends. Safe for use
 * by several threads.
 */
final class Session {
  /**
   * A token that may not look itself up cannot be told from one that is gone; where in truth a
   * policy is missing, a new token changes nothing, so there is at most one a minute.
   */
  private static final Duration MIN_REPLACEMENT_INTERVAL = Duration.ofMinutes(1);

  /**
   * For so long a token that the server has just known is not asked after again: where a policy is
   * lost, all secrets are refused at once.
   */
  private static final Duration KNOWN = Duration.ofSeconds(1);

  private final VaultClient client;
  private final Identity identity;
  private final String server;
  private final AuditLog audit;
  private final Metrics metrics;
  private final Bell bell;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition news = lock.newCondition();
  private final List<Token> former = new ArrayList<>();
  private volatile @Nullable Token token;
  private @Nullable FetchException failure;
  private Instant notBefore = Instant.MIN;
  private Instant replacedAt = Instant.MIN;
  private Instant knownAt = Instant.MIN;
  private int failures;

  /** When {@link #keep} has something to do next; null while that is not known. */
  private @Nullable Instant dueAt;

  /**
   * Nothing is asked yet.
   *
   * @param server its address, for errors and audit lines
   * @param bell rung after each login
   */
  Session(
      VaultClient client,
      Identity identity,
      String server,
      AuditLog audit,
      Metrics metrics,
      Bell bell,
      InstantSource clock) {
    this.client = client;
    this.identity = identity;
    this.server = server;
    this.audit = audit;
    this.metrics = metrics;
    this.bell = bell;
    this.clock = clock;
  }

  /** What is asked with a token. */
  interface Question<T> {
    T ask(Token token) throws FetchException, StatusException, InterruptedException;
  }

  /** Asks with the login's token; once more with another, if it is the token that is refused. */
  <T> T ask(Question<T> question) throws FetchException, StatusException, InterruptedException {
    Token current = token();
    try {
      return question.ask(current);
    } catch (StatusException e) {
      if (e.status() != 403 || !replace(current)) {
        throw e;
      }
      return question.ask(token());
    }
  }

  /**
   * A token that is good as far as is known.
   *
   * @throws FetchException if there is none and none to be had
   */
  Token token() throws FetchException, InterruptedException {
    Token current = token;
    if (current != null && !current.isOver(clock.instant())) {
      return current;
    }
    lock.lockInterruptibly();
    try {
      current = token;
      return current != null && !current.isOver(clock.instant()) ? current : login();
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private Token login() throws FetchException, InterruptedException {
    Instant now = clock.instant();
    FetchException last = failure;
    if (last != null && now.isBefore(notBefore)) {
      throw last.again(Duration.between(now, notBefore));
    }
    try {
      Token next = askForToken();
      succeeded(next, now);
      return next;
    } catch (FetchException e) {
      failure = e;
      notBefore = now.plus(Backoff.pause(++failures, ThreadLocalRandom.current()));
      throw e;
    }
  }

  private void succeeded(Token next, Instant now) {
    Token last = token;
    failure = null;
    failures = 0;
    former.removeIf(old -> old.isOver(now));
    if (last != null && last.isSame(next)) {
      // The file holds the same one, which somebody may have renewed: its leases are still ours.
      next.life().ifPresent(held -> last.renewed(held.lease(), now));
      return;
    }
    if (last != null && !last.isOver(now)) {
      // What is leased with it lives on until it ends, so that old and new overlap.
      former.add(last);
    }
    token = next;
    dueAt = null;
    news.signalAll();
    bell.ring(Wake.LOGGED_IN);
  }

  private Token askForToken() throws FetchException, InterruptedException {
    String method = identity.method();
    try {
      Token next = identity.login();
      audit.login(method, server, null);
      metrics.login(true);
      return next;
    } catch (StatusException e) {
      FetchException refused = refused(method, e);
      audit.login(method, server, refused.getMessage());
      metrics.login(false);
      throw refused;
    } catch (FetchException e) {
      if (!e.held()) {
        audit.login(method, server, e.getMessage());
        metrics.login(false);
      }
      throw e;
    }
  }

  private FetchException refused(String method, StatusException e) {
    String what =
        "login by %s at %s fails with status %d (%s)"
            .formatted(method, server, e.status(), e.getMessage());
    return switch (e.status()) {
      case 400, 403 ->
          FetchException.permanent(
              what
                  + ": check that the role exists and binds this identity, and that what the identity's file holds is current");
      case 404 ->
          FetchException.permanent(
              what + ": enable the auth method there, or correct vault.auth's mount or namespace");
      default -> FetchException.temporary(what + ": " + Statuses.hint(e.status()), e);
    };
  }

  /**
   * Called when a read was refused: forgets the token if it is that which is not good any more.
   *
   * @return whether another try with {@link #token} makes sense
   * @throws StatusException if the server can't tell
   */
  @SuppressWarnings("ReferenceEquality") // of two that are equal one may be looked up in vain
  boolean replace(Token refused) throws FetchException, StatusException, InterruptedException {
    lock.lockInterruptibly();
    try {
      if (token != refused) {
        return true;
      }
      Instant now = clock.instant();
      if (replacedAt.isAfter(now.minus(MIN_REPLACEMENT_INTERVAL))
          || knownAt.isAfter(now.minus(KNOWN))) {
        return false;
      }
      if (client.knows(refused)) {
        knownAt = clock.instant();
        return false;
      }
      replacedAt = now;
      token = null;
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Whether this is the token of the last login. */
  @SuppressWarnings("ReferenceEquality") // it is that one or it is not
  boolean isCurrent(Token other) {
    return token == other;
  }

  /** Renews the token and replaces it before it ends, until the thread is interrupted. */
  void keep() {
    int missed = 0;
    Optional<Duration> retryAfter = Optional.empty();
    lock.lock();
    try {
      while (true) {
        Token current = token;
        if (current == null || current.life().isEmpty()) {
          dueAt = Instant.MAX;
          news.await();
          continue;
        }
        State state =
            new State(true, Optional.empty(), clock.instant(), current.life(), missed, retryAfter);
        Next next = Rotation.next(state, clock.instant(), ThreadLocalRandom.current());
        dueAt = clock.instant().plus(next.pause());
        if (next.pause().isPositive()
            && news.await(next.pause().toMillis(), TimeUnit.MILLISECONDS)) {
          missed = 0;
          continue;
        }
        try {
          carryOut(next.step(), current);
          missed = 0;
          retryAfter = Optional.empty();
        } catch (FetchException e) {
          missed++;
          retryAfter = e.retryAfter();
        }
      }
    } catch (InterruptedException e) {
      // The way to stop.
    } finally {
      lock.unlock();
    }
  }

  private void carryOut(Step step, Token current) throws FetchException, InterruptedException {
    switch (step) {
      case RENEW -> renew(current);
      case FETCH -> login();
      case REFRESH -> {
        // Comes after a failure, when there is still time.
      }
    }
  }

  private void renew(Token current) throws FetchException, InterruptedException {
    Held held = current.life().orElseThrow();
    String failed;
    try {
      Instant now = clock.instant();
      Optional<Lease> granted = client.renew(current, held.asked());
      if (granted.isPresent()) {
        current.renewed(granted.get(), now);
        audit.renewed("token", granted.get().duration().toString(), null);
        metrics.renewal("", Outcome.OK);
        return;
      }
      failed = "nothing was granted";
    } catch (StatusException e) {
      failed = "status " + e.status() + " (" + e.getMessage() + ")";
      if (Statuses.isDown(e.status())) {
        metrics.renewal("", Outcome.FAILED);
        throw FetchException.temporary(failed, e);
      }
    } catch (FetchException e) {
      metrics.renewal("", Outcome.FAILED);
      throw e;
    }
    audit.renewed("token", "", failed + ": logging in again");
    metrics.renewal("", Outcome.REFUSED);
    login();
  }

  /** The machine was suspended: what was waited for may be over. */
  void resumed() {
    lock.lock();
    try {
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Holds still, until {@link #letGo}, if there is a login and nothing is wrong with it.
   *
   * @return when the next step is due; empty otherwise
   */
  Optional<Instant> holdStill() {
    if (!lock.tryLock()) {
      return Optional.empty();
    }
    if (failure == null && dueAt != null) {
      return Optional.of(dueAt);
    }
    lock.unlock();
    return Optional.empty();
  }

  void letGo() {
    lock.unlock();
  }

  /** Called while it holds still. */
  void save(StateWriter out, Leases leases) {
    identity.save(out);
    out.instant(replacedAt);
    out.flag(token != null);
    out.list(
        tokens(),
        (it, each) -> {
          each.save(it);
          leases.save(it, each);
        });
  }

  /** Goes on with the login that was saved. */
  void restore(StateReader in, Leases leases) {
    lock.lock();
    try {
      identity.restore(in);
      replacedAt = in.instant();
      boolean current = in.flag();
      former.addAll(
          in.list(
              it -> {
                Token each = Token.restore(it);
                leases.restore(it, each);
                return each;
              }));
      token = current ? former.removeFirst() : null;
      dueAt = null;
      news.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** The place of a token among those that are saved; -1 if it is none of them. */
  int place(@Nullable Token one) {
    return tokens().indexOf(one);
  }

  /** The token at a place; null if there is none. */
  @Nullable Token at(int place) {
    List<Token> all = tokens();
    return place >= 0 && place < all.size() ? all.get(place) : null;
  }

  /** The current one, if there is one, and then the former ones. */
  private List<Token> tokens() {
    lock.lock();
    try {
      List<Token> all = new ArrayList<>(former);
      Token last = token;
      if (last != null) {
        all.addFirst(last);
      }
      return all;
    } finally {
      lock.unlock();
    }
  }

  /** All tokens that are not over, the last one first; none is given out any more. */
  List<Token> end() {
    lock.lock();
    try {
      List<Token> all = tokens();
      token = null;
      former.clear();
      return all;
    } finally {
      lock.unlock();
    }
  }
}
