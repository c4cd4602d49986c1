package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.vault.VaultClient.Engine;
import dev.keyturn.sidecar.vault.VaultClient.StatusException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Which engine serves a path: asked once for each mount, since no mount lies within another. Safe
 * for use by several threads.
 */
final class Engines {
  private final VaultClient client;
  private final ReentrantLock asking = new ReentrantLock();
  private final Map<String, Engine> byMount = new HashMap<>();

  Engines(VaultClient client) {
    this.client = client;
  }

  /** Asks the server if it was not asked before; the others wait for the answer. */
  Engine at(Token token, String path) throws FetchException, StatusException, InterruptedException {
    Engine known = known(path);
    if (known != null) {
      return known;
    }
    asking.lockInterruptibly();
    try {
      known = known(path);
      if (known == null) {
        known = client.engine(token, path);
        remember(known);
      }
      return known;
    } finally {
      asking.unlock();
    }
  }

  synchronized void save(StateWriter out) {
    out.map(byMount, (it, engine) -> it.flag(engine.kv1()).flag(engine.kv2()));
  }

  synchronized void restore(StateReader in) {
    in.list(
        it -> {
          String mount = it.text();
          return byMount.put(mount, new Engine(mount, it.flag(), it.flag()));
        });
  }

  /** What is known; null if nothing. */
  synchronized @Nullable Engine known(String path) {
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      Engine engine = byMount.get(path.substring(0, slash + 1));
      if (engine != null) {
        return engine;
      }
    }
    return null;
  }

  private synchronized void remember(Engine engine) {
    if (!engine.mount().isEmpty()) {
      byMount.put(engine.mount(), engine);
    }
  }

  /** Another engine may be mounted there. */
  synchronized void forget(String path) {
    Engine engine = known(path);
    if (engine != null) {
      byMount.remove(engine.mount());
    }
  }
}
