package dev.keyturn.sidecar.aws;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;

/** AWS Systems Manager Parameter Store. */
public final class ParameterProvider implements SourceProvider {
  @Override
  public Source source() {
    return Source.AWS_SSM;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) {
    Aws aws = Aws.of(context);
    if (reference.path().endsWith("/")) {
      return new ParameterPathSource(reference, aws);
    }
    Parameters parameters =
        context.shared(Parameters.class, () -> new Parameters(aws, context.steady()));
    return new ParameterSource(reference, aws, parameters, context.steady());
  }
}
