package dev.keyturn.webhook.profile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProfilesTest {
  private static final Map<String, String> SETTINGS = Map.of("address", "https://vault:8200");

  @Test
  void everyKeyOfAProfileIsRead() throws Exception {
    Profile profile =
        Profiles.parse(
                """
                production:
                  namespaces: [shop, "prod-*"]
                  environment: production
                  variables: {store: "vault:secret/data/${environment}", domain: shop.example.com}
                  vault:
                    address: https://vault.example:8200
                    role: ${environment}-${serviceaccount}
                    auth: jwt
                    auth-mount: jwt/prod
                    namespace: team
                    ca: "-----BEGIN CERTIFICATE-----"
                    server-name: vault.internal
                  aws: {region: eu-central-1, endpoint: "https://aws.example", role-arn: "arn:aws:iam::123456789012:role/${namespace}"}
                  audience: bao
                  sidecar: init-and-sidecar
                  resources: {limits: {memory: 64Mi}}
                  limits:
                    vault: [role]
                    aws: [region]
                    sources: [vault]
                    references: ["vault:secret/data/${environment}/${namespace}/**"]
                    expose: [stand-in]
                    on-change: [signal, http]
                    sidecars: [native, init-and-sidecar]
                    audiences: [bao]
                    resources: [limits.memory]
                """,
                SETTINGS)
            .of("prod-1", Optional.of("production"));

    assertThat(profile.environment()).contains("production");
    assertThat(profile.variables())
        .isEqualTo(
            Map.of("store", "vault:secret/data/${environment}", "domain", "shop.example.com"));
    assertThat(profile.vault())
        .hasSize(10)
        .containsEntry("auth-mount", "jwt/prod")
        .containsEntry("aws.region", "eu-central-1");
    assertThat(profile.audience()).contains("bao");
    assertThat(profile.sidecar()).contains(SidecarKind.INIT_AND_SIDECAR);
    assertThat(profile.resources().orElseThrow()).hasToString("{\"limits\":{\"memory\":\"64Mi\"}}");
    assertThat(profile.limits())
        .isEqualTo(
            new Limits(
                Optional.of(Set.of("role")),
                Optional.of(Set.of("region")),
                Optional.of(Set.of("vault")),
                Optional.of(List.of("vault:secret/data/${environment}/${namespace}/**")),
                Optional.of(Set.of(Expose.STAND_IN)),
                Optional.of(Set.of("signal", "http")),
                Optional.of(Set.of(SidecarKind.NATIVE, SidecarKind.INIT_AND_SIDECAR)),
                Optional.of(Set.of("bao")),
                Optional.of(Set.of("limits.memory"))));
    assertThat(profile.limits().defaultExpose()).isEqualTo(Expose.STAND_IN);
  }

  @Test
  void aNamespaceWithoutALabelHasTheDefaultProfileIfThereIsOne() throws Exception {
    assertThat(Profiles.NONE.of("shop", Optional.empty())).isEqualTo(Profile.NONE);
    assertThat(Profiles.parse("default: {audience: a}", SETTINGS).of("shop", Optional.empty()))
        .extracting(Profile::audience)
        .isEqualTo(Optional.of("a"));
  }

  @Test
  void aLabelThatNamesNoProfileIsNoWayAroundLimits() {
    Profiles profiles = Profiles.parse("production: {}", SETTINGS);
    assertThatThrownBy(() -> profiles.of("shop", Optional.of("prodution")))
        .isInstanceOf(ProfileException.class)
        .hasMessageContaining("names a profile that the operator has not written");
  }

  @Test
  void aProfileIsForItsNamespacesAlone() throws Exception {
    Profiles profiles = Profiles.parse("lax: {namespaces: ['dev-*', tools]}", SETTINGS);
    assertThat(profiles.of("dev-1", Optional.of("lax")).name()).isEqualTo("lax");
    assertThat(profiles.of("tools", Optional.of("lax")).name()).isEqualTo("lax");
    for (String other : List.of("dev", "tools-2", "prod-dev-1")) {
      assertThatThrownBy(() -> profiles.of(other, Optional.of("lax")))
          .isInstanceOf(ProfileException.class)
          .hasMessageContaining("'lax' is not for this namespace");
    }
  }

  @Test
  void allThatIsWrongIsToldTogetherWithItsPlace() {
    assertThat(
            problems(
                """
                production:
                  namspaces: [shop]
                  namespaces: [Shop]
                  vault: {adress: x, role: 3}
                  variables: {environment: x, store: "valt:secret", "a b": c, d: 1}
                  sidecar: natve
                  resources: {limits: {cpu: 1}}
                  limits:
                    sources: [valt]
                    references: ["secret/**", "vault:${env}/*"]
                    expose: stand-in
                -bad-: {}
                """))
        .extracting(Problem::toString)
        .satisfiesExactlyInAnyOrder(
            p -> assertThat(p).startsWith("production: ").contains("'namespaces'?"),
            p -> assertThat(p).startsWith("production.namespaces: "),
            p -> assertThat(p).startsWith("production.vault: ").contains("'address'?"),
            p -> assertThat(p).startsWith("production.vault.role: is no text"),
            p -> assertThat(p).startsWith("production.variables: is what every pod has"),
            p -> assertThat(p).startsWith("production.variables.store: is neither a piece"),
            p -> assertThat(p).startsWith("production.variables: a variable's name is"),
            p -> assertThat(p).startsWith("production.variables: has a value that is no text"),
            p -> assertThat(p).startsWith("production.sidecar: ").contains("'native'?"),
            p -> assertThat(p).startsWith("production.resources: "),
            p -> assertThat(p).startsWith("production.limits.sources: ").contains("'vault'?"),
            p -> assertThat(p).startsWith("production.limits.references: a pattern starts with"),
            p -> assertThat(p).startsWith("production.limits.references: has an unknown variable"),
            p -> assertThat(p).startsWith("production.limits.expose: is no list"),
            p -> assertThat(p).startsWith("profiles: a profile's name"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "[]; is no mapping",
        "a: 1; is no mapping",
        "'a: {}\n---\nb: {}'; second document",
        "'a: {'; not valid YAML",
        "'a: {vault: {address: vault:8200}}'; starts with neither https:// nor http://",
        "'a: {limits: {vault: []}}'; vault.role: is missing",
        "'a: {vault: {auth: token}}'; token-file: is missing",
      })
  void aWrongTextIsNoProfile(String yaml, String message) {
    assertThat(problems(yaml)).anySatisfy(p -> assertThat(p.toString()).contains(message));
  }

  @ParameterizedTest
  @CsvSource({
    "secret/*, secret/a, true",
    "secret/*, secret/a/b, false",
    "secret/**, secret/a/b, true",
    "secret/**, secretx/a, false",
    "**/prod/*, a/b/prod/c, true",
    "*a*b*, xaxbx, true",
    "*a*b*, xbxax, false",
    "a, a, true",
    "a, aa, false",
    "prod-*, prod-, true",
  })
  void anAsteriskStandsForTextWithinASegmentAndTwoForAny(
      String pattern, String text, boolean matches) {
    assertThat(Pattern.matches(pattern, text)).isEqualTo(matches);
  }

  /** Writes the tables with {@code -Dkeyturn.docs=write}. */
  @ParameterizedTest
  @CsvSource({"profile", "vault", "aws", "limits"})
  void theTablesOfThePageAreThoseOfTheCode(String table) throws Exception {
    List<ProfileKey> keys =
        switch (table) {
          case "profile" -> ProfileKey.PROFILE;
          case "vault" -> ProfileKey.VAULT;
          case "aws" -> ProfileKey.AWS;
          default -> ProfileKey.LIMITS;
        };
    var expected = new StringBuilder("| key | meaning | without it |\n| --- | --- | --- |\n");
    for (ProfileKey key : keys) {
      expected.append("| `%s` | %s | %s |\n".formatted(key.name(), key.meaning(), key.fallback()));
    }
    Path page = Path.of("../docs/profiles.md");
    String text = Files.readString(page);
    String begin = "<!-- table " + table + " -->\n";
    int from = text.indexOf(begin) + begin.length();
    assertThat(from).isGreaterThan(begin.length());
    int to = text.indexOf("<!-- end -->", from);
    if ("write".equals(System.getProperty("keyturn.docs"))) {
      text = text.substring(0, from) + expected + text.substring(to);
      Files.writeString(page, text);
    }
    assertThat(text).contains(begin + expected + "<!-- end -->");
  }

  /** The page's examples are read, each with what it says of itself. */
  @Test
  void theExamplesOfThePageAreProfiles() throws Exception {
    String page = Files.readString(Path.of("../docs/profiles.md"));
    int examples = 0;
    for (String block : page.split("\n```", -1)) {
      if (block.startsWith("yaml\n# profiles")) {
        assertThat(Profiles.parse(block.substring("yaml\n".length()), SETTINGS).byName())
            .isNotEmpty();
        examples++;
      }
    }
    assertThat(examples).isPositive();
  }

  private static List<Problem> problems(String yaml) {
    return catchThrowableOfType(PlanException.class, () -> Profiles.parse(yaml, SETTINGS))
        .problems();
  }
}
