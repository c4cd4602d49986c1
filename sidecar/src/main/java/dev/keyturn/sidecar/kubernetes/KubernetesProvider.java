package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;
import java.nio.file.Path;

/** Secrets and ConfigMaps: {@code k8s:secret/app}, the way that {@code kubernetes.access} says. */
public final class KubernetesProvider implements SourceProvider {
  /** Where the webhook mounts what it adds: {@code secret/NAME}, {@code configmap/NAME}. */
  private static final Path VOLUMES = Path.of("/keyturn/kubernetes");

  @Override
  public Source source() {
    return Source.K8S;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) throws FetchException {
    String access = context.plan().setting("kubernetes", "access").orElse("volume");
    if (access.equals("volume")) {
      return new VolumeSource(reference, VOLUMES.resolve(reference.path()));
    }
    ApiServer.Place place = ApiServer.Place.of(context, reference);
    ApiServer server = context.shared(ApiServer.class, () -> new ApiServer(place, context.audit()));
    return new ApiSource(reference, server.object(reference.path()));
  }
}
