package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.Supplier;

/** What a source may use of the sidecar that it works for. Safe for use by several threads. */
public interface SourceContext {

  /** With the sources' settings: {@link Plan#vault}, {@link Plan#setting}. */
  Plan plan();

  /** What a relative path of a reference starts from. */
  Path directory();

  /** For whom the sidecar works. */
  Workload workload();

  /** For logins and outages; what is fetched is told by the caller. */
  AuditLog audit();

  /** The same. */
  Metrics metrics();

  /** The time of day. */
  InstantSource wall();

  /** A clock that is never set, and counts suspensions. */
  InstantSource steady();

  /**
   * What the references of a source have in common: a connection, a login, a watch. Made when it is
   * first asked for; closed at the sidecar's end, the youngest first.
   *
   * @param kind what it is, the same for all that share it
   * @param make runs once; asks nobody and blocks for nothing
   */
  <T extends AutoCloseable> T shared(Class<T> kind, Supplier<T> make);

  /** Has something done after each suspension of the machine, when {@link #steady} knows of it. */
  void onResume(Runnable resumed);

  /**
   * A read at any source of the plan's language, for a source that needs another's answer.
   *
   * @throws FetchException if it can't be read, whatever happens; permanent
   */
  SecretSource open(Reference reference) throws FetchException;
}
