package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Selection;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.vault.VaultClient.Answer;
import dev.keyturn.sidecar.vault.VaultClient.Engine;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A secret of a Vault or OpenBao. KV v1 and v2 are told apart by asking the server; on v2 the
 * {@code data} segment of the API may be there or not: {@code secret/app} and {@code
 * secret/data/app} are the same.
 */
final class VaultSource implements SecretSource {
  private final Reference reference;
  private final VaultSettings settings;
  private final VaultClient client;
  private final Session session;
  private @Nullable Engine engine;

  VaultSource(Reference reference, VaultSettings settings, VaultClient client, Session session) {
    this.reference = reference;
    this.settings = settings;
    this.client = client;
    this.session = session;
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    Token token = session.token();
    try {
      try {
        return read(token);
      } catch (StatusException e) {
        if (e.status() != 403 || !session.replace(token)) {
          throw e;
        }
        return read(session.token());
      }
    } catch (StatusException e) {
      FetchException failure = failure(e);
      // Another engine may have been mounted there in the meantime.
      engine = null;
      throw failure;
    }
  }

  private Version read(Token token) throws FetchException, StatusException, InterruptedException {
    Engine current = engine;
    if (current == null) {
      current = client.engine(token, reference.path());
      engine = current;
    }
    Optional<String> version = Optional.ofNullable(reference.options().get("version"));
    if (version.isPresent() && !current.kv2()) {
      throw FetchException.permanent(
          "%s: only KV v2 keeps versions, and %s is something else: drop the option version"
              .formatted(reference, current.mount()));
    }
    Answer answer =
        current.kv2()
            ? client.readKv2(token, dataPath(current), version)
            : client.readPath(token, reference.path());
    return new Version(
        answer.version(), Selection.select(reference, answer.fields()), answer.lease());
  }

  /** The path as the API of KV v2 has it. */
  private String dataPath(Engine current) {
    String path = reference.path();
    String inside =
        path.startsWith(current.mount()) ? path.substring(current.mount().length()) : "";
    return inside.isEmpty() || inside.startsWith("data/")
        ? path
        : current.mount() + "data/" + inside;
  }

  private FetchException failure(StatusException e) {
    String said = e.getMessage() == null || e.getMessage().isEmpty() ? "" : ", " + e.getMessage();
    String what =
        "%s at %s: status %d%s".formatted(reference, settings.address(), e.status(), said);
    Engine current = engine;
    String path = current != null && current.kv2() ? dataPath(current) : reference.path();
    return switch (e.status()) {
      case 400 -> FetchException.permanent(what + ": correct the reference");
      case 403 ->
          FetchException.permanent(
              "%s: give this identity a policy with the capability \"read\" on \"%s\"%s"
                  .formatted(
                      what, path, current == null ? " (with data/ after the mount on KV v2)" : ""));
      case 404 ->
          FetchException.permanent(
              what + ": nothing is there: write it, undelete its version, or correct the path");
      case 405 -> FetchException.permanent(what + ": this path cannot be read");
      default -> FetchException.temporary(what + ": " + Statuses.hint(e.status()), e);
    };
  }
}
