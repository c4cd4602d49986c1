package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The surroundings of a source without a sidecar. */
public final class FakeContext implements SourceContext, AutoCloseable {
  private final Plan plan;
  private final Path directory;
  private final Workload workload;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final AuditLog audit;
  private final Metrics metrics = new Metrics();
  private volatile @Nullable Instant stopped;
  private final Map<Class<?>, AutoCloseable> shared = new LinkedHashMap<>();

  public FakeContext(Plan plan, Path directory, Workload workload) {
    this.plan = plan;
    this.directory = directory;
    this.workload = workload;
    this.audit = new AuditLog(log, workload, InstantSource.system());
  }

  /** The audit lines so far. */
  public String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  @Override
  public Plan plan() {
    return plan;
  }

  @Override
  public Path directory() {
    return directory;
  }

  @Override
  public Workload workload() {
    return workload;
  }

  @Override
  public AuditLog audit() {
    return audit;
  }

  @Override
  public Metrics metrics() {
    return metrics;
  }

  @Override
  public InstantSource wall() {
    return InstantSource.system();
  }

  @Override
  public InstantSource steady() {
    return () -> {
      Instant at = stopped;
      return at == null ? Instant.now() : at;
    };
  }

  /** Stops the steady clock, and sets it forward. */
  public void stopClock(Duration forward) {
    stopped = steady().instant().plus(forward);
  }

  @Override
  public synchronized <T extends AutoCloseable> T shared(Class<T> kind, Supplier<T> make) {
    AutoCloseable known = shared.get(kind);
    if (known == null) {
      known = make.get();
      shared.put(kind, known);
    }
    return kind.cast(known);
  }

  @Override
  public void onResume(Runnable resumed) {
    // No machine of a test is suspended.
  }

  @Override
  public SecretSource open(Reference reference) {
    throw new UnsupportedOperationException("no other source is here");
  }

  @Override
  public void close() {
    for (AutoCloseable one : shared.values()) {
      try {
        one.close();
      } catch (Exception e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
