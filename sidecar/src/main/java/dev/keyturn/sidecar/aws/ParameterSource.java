package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.ssm.model.Parameter;

/** One parameter: text, or with {@code format=json} the fields of an object. */
final class ParameterSource implements SecretSource {
  private final Reference reference;
  private final Map<String, String> options;
  private final String name;
  private final boolean pinned;
  private final Aws aws;
  private final Parameters parameters;
  private final InstantSource clock;
  private Instant lookedAt = Instant.MIN;

  ParameterSource(Reference reference, Aws aws, Parameters parameters, InstantSource clock) {
    this.reference = reference;
    this.options = reference.options();
    String version = options.getOrDefault("version", options.get("label"));
    this.name = version == null ? reference.path() : reference.path() + ":" + version;
    this.pinned = options.containsKey("version");
    this.aws = aws;
    this.parameters = parameters;
    this.clock = clock;
    if (!pinned) {
      parameters.register(name);
    }
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    aws.logIn(reference.toString());
    Instant began = clock.instant();
    try {
      Parameter parameter =
          parameters.read(name).orElseThrow(() -> Failures.notFound(reference.toString()));
      lookedAt = began;
      SortedMap<String, Field> fields =
          "json".equals(options.get("format"))
              ? Fields.ofObject(reference, parameter.value())
              : Fields.whole(Field.text(parameter.value()));
      return new Version(Optional.of(Long.toString(parameter.version())), fields, Optional.empty());
    } catch (SdkException e) {
      throw aws.failure(reference.toString(), Parameters.ACTION, e);
    }
  }

  /** By the version alone: what has not changed is not decrypted once more. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    if (pinned) {
      // It never becomes another.
      return Optional.empty();
    }
    aws.logIn(reference.toString());
    Instant now = clock.instant();
    // A look of another that is nearly as young as ours would be.
    Duration age = Duration.between(lookedAt, now).dividedBy(5);
    try {
      long version = parameters.version(name, now.minus(age));
      lookedAt = now.minus(age).isAfter(lookedAt) ? now : lookedAt;
      return current.id().equals(Optional.of(Long.toString(version)))
          ? Optional.empty()
          : Optional.of(fetch());
    } catch (SdkException e) {
      throw aws.failure(reference.toString(), Parameters.ACTION, e);
    }
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return aws.await(atMost);
  }
}
