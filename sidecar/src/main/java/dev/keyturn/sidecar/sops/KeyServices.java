package dev.keyturn.sidecar.sops;

import dev.keyturn.sidecar.aws.Kms;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SourceContext;
import dev.keyturn.sidecar.vault.VaultProvider;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** Decrypts with what the plan has: a file of age identities, a Vault, an identity for AWS. */
final class KeyServices implements DataKeyDecryptor {
  private final SourceContext context;
  private final Optional<AgeIdentities> identities;

  KeyServices(SourceContext context) {
    this.context = context;
    this.identities =
        context
            .plan()
            .setting("sops", "age-identity-file")
            .map(file -> new AgeIdentities(context.directory().resolve(Path.of(file))));
  }

  @Override
  public byte[] decrypt(MasterKey key) throws FetchException, InterruptedException {
    return switch (key) {
      case MasterKey.Age age ->
          identities
              .orElseThrow(
                  () ->
                      FetchException.permanent(
                          "the plan names no file of age identities: sops.age-identity-file"))
              .decrypt(age);
      case MasterKey.Transit transit -> {
        if (context.plan().vault().isEmpty()) {
          throw FetchException.permanent("the plan has no vault section, which says who asks it");
        }
        yield VaultProvider.server(context)
            .decrypt(transit.engine(), transit.name(), List.of(transit.encrypted()))
            .getFirst();
      }
      case MasterKey.Kms kms ->
          new Kms(context).decrypt(kms.arn(), decoded(kms.encrypted()), kms.context(), kms.role());
      case MasterKey.Unsupported _ ->
          throw FetchException.permanent(
              "it is of no service that is asked here: add an age recipient, a key of Vault's"
                  + " transit engine or one of AWS KMS (sops updatekeys)");
    };
  }

  private static byte[] decoded(String encrypted) throws FetchException {
    try {
      return Base64.getDecoder().decode(encrypted);
    } catch (IllegalArgumentException e) {
      throw FetchException.permanent("what is encrypted for it is damaged");
    }
  }
}
