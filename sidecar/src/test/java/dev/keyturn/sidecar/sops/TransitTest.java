package dev.keyturn.sidecar.sops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.BaoApi;
import dev.keyturn.sidecar.OpenBao;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.FileSource;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import dev.keyturn.sidecar.vault.VaultProvider;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Vault's transit engine decrypts: the data key of a file of sops's, and any other value. */
class TransitTest {
  private static final String KEYS =
      "\"hc_vault\": [{\"vault_address\": \"https://nobody.example\", \"engine_path\": \"transit\","
          + " \"key_name\": \"app\", \"enc\": \"%s\"}]";

  @TempDir static Path directory;
  private static OpenBao bao;
  private static FakeContext context;

  @BeforeAll
  static void start() throws Exception {
    bao = OpenBao.start(directory);
    bao.call("POST", "sys/mounts/transit", "{\"type\":\"transit\"}");
    bao.call("POST", "transit/keys/app", "{}");
    bao.allow("transit/decrypt/app", "update");
    Files.writeString(directory.resolve("token"), bao.token("1h"));
    Plan plan =
        Plan.parseYaml(
            """
            vault: {address: "%s", auth: token, token-file: "%s", revoke: false}
            secrets: {a: 'file:a.properties?decrypt=transit/keys/app'}
            """
                .formatted(bao.address(), directory.resolve("token")));
    context = new FakeContext(plan, directory, Workload.NONE);
  }

  @AfterAll
  static void stop() {
    context.close();
    bao.close();
  }

  private static String encrypted(byte[] plain) throws Exception {
    String body = "{\"plaintext\":\"" + Base64.getEncoder().encodeToString(plain) + "\"}";
    return BaoApi.text(bao.call("POST", "transit/encrypt/app", body), "ciphertext");
  }

  private static String encrypted(String plain) throws Exception {
    return encrypted(plain.getBytes(StandardCharsets.UTF_8));
  }

  private static SecretSource file(String reference) {
    Reference parsed = Reference.parse(reference);
    return new VaultProvider().decrypting(new FileSource(parsed, directory), parsed, context);
  }

  @Test
  void theDataKeyOfAFileOfSopsIsDecryptedByThePlansVault() throws Exception {
    byte[] dataKey = new byte[32];
    dataKey[0] = 1;
    Path file = directory.resolve("transit.json");
    SopsWriter.write(file, "password", "canary-1", dataKey, KEYS.formatted(encrypted(dataKey)));
    SecretSource source = new SopsProvider().open(Reference.parse("sops:transit.json"), context);

    try (Version version = source.fetch()) {
      assertThat(version.fields()).containsEntry("password", Field.text("canary-1"));
      assertThat(source.refresh(version)).isEmpty();
    }

    SopsWriter.write(file, "password", "canary-1", dataKey, KEYS.formatted("vault:v1:YWJj"));
    FetchException e = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(e.permanent()).isTrue();
    assertThat(e)
        .hasMessageContainingAll(
            "sops:transit.json", "the transit key transit/keys/app", "encrypted with this key");
  }

  @Test
  void allValuesOfAnotherSourceAreDecryptedByOneRequest() throws Exception {
    Files.writeString(
        directory.resolve("a.properties"),
        "one=%s\ntwo=%s\nplain=readable\n".formatted(encrypted("canary-1"), encrypted("canary-2")));
    SecretSource source = file("file:a.properties?decrypt=transit/keys/app");

    try (Version version = source.fetch()) {
      assertThat(version.fields())
          .containsEntry("one", Field.text("canary-1"))
          .containsEntry("two", Field.text("canary-2"))
          .containsEntry("plain", Field.text("readable"));
      assertThat(version.id()).isPresent();
      assertThat(source.refresh(version)).isEmpty();
    }
    assertThat(source.watches()).isTrue();
  }

  @Test
  void whatCannotBeDecryptedIsToldWithoutAValue() throws Exception {
    Files.writeString(directory.resolve("b.properties"), "one=canary-1\n");
    assertThat(failure("file:b.properties?decrypt=transit/keys/app"))
        .contains("no value is one that a transit engine made");
    Files.writeString(
        directory.resolve("c.properties"),
        "one=%s\ntwo=vault:v1:YWJj\n".formatted(encrypted("canary-1")));
    assertThat(failure("file:c.properties?decrypt=transit/keys/app"))
        .contains("file:c.properties", "encrypted with this key");
    assertThat(failure("file:c.properties?decrypt=transit/keys/other"))
        .contains("\"update\" on \"transit/decrypt/other\"");
  }

  private static String failure(String reference) {
    FetchException e = catchThrowableOfType(FetchException.class, file(reference)::fetch);
    assertThat(e.permanent()).isTrue();
    assertThat(e).hasMessageNotContaining("canary");
    return e.getMessage();
  }
}
