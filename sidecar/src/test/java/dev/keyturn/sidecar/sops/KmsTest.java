package dev.keyturn.sidecar.sops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.aws.Moto;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class KmsTest {
  private static final String KEYS =
      "\"kms\": [{\"arn\": \"%s\", \"context\": {\"app\": \"shop\"}, \"enc\": \"%s\"}]";

  @TempDir Path directory;

  @Test
  void theDataKeyOfAFileOfSopsIsDecryptedByAwsKms() throws Exception {
    try (Moto moto = Moto.start(directory)) {
      Plan plan = Plan.parseYaml(moto.settings() + "\nsecrets: {a: 'sops:kms.json'}");
      byte[] dataKey = new byte[32];
      dataKey[0] = 1;
      String arn = Moto.said(moto.kms("CreateKey", "{}"), "Arn");
      String encrypted =
          Moto.said(
              moto.kms(
                  "Encrypt",
                  "{\"KeyId\":\"%s\",\"EncryptionContext\":{\"app\":\"shop\"},\"Plaintext\":\"%s\"}"
                      .formatted(arn, Base64.getEncoder().encodeToString(dataKey))),
              "CiphertextBlob");
      Path file = directory.resolve("kms.json");
      SopsWriter.write(file, "password", "canary-1", dataKey, KEYS.formatted(arn, encrypted));
      try (FakeContext context = new FakeContext(plan, directory, Workload.NONE)) {
        SecretSource source = new SopsProvider().open(Reference.parse("sops:kms.json"), context);
        try (Version version = source.fetch()) {
          assertThat(version.fields()).containsEntry("password", Field.text("canary-1"));
        }

        SopsWriter.write(file, "password", "canary-1", dataKey, KEYS.formatted(arn, "!"));
        FetchException e = catchThrowableOfType(FetchException.class, source::fetch);
        assertThat(e).hasMessageContainingAll("sops:kms.json", "the KMS key " + arn, "damaged");
      }
    }
  }
}
