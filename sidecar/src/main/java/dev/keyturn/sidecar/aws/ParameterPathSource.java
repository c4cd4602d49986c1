package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.time.Duration;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.services.ssm.model.GetParametersByPathRequest;
import software.amazon.awssdk.services.ssm.model.GetParametersByPathResponse;
import software.amazon.awssdk.services.ssm.model.Parameter;

/** All parameters below a path, each a field. */
final class ParameterPathSource implements SecretSource {
  private static final String ACTION = "ssm:GetParametersByPath";

  /** Of one answer, and its limit (SSM API reference, GetParametersByPath). */
  private static final int PAGE = 10;

  /** Ten requests; a path with more is most likely one segment too short. */
  static final int MAX_PARAMETERS = 100;

  private final Reference reference;
  private final Aws aws;

  ParameterPathSource(Reference reference, Aws aws) {
    this.reference = reference;
    this.aws = aws;
  }

  @Override
  public Version fetch() throws FetchException, InterruptedException {
    SortedMap<String, Field> fields = new TreeMap<>();
    SortedMap<String, Parameter> found = read(true);
    found.forEach((key, parameter) -> fields.put(key, Field.text(parameter.value())));
    return new Version(Optional.of(id(found)), fields, Optional.empty());
  }

  /** By the versions alone: what has not changed is not decrypted once more. */
  @Override
  public Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    return current.id().equals(Optional.of(id(read(false))))
        ? Optional.empty()
        : Optional.of(fetch());
  }

  /** Each field with the version of its parameter, since the path has none of its own. */
  private static String id(SortedMap<String, Parameter> found) {
    StringBuilder id = new StringBuilder();
    found.forEach(
        (key, parameter) ->
            id.append(id.isEmpty() ? "" : ",").append(key).append(':').append(parameter.version()));
    return id.toString();
  }

  private SortedMap<String, Parameter> read(boolean decrypted)
      throws FetchException, InterruptedException {
    String shown = reference.toString();
    SortedMap<String, Parameter> found = new TreeMap<>();
    String path = reference.path();
    String next = null;
    do {
      var request =
          GetParametersByPathRequest.builder()
              .path(path)
              .recursive("true".equals(reference.options().get("recursive")))
              .withDecryption(decrypted)
              .maxResults(PAGE)
              .nextToken(next)
              .build();
      GetParametersByPathResponse answer =
          aws.ask(shown, ACTION, () -> aws.ssm(path).getParametersByPath(request));
      for (Parameter parameter : answer.parameters()) {
        found.put(parameter.name().substring(path.length()), parameter);
      }
      if (found.size() > MAX_PARAMETERS) {
        throw FetchException.permanent(
            "%s: more than %d parameters are there: write a longer path, or name them one by one"
                .formatted(shown, MAX_PARAMETERS));
      }
      next = answer.nextToken();
    } while (next != null);
    if (found.isEmpty()) {
      throw Failures.notFound(shown);
    }
    return found;
  }

  @Override
  public Optional<Wake> awaitChange(Duration atMost) throws InterruptedException {
    return aws.await(atMost);
  }
}
