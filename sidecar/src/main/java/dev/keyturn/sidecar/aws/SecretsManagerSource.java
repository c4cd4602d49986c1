package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.secretsmanager.model.DescribeSecretRequest;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueRequest;
import software.amazon.awssdk.services.secretsmanager.model.GetSecretValueResponse;
import software.amazon.awssdk.services.secretsmanager.model.SecretsManagerException;

/** One secret: the fields of a JSON object, or its text or bytes as one. */
final class SecretsManagerSource implements SecretSource {
  private static final String ACTION = "secretsmanager:GetSecretValue";

  private final Reference reference;
  private final String shown;
  private final Aws aws;
  private final String stage;
  private final @Nullable String versionId;

  /** Whether the policy does not let us see the versions without their value. */
  private boolean mayNotLook;

  SecretsManagerSource(Reference reference, Aws aws) {
    this.reference = reference;
    this.shown = reference.toString();
    this.aws = aws;
    this.stage = reference.options().getOrDefault("stage", "AWSCURRENT");
    this.versionId = reference.options().get("version-id");
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    var request =
        GetSecretValueRequest.builder()
            .secretId(reference.path())
            .versionId(versionId)
            .versionStage(versionId == null ? stage : null)
            .build();
    GetSecretValueResponse answer =
        aws.ask(shown, ACTION, () -> aws.secretsManager(reference.path()).getSecretValue(request));
    return new Version(Optional.of(answer.versionId()), fields(answer), Optional.empty());
  }

  private SortedMap<String, Field> fields(GetSecretValueResponse answer) throws FetchException {
    SdkBytes binary = answer.secretBinary();
    if (binary != null) {
      return Fields.whole(Field.of(binary.asByteArray()));
    }
    String text = answer.secretString();
    boolean object =
        switch (reference.options().getOrDefault("format", "")) {
          case "json" -> true;
          case "raw" -> false;
          default -> text.stripLeading().startsWith("{");
        };
    return object ? Fields.ofObject(reference, text) : Fields.whole(Field.text(text));
  }

  /** By the version's id: what has not changed is neither read nor decrypted once more. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    if (versionId != null) {
      // It never becomes another.
      return Optional.empty();
    }
    if (!mayNotLook && isStill(current)) {
      return Optional.empty();
    }
    Version next = fetch();
    if (next.id().equals(current.id())) {
      next.close();
      return Optional.empty();
    }
    return Optional.of(next);
  }

  private boolean isStill(Version current) throws FetchException, InterruptedException {
    var request = DescribeSecretRequest.builder().secretId(reference.path()).build();
    aws.logIn(shown);
    try {
      Map<String, List<String>> stages =
          aws.secretsManager(reference.path()).describeSecret(request).versionIdsToStages();
      return stages.getOrDefault(current.id().orElse(""), List.of()).contains(stage);
    } catch (SecretsManagerException e) {
      if ("AccessDeniedException".equals(e.awsErrorDetails().errorCode())) {
        mayNotLook = true;
        return false;
      }
      throw aws.failure(shown, ACTION, e);
    } catch (SdkException e) {
      throw aws.failure(shown, ACTION, e);
    }
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return aws.await(atMost);
  }
}
