package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.source.Bell;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SecretSource.Wake;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import dev.keyturn.sidecar.vault.VaultSource.Part;
import dev.keyturn.template.Request;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** The server of a plan: one client, one gate and one login for all its secrets. */
public final class VaultServer implements AutoCloseable {
  /** Of the 30 s that a pod's containers have to end, by default. */
  static final Duration REVOKE_TIMEOUT = Duration.ofSeconds(5);

  private final VaultSettings settings;
  private final String address;
  private final AuditLog audit;
  private final Metrics metrics;
  private final Bell bell = new Bell();
  private final Gate gate;
  private final VaultClient client;
  private final Session session;
  private final Engines engines;
  private final Leases leases;
  private final Thread keeper;

  /**
   * Nothing is connected to yet.
   *
   * @param clock one that is never set, and counts suspensions
   */
  public VaultServer(VaultSettings settings, AuditLog audit, Metrics metrics, InstantSource clock) {
    this.settings = settings;
    this.address = settings.address().toString();
    this.audit = audit;
    this.metrics = metrics;
    this.gate = new Gate(clock, new SplittableRandom(), new Reports());
    this.client = new VaultClient(settings, gate, metrics, clock);
    Identity identity = new Identity(settings.auth(), client);
    this.session = new Session(client, identity, address, audit, metrics, bell, clock);
    this.engines = new Engines(client);
    this.leases = new Leases(clock, settings.revoke());
    this.keeper = Thread.ofVirtual().name("login").start(session::keep);
  }

  /** Tells of an outage and its end. */
  private final class Reports implements Gate.Listener {
    @Override
    public void down(String reason) {
      audit.server(address, false, reason);
      metrics.server(false);
    }

    @Override
    public void up() {
      audit.server(address, true, null);
      metrics.server(true);
      bell.ring(Wake.RECOVERED);
    }
  }

  /** A read there; connects and logs in at the first fetch. */
  public SecretSource source(Reference reference) {
    return source(reference, Part.FIELDS, reference.toString());
  }

  /**
   * The same for what a template asks.
   *
   * @param shown the request for people and logs; where it does not hold the path, no message does
   * @throws PlanException if no reference can be made of it
   */
  public SecretSource source(Request request, String shown) {
    Part part = request instanceof Request.Listing ? Part.NAMES : Part.DATA;
    return source(reference(request), part, shown);
  }

  /**
   * What a template asks, as a reference.
   *
   * @throws PlanException if none can be made of it
   */
  public static Reference reference(Request request) {
    Map<String, String> options = new LinkedHashMap<>();
    Map<String, String> parameters = Map.of();
    String path = request.path();
    switch (request) {
      case Request.Secret(var _, var query, var given) -> {
        parameters = given;
        options.putAll(query);
        if (query.keySet().stream().anyMatch(name -> !name.equals("version"))) {
          options.put("method", "GET");
        }
      }
      case Request.Certificate(var _, var given) -> {
        parameters = given;
        options.put("method", "POST");
      }
      case Request.Listing _ -> path += "/-";
    }
    if (!parameters.isEmpty()) {
      options.put("method", "POST");
      options.putAll(parameters);
    }
    return new Reference(Source.VAULT, path, options, Optional.empty());
  }

  private SecretSource source(Reference reference, Part part, String shown) {
    return new VaultSource(
        reference, part, shown, address, client, session, engines, leases, bell, audit, metrics);
  }

  /**
   * Has a key of the transit engine decrypt, all by one request; logs in where that is due.
   *
   * @param engine where the engine is mounted
   * @param ciphertexts as the engine made them: {@code vault:v1:...}
   * @return in the same order, what the caller wipes
   * @throws FetchException if that can't be; the message names the key
   */
  public List<byte[]> decrypt(String engine, String key, List<String> ciphertexts)
      throws FetchException, InterruptedException {
    String path = engine + "/decrypt/" + key;
    try {
      return session.ask(token -> client.decrypt(token, path, ciphertexts));
    } catch (StatusException e) {
      String what = "%s at %s: status %d, %s".formatted(path, address, e.status(), e.getMessage());
      throw switch (e.status()) {
        case 400 -> FetchException.permanent(what + ": was it encrypted with this key?");
        case 403 ->
            FetchException.permanent(
                "%s: give this identity a policy with the capability \"update\" on \"%s\""
                    .formatted(what, path));
        case 404, 405 ->
            FetchException.permanent(what + ": is a transit engine mounted there, with this key?");
        default -> FetchException.temporary(what + ": " + Statuses.hint(e.status()), e);
      };
    }
  }

  /** The machine was suspended for a while: everything is looked at anew. */
  public void resumed() {
    session.resumed();
    bell.ring(Wake.RESUMED);
  }

  /**
   * Holds still, until {@link #letGo}, if the server answers and the login is in order.
   *
   * @return when the login is to be seen to; empty otherwise
   */
  public Optional<Instant> holdStill() {
    return gate.isOpen() ? session.holdStill() : Optional.empty();
  }

  /** Goes on. */
  public void letGo() {
    session.letGo();
  }

  /** Called while it holds still. */
  public void save(StateWriter out) {
    session.save(out, leases);
    engines.save(out);
  }

  /** Goes on with what {@link #save} wrote; called before anything is asked. */
  public void restore(StateReader in) {
    session.restore(in, leases);
    engines.restore(in);
  }

  /**
   * Gives the token and the leases back, if the plan does not say otherwise and that works within
   * {@link #REVOKE_TIMEOUT}: else they end by themselves.
   */
  @Override
  public void close() {
    keeper.interrupt();
    if (settings.revoke()) {
      Thread revoking = Thread.ofVirtual().start(this::revoke);
      try {
        if (!revoking.join(REVOKE_TIMEOUT)) {
          audit.revoked(address, "not done within " + REVOKE_TIMEOUT.toSeconds() + " s");
          revoking.interrupt();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    client.close();
  }

  private void revoke() {
    String failure = null;
    boolean any = false;
    for (Token token : session.end()) {
      try {
        if (token.isRevocable()) {
          any = true;
          client.revoke(token);
          continue;
        }
        for (String lease : leases.of(token)) {
          any = true;
          client.revoke(token, lease);
        }
      } catch (StatusException e) {
        failure = "status " + e.status() + " (" + e.getMessage() + "): they end by themselves";
      } catch (FetchException e) {
        failure = e.getMessage() + ": they end by themselves";
      } catch (InterruptedException e) {
        return;
      }
    }
    if (any) {
      audit.revoked(address, failure);
    }
  }
}
