package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.source.Bell;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Lease;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultClient.Engine;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A read of a Vault or OpenBao. KV v1 and v2 are told apart by asking the server; on v2 the {@code
 * data} segment of the API may be there or not: {@code secret/app} and {@code secret/data/app} are
 * the same.
 */
final class VaultSource implements SecretSource {
  /** What of an answer is taken. */
  enum Part {
    /** The fields of the secret. */
    FIELDS,
    /** All data, as the API has them: of KV v2 with the metadata around the fields. */
    DATA,
    /** The names of what is beside it. */
    NAMES
  }

  private final Reference reference;
  private final Part part;
  private final String shown;
  private final String server;
  private final VaultClient client;
  private final Session session;
  private final Engines engines;
  private final Leases leases;
  private final Bell.Listener bell;
  private final AuditLog audit;
  private final Metrics metrics;

  /** With which the last version was fetched: its lease ends with it. */
  private @Nullable Token token;

  /** Whether the policy has nothing for the metadata, or for looking a lease up. */
  private boolean mayNotLook;

  /**
   * @param shown the reference, for people and logs
   */
  VaultSource(
      Reference reference,
      Part part,
      String shown,
      String server,
      VaultClient client,
      Session session,
      Engines engines,
      Leases leases,
      Bell bell,
      AuditLog audit,
      Metrics metrics) {
    this.reference = reference;
    this.part = part;
    this.shown = shown;
    this.server = server;
    this.client = client;
    this.session = session;
    this.engines = engines;
    this.leases = leases;
    this.bell = bell.listener();
    this.audit = audit;
    this.metrics = metrics;
  }

  /** Whether the path may be told: one that a template has worked out may hold a secret. */
  private boolean isTold() {
    return shown.contains(reference.path());
  }

  private String said(StatusException e) {
    String message = String.valueOf(e.getMessage());
    return isTold() && e.getMessage() != null && !message.isEmpty() ? message : "";
  }

  private <T> T ask(Session.Question<T> question) throws FetchException, InterruptedException {
    try {
      return session.ask(question);
    } catch (StatusException e) {
      FetchException failure = failure(e);
      // Another engine may have been mounted there in the meantime.
      engines.forget(reference.path());
      throw failure;
    }
  }

  @Override
  public boolean isWrite() {
    return reference.isWrite();
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    return ask(this::read);
  }

  private Version read(Token current) throws FetchException, StatusException, InterruptedException {
    if (token != current) {
      // Another login may have another policy.
      mayNotLook = false;
    }
    Version version = readAt(current, engines.at(current, reference.path()));
    token = current;
    version
        .lease()
        .filter(lease -> lease.id().isPresent())
        .ifPresent(it -> leases.add(it, current));
    return version;
  }

  private Version readAt(Token current, Engine engine)
      throws FetchException, StatusException, InterruptedException {
    if (engine.kv1() || engine.kv2()) {
      if (reference.isWrite() || !reference.parameters().isEmpty()) {
        throw FetchException.permanent(
            "%s: %s is a key-value engine, which is read without a method or parameters: drop %s"
                .formatted(
                    shown,
                    isTold() ? engine.mount() : "this",
                    String.join(
                        ", ",
                        reference.parameters().isEmpty()
                            ? java.util.List.of("method")
                            : reference.parameters().keySet())));
      }
      return engine.kv2() ? kv2(current, engine) : kv1(current, engine);
    }
    refuseVersion(engine);
    if (part == Part.NAMES) {
      return client.list(current, directory());
    }
    return reference.isWrite()
        ? client.writePath(current, reference.path(), reference.parameters())
        : client.readPath(current, reference.path(), reference.parameters());
  }

  private Version kv2(Token current, Engine engine)
      throws FetchException, StatusException, InterruptedException {
    String path = reference.path();
    return switch (part) {
      case FIELDS -> client.readKv2(current, segment(engine, "data"), pinned(), false);
      case DATA ->
          path.startsWith(engine.mount() + "metadata/")
                  || path.startsWith(engine.mount() + "subkeys/")
              ? client.readPath(current, path, reference.parameters())
              : client.readKv2(current, segment(engine, "data"), pinned(), true);
      case NAMES -> client.list(current, directory(engine));
    };
  }

  /** Where the reference is, with a slash at its end. */
  private String directory() {
    return reference.path().substring(0, reference.path().lastIndexOf('/') + 1);
  }

  /** The same as the API of KV v2 lists it. */
  private String directory(Engine engine) {
    String path = directory();
    String metadata = engine.mount() + "metadata/";
    return path.startsWith(metadata) || !path.startsWith(engine.mount())
        ? path
        : metadata + path.substring(engine.mount().length());
  }

  private Version kv1(Token current, Engine engine)
      throws FetchException, StatusException, InterruptedException {
    refuseVersion(engine);
    if (part == Part.NAMES) {
      return client.list(current, directory());
    }
    return client.readPath(current, reference.path(), reference.parameters());
  }

  private Optional<String> pinned() {
    return Optional.ofNullable(reference.options().get("version"));
  }

  private void refuseVersion(Engine engine) throws FetchException {
    if (pinned().isPresent()) {
      throw FetchException.permanent(
          "%s: only KV v2 keeps versions, and %s is something else: drop the option version"
              .formatted(shown, isTold() ? engine.mount() : "this"));
    }
  }

  /** By the lease, or by the version's number: nothing is read that is here already. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    return ask(login -> refresh(current, login));
  }

  private Optional<Version> refresh(Version current, Token login)
      throws FetchException, StatusException, InterruptedException {
    Optional<String> lease = current.lease().flatMap(Lease::id);
    if (lease.isPresent()) {
      return token == login && isAlive(lease.get(), login)
          ? Optional.empty()
          : Optional.of(read(login));
    }
    Engine engine = engines.at(login, reference.path());
    if (engine.kv2() && pinned().isEmpty() && current.id().isPresent() && part != Part.NAMES) {
      Optional<String> newest = newest(engine, login);
      if (newest.isPresent() && newest.equals(current.id())) {
        return Optional.empty();
      }
    }
    return Optional.of(read(login));
  }

  /** Empty where the policy does not let us see it. */
  private Optional<String> newest(Engine engine, Token login)
      throws FetchException, StatusException, InterruptedException {
    if (mayNotLook && token == login) {
      return Optional.empty();
    }
    try {
      return client.currentKv2(login, segment(engine, "metadata"));
    } catch (StatusException e) {
      mayNotLook |= e.status() == 403;
      if (Statuses.isDown(e.status())) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private boolean isAlive(String lease, Token login)
      throws FetchException, StatusException, InterruptedException {
    if (mayNotLook) {
      return true;
    }
    try {
      client.lookUp(login, lease);
      return true;
    } catch (StatusException e) {
      if (e.status() == 400 || e.status() == 404) {
        return false;
      }
      if (e.status() != 403 || !client.knows(login)) {
        throw e;
      }
      mayNotLook = true;
      return true;
    }
  }

  @Override
  public Optional<Lease> renew(Lease lease) throws FetchException, InterruptedException {
    Token login = session.token();
    if (token != login) {
      return Optional.empty();
    }
    String what = shown;
    try {
      Optional<Lease> granted = client.renew(login, lease);
      if (granted.isPresent()) {
        leases.add(granted.get(), login);
        audit.renewed(what, granted.get().duration().toString(), null);
        metrics.renewal(what, Outcome.OK);
      }
      return granted;
    } catch (StatusException e) {
      // 500 too: it is what a lease past its maximum gets ("past the max TTL, cannot renew").
      boolean refused = !Statuses.isDown(e.status()) && e.status() != 412;
      metrics.renewal(what, refused ? Outcome.REFUSED : Outcome.FAILED);
      audit.renewed(what, "", "status " + e.status() + " (" + said(e) + ")");
      if (refused) {
        return Optional.empty();
      }
      throw failure(e);
    } catch (FetchException e) {
      if (!e.held()) {
        metrics.renewal(what, Outcome.FAILED);
        audit.renewed(what, "", e.getMessage());
      }
      throw e;
    }
  }

  @Override
  public void giveBack(Version unused) throws InterruptedException {
    Optional<String> lease = unused.lease().flatMap(Lease::id);
    Token holder = token;
    if (lease.isEmpty() || holder == null || !leases.isGivenBack()) {
      return;
    }
    String failure = null;
    try {
      client.revoke(holder, lease.get());
      leases.remove(lease.get());
    } catch (StatusException e) {
      failure = "status " + e.status() + ": it ends by itself";
    } catch (FetchException e) {
      failure = e.getMessage() + ": it ends by itself";
    }
    audit.revoked(shown, failure);
  }

  @Override
  public void save(StateWriter out) {
    out.number(session.place(token)).flag(mayNotLook);
  }

  @Override
  public void restore(StateReader in) {
    token = session.at((int) in.number());
    mayNotLook = in.flag();
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return bell.await(atMost);
  }

  /** The path as the API of KV v2 has it. */
  private String segment(Engine engine, String segment) {
    String path = reference.path();
    String inside = path.startsWith(engine.mount()) ? path.substring(engine.mount().length()) : "";
    if (inside.isEmpty()) {
      return path;
    }
    String secret = inside.startsWith("data/") ? inside.substring("data/".length()) : inside;
    return engine.mount() + segment + "/" + secret;
  }

  private FetchException failure(StatusException e) {
    String said = said(e).isEmpty() ? "" : ", " + said(e);
    String what = "%s at %s: status %d%s".formatted(shown, server, e.status(), said);
    Engine engine = engines.known(reference.path());
    String path = engine != null && engine.kv2() ? segment(engine, "data") : reference.path();
    return switch (e.status()) {
      case 400 -> FetchException.permanent(what + ": correct the reference");
      case 403 ->
          FetchException.permanent(
              "%s: give this identity a policy with the capability \"%s\" on \"%s\"%s"
                  .formatted(
                      what,
                      reference.isWrite() ? "update" : "read",
                      isTold() ? path : "its path",
                      engine == null ? " (with data/ after the mount on KV v2)" : ""));
      case 404 ->
          FetchException.permanent(
              what + ": nothing is there: write it, undelete its version, or correct the path");
      case 405 ->
          FetchException.permanent(
              what
                  + (reference.isWrite()
                      ? ": this path cannot be written to"
                      : ": this path cannot be read: does it want ?method=POST?"));
      default -> FetchException.temporary(what + ": " + Statuses.hint(e.status()), e);
    };
  }
}
