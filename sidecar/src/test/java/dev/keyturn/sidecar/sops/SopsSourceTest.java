package dev.keyturn.sidecar.sops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SopsSourceTest {
  @TempDir Path directory;

  private SecretSource open(String reference, Path identity) {
    Plan plan =
        Plan.parseYaml(
            "sops: {age-identity-file: '%s'}\nsecrets: {a: '%s'}".formatted(identity, reference));
    return open(reference, plan);
  }

  private SecretSource open(String reference, Plan plan) {
    return new SopsProvider()
        .open(
            Reference.parse(reference), new FakeContext(plan, Vectors.directory(), Workload.NONE));
  }

  private String failure(SecretSource source) {
    FetchException e = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(e.permanent()).isTrue();
    assertThat(e).hasMessageNotContainingAny("canary", "AGE-SECRET-KEY-1", "ENC[");
    return e.getMessage();
  }

  private String failure(String content) throws Exception {
    Path file = directory.resolve("file.yaml");
    Files.writeString(file, content);
    return failure(open("sops:" + file, Vectors.identity("a")));
  }

  private static String text(Version version, String key) {
    return new String(version.fields().get(key).value().bytes(), StandardCharsets.UTF_8);
  }

  @Test
  void fieldsAreTheTopLevelKeysAndWhatIsNestedIsJson() throws Exception {
    try (Version version = open("sops:plain.enc.yaml", Vectors.identity("a")).fetch()) {
      assertThat(version.id()).hasValueSatisfying(id -> assertThat(id).startsWith("20"));
      assertThat(version.fields().get("user")).isEqualTo(Field.text("canary-user"));
      assertThat(version.fields().get("port")).isEqualTo(Field.json("5432"));
      assertThat(version.fields().get("on")).isEqualTo(Field.json("true"));
      assertThat(version.fields().get("nothing")).isEqualTo(Field.json("null"));
      assertThat(version.fields().get("ratio")).isEqualTo(Field.json("0.25"));
      assertThat(text(version, "db"))
          .isEqualTo(
              "{\"password\":\"canary-nested\",\"list\":[\"one\",2,true,null,{\"deep\":[\"canary-deep\"]}],"
                  + "\"none\":{},\"nobody\":[]}");
      assertThat(text(version, "list"))
          .isEqualTo("[\"canary-first\",\"canary-second\",[\"canary-third\"]]");
      assertThat(version.fields()).doesNotContainKey("sops");
    }
  }

  @Test
  void aBinaryFileIsOneField() throws Exception {
    try (Version version = open("sops:plain.enc.bin", Vectors.identity("a")).fetch()) {
      assertThat(version.fields()).containsOnlyKeys("value");
      assertThat(version.fields().get("value").kind()).isEqualTo(Field.Kind.BYTES);
      assertThat(version.fields().get("value").value().bytes())
          .isEqualTo(Files.readAllBytes(Vectors.directory().resolve("plain.bin.expected.bin")));
    }
  }

  @Test
  void anyOfSeveralRecipientsWillDo() throws Exception {
    for (String key : List.of("a", "b")) {
      try (Version version = open("sops:two-recipients.enc.yaml", Vectors.identity(key)).fetch()) {
        assertThat(text(version, "user")).isEqualTo("canary-user");
      }
    }
  }

  @Test
  void aStrangerIsToldWhoseTheFileIsAndWhoWeAre() throws Exception {
    String a = recipient("a");
    assertThat(failure(open("sops:plain.enc.json", Vectors.identity("stranger"))))
        .contains("sops:plain.enc.json", "the age recipient " + a, recipient("stranger"));
    assertThat(failure(open("sops:shamir.enc.json", Vectors.identity("a"))))
        .contains("1 of its 3 key groups could be used, 2 are needed", recipient("b"));
  }

  private static String recipient(String key) throws Exception {
    return Files.readAllLines(Vectors.identity(key)).stream()
        .filter(line -> line.startsWith("# public key: "))
        .findFirst()
        .orElseThrow()
        .substring("# public key: ".length());
  }

  @Test
  void whatIsNoIdentityIsRefusedWithTheReason() throws Exception {
    Path identity = directory.resolve("identity");
    SecretSource source = open("sops:plain.enc.json", identity);
    assertThat(failure(source)).contains("there is no file " + identity);
    for (var refused :
        List.of(
            List.of("AGE-PLUGIN-YUBIKEY-1QQQQ", "a plugin"),
            List.of("AGE-SECRET-KEY-PQ-1QQQQ", "another kind than X25519"),
            List.of("age-encryption.org/v1\n-> scrypt x 18", "encrypted with a passphrase"),
            List.of("-----BEGIN AGE ENCRYPTED FILE-----", "encrypted with a passphrase"),
            List.of("-----BEGIN OPENSSH PRIVATE KEY-----", "an SSH key"),
            List.of("# nothing", "no age identity in it"),
            List.of("AGE-SECRET-KEY-1QQQQ", "is damaged"))) {
      Files.writeString(identity, refused.getFirst() + "\n");
      assertThat(failure(source)).contains(identity.toString(), refused.getLast());
    }
    Files.copy(Vectors.identity("a"), directory.resolve("right"));
    Files.move(
        directory.resolve("right"), identity, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    source.fetch().close();
  }

  @Test
  void withoutAnIdentityThePlanIsToldWhatIsMissing() {
    assertThat(
            failure(
                open("sops:plain.enc.json", Plan.parseYaml("secrets: {a: 'sops:plain.enc.json'}"))))
        .contains("sops.age-identity-file");
  }

  @Test
  void whatIsNoFileOfSopsIsToldApart() throws Exception {
    assertThat(failure("password: canary\n")).contains("no metadata of sops's");
    assertThat(failure("a: [canary\n")).contains("it is not YAML");
    assertThat(failure("- canary\n")).contains("keys at its start");
    assertThat(failure("a: canary\nsops: {}\n")).contains("has no MAC");
    assertThat(failure("a: 1\nsops: {mac: x, lastmodified: canary}\n")).contains("lastmodified");
    String head = "a: 1\nsops: {mac: x, lastmodified: '2026-01-01T00:00:00Z'";
    assertThat(failure(head + "}\n")).contains("names no key");
    assertThat(failure(head + ", encrypted_regex: x, encrypted_suffix: y}\n"))
        .contains("both encrypted_suffix and encrypted_regex");
    assertThat(failure(head + ", pgp: [{fp: CAFE}], gcp_kms: [{resource_id: some/key}]}\n"))
        .contains("the PGP key CAFE", "the GCP KMS key some/key", "add an age recipient");
    assertThat(failure(head + ", hc_vault: [{engine_path: transit, key_name: app}]}\n"))
        .contains("the transit key transit/keys/app", "no vault section");
    assertThat(failure("a: 1\n---\nb: 2\n")).contains("several YAML documents");
    assertThat(failure("a: &a {b: 1}\nc: *a\n")).contains("alias");
  }

  @Test
  void whatWasChangedBehindItsBackIsToldApart() throws Exception {
    String content = Files.readString(Vectors.directory().resolve("encrypted-regex.enc.yaml"));
    assertThat(failure(content.replace("canary-user", "canary-other")))
        .contains("its MAC is not that of its values");
    assertThat(failure(content.replace("port: ENC", "ports: ENC")))
        .contains("its MAC is not that of its values");
    assertThat(failure(content.replace("password: ENC", "pass: ENC")))
        .contains("the value at 'pass' can't be decrypted");
    assertThat(failure(content.replaceFirst("password: ENC.*", "password: canary")))
        .contains("the value at 'password' is not an encrypted value");
    assertThat(failure(content.replaceFirst("lastmodified: \"20", "lastmodified: \"19")))
        .contains("its MAC was made with another key or at another time");
    assertThat(failure(content.replace("encrypted_regex: ^(", "encrypted_regex: ^(?=")))
        .contains("its encrypted_regex can't be used");
  }

  @Test
  void aFileThatCouldNotBeDecryptedIsTriedAgainThoughItIsTheSame() throws Exception {
    Path identity = directory.resolve("identity");
    Files.copy(Vectors.identity("a"), identity);
    SecretSource source = open("sops:plain.enc.json", identity);
    try (Version version = source.fetch()) {
      assertThat(source.refresh(version)).isEmpty();
      Files.delete(identity);
      assertThat(source.refresh(version)).as("no need for the identity").isEmpty();
      failure(source);
      assertThat(catchThrowableOfType(FetchException.class, () -> source.refresh(version)))
          .isNotNull();
      Files.copy(Vectors.identity("a"), identity);
      assertThat(source.refresh(version)).isPresent();
    }
  }
}
