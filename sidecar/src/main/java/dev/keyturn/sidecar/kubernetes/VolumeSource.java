package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.DirectorySource;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * An object as a volume with {@code optional: true}, which is there, and empty, before the object
 * is. The kubelet writes it again within its sync period, a minute or two.
 */
final class VolumeSource implements SecretSource {
  private final Reference reference;
  private final Path directory;
  private final DirectorySource files;

  VolumeSource(Reference reference, Path directory) {
    this.reference = reference;
    this.directory = directory;
    this.files = new DirectorySource(reference, directory);
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    if (!Files.isDirectory(directory)) {
      throw FetchException.permanent(
          "%s: there is no volume with it at %s: the webhook adds one to a pod; elsewhere set kubernetes.access to api"
              .formatted(reference, directory));
    }
    Version version = files.fetch();
    if (version.fields().isEmpty()) {
      throw FetchException.permanent(
          "%s: it is not there, or is empty: create it in the pod's namespace; the kubelet brings it within a minute or two"
              .formatted(reference));
    }
    Ciphertext.refuse(reference, version);
    return version;
  }

  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    return files.isSame() ? Optional.empty() : Optional.of(fetch());
  }

  @Override
  public boolean watches() {
    return true;
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return files.awaitChange(atMost);
  }
}
