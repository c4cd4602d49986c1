package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.VaultAuth;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The one login of a sidecar, shared by all its secrets: whoever needs a token first logs in, the
 * others wait for that. A login that failed is not tried again before its backoff is over, however
 * many secrets ask. Safe for use by several threads.
 */
final class Session {
  /**
   * A token that may not look itself up cannot be told from one that is gone; where in truth a
   * policy is missing, a new token changes nothing, so there is at most one a minute.
   */
  private static final Duration MIN_REPLACEMENT_INTERVAL = Duration.ofMinutes(1);

  private final VaultClient client;
  private final VaultSettings settings;
  private final AuditLog audit;
  private final Metrics metrics;
  private final InstantSource clock;
  private @Nullable Token token;
  private @Nullable FetchException failure;
  private Instant notBefore = Instant.EPOCH;
  private Instant replacedAt = Instant.EPOCH;
  private int failures;

  Session(
      VaultClient client,
      VaultSettings settings,
      AuditLog audit,
      Metrics metrics,
      InstantSource clock) {
    this.client = client;
    this.settings = settings;
    this.audit = audit;
    this.metrics = metrics;
    this.clock = clock;
  }

  /**
   * A token that is good as far as is known.
   *
   * @throws FetchException if there is none and none to be had
   */
  synchronized Token token() throws FetchException, InterruptedException {
    Instant now = clock.instant();
    Token current = token;
    if (current != null && !current.isDue(now)) {
      return current;
    }
    FetchException last = failure;
    if (last == null || !now.isBefore(notBefore)) {
      try {
        token = login();
        failure = null;
        failures = 0;
        return token;
      } catch (FetchException e) {
        last = e;
        failure = e;
        notBefore = now.plus(Backoff.pause(++failures, ThreadLocalRandom.current()));
      }
    }
    if (current != null && !current.isOver(now)) {
      return current;
    }
    throw last;
  }

  private Token login() throws FetchException, InterruptedException {
    String method = method(settings.auth());
    try {
      Token next = client.login(settings.auth());
      audit.login(method, settings.address().toString(), null);
      metrics.login(true);
      return next;
    } catch (StatusException e) {
      FetchException refused = refused(method, e);
      audit.login(method, settings.address().toString(), refused.getMessage());
      metrics.login(false);
      throw refused;
    } catch (FetchException e) {
      audit.login(method, settings.address().toString(), e.getMessage());
      metrics.login(false);
      throw e;
    }
  }

  private FetchException refused(String method, StatusException e) {
    String what =
        "login by %s at %s fails with status %d (%s)"
            .formatted(method, settings.address(), e.status(), e.getMessage());
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

  /** {@code kubernetes}, {@code jwt}, {@code approle} or {@code tokenfile}. */
  private static String method(VaultAuth auth) {
    return auth.getClass().getSimpleName().toLowerCase(Locale.ROOT);
  }

  /**
   * Called when a read was refused: forgets the token if it is that which is not good any more.
   *
   * @return whether another try with {@link #token} makes sense
   */
  @SuppressWarnings("ReferenceEquality") // tokens are not to be compared otherwise
  synchronized boolean replace(Token refused) throws FetchException, InterruptedException {
    if (token != refused) {
      return true;
    }
    if (client.knows(refused)) {
      return false;
    }
    Instant now = clock.instant();
    if (now.isBefore(replacedAt.plus(MIN_REPLACEMENT_INTERVAL))) {
      return false;
    }
    replacedAt = now;
    token = null;
    return true;
  }

  /** Gives the token back if we logged in for it. May fail: the token then expires by itself. */
  void revoke() throws FetchException, InterruptedException {
    Token last;
    synchronized (this) {
      last = token;
      token = null;
    }
    if (last != null && last.ours()) {
      try {
        client.revoke(last);
      } catch (StatusException e) {
        // Already expired or revoked.
      }
    }
  }
}
