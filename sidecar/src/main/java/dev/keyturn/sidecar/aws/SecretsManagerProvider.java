package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;

/** AWS Secrets Manager. */
public final class SecretsManagerProvider implements SourceProvider {
  @Override
  public Source source() {
    return Source.AWS_SM;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) {
    return new SecretsManagerSource(reference, Aws.of(context));
  }
}
