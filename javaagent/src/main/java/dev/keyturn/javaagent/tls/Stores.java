package dev.keyturn.javaagent.tls;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.standin.RotationListener;
import dev.keyturn.javaagent.standin.Rotations;
import dev.keyturn.javaagent.standin.Snapshot;
import dev.keyturn.mount.MountedFile;
import java.security.cert.X509Certificate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Which file of the mount a certificate comes from, also one that was replaced since: an
 * application may have read it long before it makes a TLS context of it. Of replaced files only
 * certificates are kept. Any thread.
 */
final class Stores extends RotationListener {
  /** Enough for a rotation each hour for a month, with a kilobyte or two each. */
  private static final int MAX_KNOWN = 1000;

  private static final Stores INSTANCE = new Stores();

  /** By the certificate of a private key, or by the set that a trust store holds. */
  private final Map<Object, String> known = new Known();

  private final Map<String, StoreFile> newest = new HashMap<>();

  @SuppressWarnings("serial") // never serialized
  private static final class Known extends LinkedHashMap<Object, String> {
    @Override
    protected boolean removeEldestEntry(Map.Entry<Object, String> eldest) {
      return size() > MAX_KNOWN;
    }
  }

  private Stores() {
    Rotations.add(this);
    Snapshot now = Snapshot.current();
    for (MountedFile file : now.files()) {
      MountedFile former = now.former(file.name());
      if (former != null) {
        look(former);
      }
    }
    look(now);
  }

  /** Sees to it that what is in the mount from now on will be known. */
  static void watch() {
    INSTANCE.look(Snapshot.current());
  }

  /** The name of the file with the private key of this certificate, in whatever version. */
  static @Nullable String withKeyOf(X509Certificate certificate) {
    return INSTANCE.fileOf(certificate);
  }

  /** The name of the trust store that holds, or held, just these. */
  static @Nullable String holding(Set<X509Certificate> certificates) {
    return certificates.isEmpty() ? null : INSTANCE.fileOf(certificates);
  }

  /** The newest version of a file that could be taken apart. */
  static @Nullable StoreFile newest(String name) {
    INSTANCE.look(Snapshot.current());
    synchronized (INSTANCE) {
      return INSTANCE.newest.get(name);
    }
  }

  private @Nullable String fileOf(Object certificates) {
    look(Snapshot.current());
    synchronized (this) {
      return known.get(certificates);
    }
  }

  @Override
  public void rotated(Snapshot before, Snapshot now, Set<String> changed) {
    look(now);
  }

  private synchronized void look(Snapshot snapshot) {
    for (MountedFile file : snapshot.files()) {
      look(file);
    }
  }

  private synchronized void look(MountedFile file) {
    StoreFile have = newest.get(file.name());
    if (!file.isStore() || (have != null && have.file().sameContent(file))) {
      return;
    }
    Boolean outer = OwnCalls.begin();
    try {
      StoreFile store = new StoreFile(file);
      X509Certificate leaf = store.leaf();
      known.put(leaf != null ? leaf : store.trusted(), file.name());
      newest.put(file.name(), store);
    } catch (Exception e) {
      Problems.once(
          "secret '"
              + file.name()
              + "' can't be read as a key or trust store ("
              + e.getClass().getName()
              + "): TLS goes on with what was there before");
    } finally {
      OwnCalls.end(outer);
    }
  }
}
