package dev.keyturn.sidecar.sops;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;

/** Files that sops has encrypted. */
public final class SopsProvider implements SourceProvider {
  @Override
  public Source source() {
    return Source.SOPS;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) {
    return SopsSource.open(reference, context);
  }
}
