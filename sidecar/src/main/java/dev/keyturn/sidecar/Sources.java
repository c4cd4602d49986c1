package dev.keyturn.sidecar;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.source.FallbackSource;
import dev.keyturn.sidecar.source.FallbackSource.Place;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.FileProvider;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;
import dev.keyturn.sidecar.vault.VaultProvider;
import dev.keyturn.template.Request;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The sources of a sidecar. Safe for use by several threads. */
final class Sources implements SourceContext, AutoCloseable {
  /** A system property: a folder of jars with sources that are not on the class path. */
  static final String FOLDER = "keyturn.sources";

  private final SidecarConfig config;
  private final AuditLog audit;
  private final Metrics metrics;
  private final InstantSource steady;
  private final VaultProvider vault = new VaultProvider();
  private final FileProvider files = new FileProvider();
  private final Map<Class<?>, AutoCloseable> shared = new LinkedHashMap<>();
  private final List<Runnable> onResume = new ArrayList<>();
  private @Nullable Map<Source, SourceProvider> others;

  Sources(SidecarConfig config, AuditLog audit, Metrics metrics, InstantSource steady) {
    this.config = config;
    this.audit = audit;
    this.metrics = metrics;
    this.steady = steady;
  }

  @Override
  public SecretSource open(Reference reference) throws FetchException {
    // These two by their names: what looks for providers costs more than either (docs/decisions).
    SecretSource source =
        switch (reference.source()) {
          case VAULT -> vault.open(reference, this);
          case FILE -> files.open(reference, this);
          case K8S, SOPS, AWS_SSM, AWS_SM -> provider(reference).open(reference, this);
        };
    return reference.transitKey().isPresent() ? vault.decrypting(source, reference, this) : source;
  }

  /**
   * A read of a secret that comes from references.
   *
   * @throws FetchException if one can't be read, whatever happens; permanent
   */
  SecretSource open(SecretSpec spec) throws FetchException {
    if (spec.fallbacks().isEmpty()) {
      return open(spec.from().orElseThrow());
    }
    List<Reference> references = spec.references();
    List<Place> places = new ArrayList<>();
    for (Reference reference : references) {
      places.add(new Place(reference, open(reference)));
    }
    return new FallbackSource(
        places,
        place -> {
          audit.serves(spec.name(), references.get(place).toString(), place);
          metrics.fallback(spec.name(), place);
        });
  }

  /**
   * What answers a template.
   *
   * @param shown the request for people and logs
   * @throws FetchException if it asks another source than Vault for what that has not; permanent
   * @throws dev.keyturn.plan.PlanException if no reference can be made of it
   */
  SecretSource open(Request request, String shown) throws FetchException {
    if (!Reference.isElsewhere(request.path())) {
      return vault.open(request, shown, this);
    }
    if (!(request instanceof Request.Secret(var path, var query, var parameters))
        || !parameters.isEmpty()) {
      throw FetchException.permanent(
          request.path() + ": of sources other than vault, templates read alone, with 'secret'");
    }
    Reference bare = Reference.parse(path);
    // What is worked out was seen by nobody who admits the pod: not by its profile, nor by whoever
    // adds its volumes.
    if (!plan().paths(bare.source()).contains(bare.path())) {
      throw FetchException.permanent(
          "%s: a template may work out a path of vault alone: write this reference out"
              .formatted(path));
    }
    return open(new Reference(bare.source(), bare.path(), query, bare.key()));
  }

  private synchronized SourceProvider provider(Reference reference) throws FetchException {
    if (others == null) {
      others = new EnumMap<>(Source.class);
      for (SourceProvider provider : ServiceLoader.load(SourceProvider.class, loader(reference))) {
        others.put(provider.source(), provider);
      }
    }
    SourceProvider provider = others.get(reference.source());
    if (provider == null) {
      throw FetchException.permanent(
          "%s: there is no provider for '%s:' in this build: add the jar that has it, or correct the reference"
              .formatted(reference, reference.source().prefix()));
    }
    return provider;
  }

  /**
   * Ours, since the thread's own may be that of an application which runs a sidecar in its process;
   * or one below it with the jars of {@value #FOLDER}, which cost nothing until a plan needs them.
   */
  private static ClassLoader loader(Reference reference) throws FetchException {
    ClassLoader ours = SourceProvider.class.getClassLoader();
    String folder = System.getProperty(FOLDER);
    if (folder == null) {
      return ours;
    }
    List<URL> jars = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(folder), "*.jar")) {
      for (Path file : files) {
        jars.add(file.toUri().toURL());
      }
    } catch (IOException e) {
      throw FetchException.permanent(
          "%s: the folder of the sources' jars, %s, can't be read: %s; correct -D%s"
              .formatted(reference, folder, e.getClass().getSimpleName(), FOLDER));
    }
    return new URLClassLoader(jars.toArray(URL[]::new), ours);
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
  public synchronized void onResume(Runnable resumed) {
    onResume.add(resumed);
  }

  /** The machine was suspended for a while. */
  void resumed() {
    List<Runnable> all;
    synchronized (this) {
      all = List.copyOf(onResume);
    }
    all.forEach(Runnable::run);
  }

  @Override
  public Plan plan() {
    return config.plan();
  }

  @Override
  public Path directory() {
    return config.planDirectory();
  }

  @Override
  public Workload workload() {
    return config.workload();
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
    return steady;
  }

  @Override
  public void close() {
    List<AutoCloseable> all;
    synchronized (this) {
      all = List.copyOf(shared.values());
    }
    for (AutoCloseable one : all.reversed()) {
      try {
        one.close();
      } catch (Exception e) {
        audit.warning(one.getClass().getSimpleName() + " did not close: " + e.getClass().getName());
      }
    }
  }
}
