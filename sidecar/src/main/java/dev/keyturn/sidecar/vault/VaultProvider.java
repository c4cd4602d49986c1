package dev.keyturn.sidecar.vault;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.http.Rehearsal;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.source.SourceProvider;
import dev.keyturn.template.Request;

/** Vault and OpenBao: one server for all references of a plan. */
public final class VaultProvider implements SourceProvider {
  @Override
  public Source source() {
    return Source.VAULT;
  }

  @Override
  public SecretSource open(Reference reference, SourceContext context) {
    return server(context).source(reference);
  }

  /**
   * The same for what a template asks.
   *
   * @param shown the request for people and logs
   * @throws dev.keyturn.plan.PlanException if no reference can be made of it
   */
  public SecretSource open(Request request, String shown, SourceContext context) {
    return server(context).source(request, shown);
  }

  /**
   * What a source has, decrypted with the key that the reference names.
   *
   * @param reference with a {@link Reference#transitKey}
   */
  public SecretSource decrypting(SecretSource source, Reference reference, SourceContext context) {
    return new TransitSource(source, reference, server(context));
  }

  /** The plan's server, which must be there. */
  public static VaultServer server(SourceContext context) {
    return context.shared(VaultServer.class, () -> connect(context));
  }

  /**
   * Starts to load what a first request takes, beside whatever comes before it; to be called as
   * early as can be. On one processor it gains nothing and costs a few milliseconds.
   *
   * @param tls whether it will be over TLS
   */
  public static void prepare(boolean tls) {
    if (tls) {
      inBackground(Rehearsal::makeKey);
    }
    inBackground(
        () -> {
          VaultClient.load();
          if (tls) {
            Rehearsal.sayHello();
          }
        });
  }

  /** What goes wrong there goes wrong again where it is told. */
  private static void inBackground(Runnable work) {
    Thread.ofPlatform()
        .daemon()
        .name("prepare")
        .uncaughtExceptionHandler((thread, failure) -> {})
        .start(work);
  }

  private static VaultServer connect(SourceContext context) {
    VaultServer server =
        new VaultServer(
            context.plan().vault().orElseThrow(),
            context.audit(),
            context.metrics(),
            context.steady());
    context.onResume(server::resumed);
    return server;
  }
}
