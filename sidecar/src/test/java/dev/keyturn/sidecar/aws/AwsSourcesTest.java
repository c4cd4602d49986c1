package dev.keyturn.sidecar.aws;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;
import dev.keyturn.sidecar.Memory;
import dev.keyturn.sidecar.Sidecar;
import dev.keyturn.sidecar.SidecarConfig;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.source.FakeContext;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import dev.keyturn.sidecar.source.SecretSource;
import dev.keyturn.sidecar.source.Version;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AwsSourcesTest {
  @TempDir static Path directory;
  private static Moto moto;
  private static FakeContext context;

  private final String canary = "canary-" + UUID.randomUUID();

  @BeforeAll
  static void start() throws Exception {
    moto = Moto.start(directory);
    context =
        new FakeContext(
            Plan.parseYaml(moto.settings() + "\nsecrets: {a: 'aws-sm:a'}"),
            directory,
            new Workload("shop-7d9f/with a blank", "shop", "shop", "node"));
  }

  @AfterAll
  static void stop() {
    context.close();
    moto.close();
  }

  private static SecretSource open(String reference) throws FetchException {
    Reference parsed = Reference.parse(reference);
    return (parsed.source() == Source.AWS_SM
            ? new SecretsManagerProvider()
            : new ParameterProvider())
        .open(parsed, context);
  }

  private static Map<String, String> fields(String reference) throws Exception {
    try (Version version = open(reference).fetch()) {
      var fields = new TreeMap<String, String>();
      version
          .fields()
          .forEach(
              (key, field) ->
                  fields.put(key, new String(field.value().bytes(), StandardCharsets.UTF_8)));
      return fields;
    }
  }

  private static FetchException failure(String reference) throws Exception {
    SecretSource source = open(reference);
    FetchException failure = catchThrowableOfType(FetchException.class, source::fetch);
    assertThat(failure).hasMessageContaining(reference);
    return failure;
  }

  private static void parameter(String name, String type, String value) throws Exception {
    moto.ssm(
        "PutParameter",
        "{\"Name\": \"%s\", \"Value\": \"%s\", \"Type\": \"%s\", \"Overwrite\": true}"
            .formatted(name, value, type));
  }

  @Test
  void a_parameter_is_its_text_whatever_its_type() throws Exception {
    parameter("/types/secure", "SecureString", canary);
    parameter("/types/list", "StringList", "a,b,c");
    parameter("plain", "String", "text");
    assertThat(fields("aws-ssm:/types/secure")).isEqualTo(Map.of("value", canary));
    assertThat(fields("aws-ssm:/types/list")).isEqualTo(Map.of("value", "a,b,c"));
    assertThat(fields("aws-ssm:plain")).isEqualTo(Map.of("value", "text"));
    assertThat(fields("aws-ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/types/secure"))
        .isEqualTo(Map.of("value", canary));
  }

  @Test
  void a_version_and_a_label_choose_an_older_value_beside_the_newest() throws Exception {
    parameter("/versions/a", "SecureString", "first");
    parameter("/versions/a", "SecureString", "second");
    moto.ssm(
        "LabelParameterVersion",
        "{\"Name\": \"/versions/a\", \"ParameterVersion\": 1, \"Labels\": [\"blue\"]}");
    assertThat(fields("aws-ssm:/versions/a?version=1")).isEqualTo(Map.of("value", "first"));
    assertThat(fields("aws-ssm:/versions/a?label=blue")).isEqualTo(Map.of("value", "first"));
    assertThat(fields("aws-ssm:/versions/a")).isEqualTo(Map.of("value", "second"));
    assertThat(failure("aws-ssm:/versions/a?version=7").permanent()).isTrue();
  }

  @Test
  void a_label_that_moves_is_a_change() throws Exception {
    parameter("/labels/a", "String", "first");
    String label = "{\"Name\": \"/labels/a\", \"ParameterVersion\": %d, \"Labels\": [\"live\"]}";
    moto.ssm("LabelParameterVersion", label.formatted(1));
    SecretSource source = open("aws-ssm:/labels/a?label=live");
    try (Version first = source.fetch()) {
      parameter("/labels/a", "String", "second");
      assertThat(source.refresh(first)).isEmpty();
      moto.ssm("LabelParameterVersion", label.formatted(2));
      try (Version second = source.refresh(first).orElseThrow()) {
        assertThat(second.id()).contains("2");
      }
    }
  }

  @Test
  void parameters_below_a_path_are_fields_over_more_pages_than_one() throws Exception {
    for (int i = 0; i < 12; i++) {
      parameter("/tree/p" + i, "String", "v" + i);
    }
    parameter("/tree/db/password", "SecureString", canary);
    assertThat(fields("aws-ssm:/tree/")).hasSize(12).containsEntry("p11", "v11");
    assertThat(fields("aws-ssm:/tree/?recursive=true"))
        .hasSize(13)
        .containsEntry("db/password", canary);
    try (Version version = open("aws-ssm:/tree/db/").fetch()) {
      assertThat(version.id()).contains("password:1");
    }
  }

  @Test
  void a_path_with_very_many_parameters_is_refused() throws Exception {
    for (int i = 0; i <= ParameterPathSource.MAX_PARAMETERS; i++) {
      parameter("/many/p" + i, "String", "v");
    }
    assertThat(failure("aws-ssm:/many/")).hasMessageContaining("more than 100 parameters");
  }

  @Test
  void a_secret_is_the_keys_of_its_object_or_its_text_or_its_bytes() throws Exception {
    moto.secretsManager(
        "CreateSecret",
        "{\"Name\": \"kinds/json\", \"SecretString\": \"{\\\"user\\\": \\\"app\\\", \\\"port\\\": 5432}\"}");
    moto.secretsManager(
        "CreateSecret", "{\"Name\": \"kinds/text\", \"SecretString\": \"%s\"}".formatted(canary));
    byte[] bytes = {0, 1, -1, '{'};
    String arn =
        Moto.said(
            moto.secretsManager(
                "CreateSecret",
                "{\"Name\": \"kinds/bytes\", \"SecretBinary\": \"%s\"}"
                    .formatted(Base64.getEncoder().encodeToString(bytes))),
            "ARN");
    assertThat(fields("aws-sm:kinds/json")).isEqualTo(Map.of("user", "app", "port", "5432"));
    assertThat(fields("aws-sm:kinds/json?format=raw"))
        .isEqualTo(Map.of("value", "{\"user\": \"app\", \"port\": 5432}"));
    assertThat(fields("aws-sm:kinds/text")).isEqualTo(Map.of("value", canary));
    assertThat(failure("aws-sm:kinds/text?format=json"))
        .hasMessageContaining("not one JSON object")
        .hasMessageNotContaining(canary);
    for (String reference : List.of("aws-sm:kinds/bytes", "aws-sm:" + arn)) {
      try (Version version = open(reference).fetch()) {
        Field field = version.fields().get("value");
        assertThat(field.kind()).isEqualTo(Field.Kind.BYTES);
        assertThat(field.value().bytes()).isEqualTo(bytes);
      }
    }
  }

  @Test
  void broken_json_is_told_by_its_place_and_not_by_its_text() throws Exception {
    moto.secretsManager(
        "CreateSecret",
        "{\"Name\": \"broken\", \"SecretString\": \"{\\\"a\\\": %s}\"}".formatted(canary));
    FetchException failure = failure("aws-sm:broken");
    assertThat(failure)
        .hasMessageContaining("line 1, column")
        .hasMessageContaining("format=raw")
        .hasMessageNotContaining(canary);
    assertThat(failure.permanent()).isTrue();
  }

  @Test
  void the_version_before_has_a_stage_and_an_id_of_its_own() throws Exception {
    String first =
        Moto.said(
            moto.secretsManager(
                "CreateSecret", "{\"Name\": \"stages\", \"SecretString\": \"first\"}"),
            "VersionId");
    assertThat(failure("aws-sm:stages?stage=AWSPREVIOUS").permanent()).isTrue();
    moto.secretsManager(
        "PutSecretValue", "{\"SecretId\": \"stages\", \"SecretString\": \"second\"}");
    assertThat(fields("aws-sm:stages")).isEqualTo(Map.of("value", "second"));
    assertThat(fields("aws-sm:stages?stage=AWSPREVIOUS")).isEqualTo(Map.of("value", "first"));
    assertThat(fields("aws-sm:stages?version-id=" + first)).isEqualTo(Map.of("value", "first"));
  }

  @Test
  void a_secret_about_to_be_deleted_says_so() throws Exception {
    moto.secretsManager("CreateSecret", "{\"Name\": \"doomed\", \"SecretString\": \"x\"}");
    moto.secretsManager("DeleteSecret", "{\"SecretId\": \"doomed\"}");
    assertThat(failure("aws-sm:doomed")).hasMessageContaining("about to be deleted");
  }

  @Test
  void a_key_of_KMS_decrypts_with_the_context_that_was_given() throws Exception {
    String key = Moto.said(moto.kms("CreateKey", "{}"), "Arn");
    String text = Base64.getEncoder().encodeToString(canary.getBytes(StandardCharsets.UTF_8));
    String encrypted =
        Moto.said(
            moto.kms(
                "Encrypt",
                "{\"KeyId\": \"%s\", \"Plaintext\": \"%s\", \"EncryptionContext\": {\"app\": \"shop\"}}"
                    .formatted(key, text)),
            "CiphertextBlob");
    byte[] ciphertext = Base64.getDecoder().decode(encrypted);
    Kms kms = new Kms(context);
    for (Optional<String> role : List.of(Optional.<String>empty(), Optional.of(Moto.ROLE))) {
      assertThat(kms.decrypt(key, ciphertext, Map.of("app", "shop"), role))
          .asString(StandardCharsets.UTF_8)
          .isEqualTo(canary);
    }
    FetchException failure =
        catchThrowableOfType(
            FetchException.class,
            () -> kms.decrypt(key, ciphertext, Map.of("app", "other"), Optional.empty()));
    assertThat(failure.permanent()).isTrue();
    assertThat(failure).hasMessageContaining(key).hasMessageContaining("key and context");
  }

  @Test
  void the_login_is_told_once_for_all_references() throws Exception {
    parameter("/login/a", "String", "text");
    fields("aws-ssm:/login/a");
    fields("aws-ssm:/login/");
    assertThat(context.log().lines().filter(line -> line.contains("\"login\"")))
        .singleElement()
        .asString()
        .contains(Moto.ROLE);
  }

  @Test
  void a_sidecar_follows_a_rotation_with_the_pair_before_and_tells_no_value() throws Exception {
    String next = "canary-" + UUID.randomUUID();
    String body = "{\"%s\": \"rotated\", \"SecretString\": \"{\\\"password\\\": \\\"%s\\\"}\"}";
    moto.secretsManager("CreateSecret", body.formatted("Name", "before-" + canary));
    moto.secretsManager("PutSecretValue", body.formatted("SecretId", canary));
    parameter("/rotated", "SecureString", canary);
    String plan =
        moto.settings()
            + """

            secrets:
              db: {from: "aws-sm:rotated", group: db, refresh: 1s}
              db-before: {from: "aws-sm:rotated?stage=AWSPREVIOUS", group: db, refresh: 1s}
              token: {from: "aws-ssm:/rotated", refresh: 1s}
            """;
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (Memory mount = new Memory();
        Sidecar sidecar =
            Sidecar.start(
                new SidecarConfig(
                    Plan.parseYaml(plan),
                    directory,
                    List.of(new MountTarget(mount.directory(), List.of())),
                    Optional.empty(),
                    false),
                log)) {
      assertThat(sidecar.awaitReady(Duration.ofSeconds(30))).as("%s", log).isTrue();
      assertThat(mount.directory().resolve("token")).hasContent(canary);
      moto.secretsManager("PutSecretValue", body.formatted("SecretId", next));
      parameter("/rotated", "SecureString", next);
      Memory.await(
          "the next version is there",
          () ->
              Files.readString(mount.directory().resolve("db")).contains(next)
                  && Files.readString(mount.directory().resolve("token")).equals(next));
      // One generation holds the pair: whoever is refused with the one has the other.
      Path generation = mount.directory().resolve("..data").toRealPath();
      assertThat(generation.resolve("db")).content().contains(next);
      assertThat(generation.resolve("db-before")).content().contains(canary);
    }
    assertThat(log.toString(StandardCharsets.UTF_8))
        .contains("aws-sm:rotated")
        .doesNotContain(canary)
        .doesNotContain(next)
        .doesNotContain("a.service-account.token");
    try (Stream<Path> files = Files.walk(directory)) {
      assertThat(files.filter(Files::isRegularFile))
          .allSatisfy(file -> assertThat(Files.readString(file)).doesNotContain(canary, next));
    }
  }
}
