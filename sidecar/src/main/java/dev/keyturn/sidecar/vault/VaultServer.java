package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import java.time.Duration;
import java.time.InstantSource;

/** The server of a plan: one client and one login for all its secrets. */
public final class VaultServer implements AutoCloseable {
  /** Of the second that a pod's containers have to end. */
  private static final Duration REVOKE_TIMEOUT = Duration.ofMillis(500);

  private final VaultSettings settings;
  private final VaultClient client;
  private final Session session;

  /**
   * Nothing is connected to yet.
   *
   * @param clock one that is never set back
   */
  public VaultServer(VaultSettings settings, AuditLog audit, Metrics metrics, InstantSource clock) {
    this.settings = settings;
    this.client = new VaultClient(settings, clock);
    this.session = new Session(client, settings, audit, metrics, clock);
  }

  /** A secret there; connects and logs in at the first fetch. */
  public SecretSource source(Reference reference) {
    return new VaultSource(reference, settings, client, session);
  }

  /** Gives the token back if that works at once. */
  @Override
  public void close() {
    Thread revoking =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    session.revoke();
                  } catch (FetchException | InterruptedException e) {
                    // The token expires by itself.
                  }
                });
    try {
      if (!revoking.join(REVOKE_TIMEOUT)) {
        revoking.interrupt();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    client.close();
  }
}
