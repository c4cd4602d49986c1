package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;

/** Local files, and directories of them. */
public final class FileProvider implements SourceProvider {
  @Override
  public Source source() {
    return Source.FILE;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) {
    return reference.isDirectory()
        ? new DirectorySource(reference, context.directory().resolve(reference.path()))
        : new FileSource(reference, context.directory());
  }
}
