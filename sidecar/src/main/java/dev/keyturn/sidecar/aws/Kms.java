package dev.keyturn.sidecar.aws;

import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.SourceContext;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kms.model.DecryptRequest;

/** AWS KMS, for sources that hold what it has encrypted. Safe for use by several threads. */
public final class Kms {
  private final Aws aws;

  /** With the login and the settings that the plan has for AWS. */
  public Kms(SourceContext context) {
    this.aws = Aws.of(context);
  }

  /**
   * Decrypts, by one request.
   *
   * @param keyArn of the key, or of an alias; the region is its own
   * @param context what the text was encrypted with
   * @param roleArn to take on for this
   * @return what the caller wipes
   * @throws FetchException if that can't be; the message names the key
   */
  public byte[] decrypt(
      String keyArn, byte[] ciphertext, Map<String, String> context, Optional<String> roleArn)
      throws FetchException, InterruptedException {
    var request =
        DecryptRequest.builder()
            .keyId(keyArn)
            .ciphertextBlob(SdkBytes.fromByteArray(ciphertext))
            .encryptionContext(context)
            .build();
    return aws.ask(
        "the KMS key " + keyArn,
        "kms:Decrypt",
        () -> aws.kms(keyArn, roleArn).decrypt(request).plaintext().asByteArray());
  }
}
