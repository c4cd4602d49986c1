package dev.keyturn.sidecar.kubernetes;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.kubernetes.WatchedObject.Found;
import dev.keyturn.sidecar.source.Bell;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.time.Duration;
import java.util.Optional;

/** An object by the API: read once, then followed by the watch that all its references share. */
final class ApiSource implements SecretSource {
  private final Reference reference;
  private final WatchedObject object;
  private final Bell.Listener bell;

  /** Whether the API server lets nobody change what was read last. */
  private boolean immutable;

  ApiSource(Reference reference, WatchedObject object) {
    this.reference = reference;
    this.object = object;
    this.bell = object.listener();
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    Optional<Found> told = object.told();
    return version(told.isPresent() ? told.get() : object.read(reference));
  }

  private Version version(Found found) throws FetchException {
    if (found.version().isEmpty()) {
      throw FetchException.permanent(
          "%s: there is none of this name in the namespace %s: create it, or correct the reference"
              .formatted(reference, object.namespace()));
    }
    immutable = found.immutable();
    Version version = found.version().get();
    Ciphertext.refuse(reference, version);
    return version;
  }

  /** From the watch, which knows, unless it is interrupted. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    if (immutable) {
      return Optional.empty();
    }
    Optional<Found> told = object.told();
    Version newest = version(told.isPresent() ? told.get() : object.read(reference));
    if (newest.id().equals(current.id())) {
      newest.close();
      return Optional.empty();
    }
    return Optional.of(newest);
  }

  @Override
  public boolean watches() {
    return true;
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return bell.await(atMost);
  }
}
