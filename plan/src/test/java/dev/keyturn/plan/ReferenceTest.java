package dev.keyturn.plan;

import static dev.keyturn.plan.PlanTest.problems;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.entry;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReferenceTest {

  @Test
  void aReferenceHasSourcePathOptionsAndKey() {
    assertThat(Reference.parse("vault:secret/data/my app?version=3&decode=base64#pass#word?"))
        .isEqualTo(
            new Reference(
                Source.VAULT,
                "secret/data/my app",
                Map.of("version", "3", "decode", "base64"),
                Optional.of("pass#word?")));
    assertThat(Reference.parse("vault:secret/data/app?decode=base64&version=3").options())
        .containsExactly(entry("decode", "base64"), entry("version", "3"));
    assertThat(Reference.parse("vault:secret/data/app?decode=%62ase64").options())
        .containsExactly(entry("decode", "base64"));
    assertThat(Reference.parse("file:/etc/app/db.properties#db.password"))
        .isEqualTo(
            new Reference(
                Source.FILE, "/etc/app/db.properties", Map.of(), Optional.of("db.password")));
  }

  @Test
  void aKeyOfAKubernetesObjectMayHaveDots() {
    assertThat(Reference.parse("k8s:secret/web#tls.crt"))
        .isEqualTo(new Reference(Source.K8S, "secret/web", Map.of(), Optional.of("tls.crt")));
    assertThat(Reference.parse("k8s:configmap/shop.example").isOneField()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "aws-ssm:/prod/db/password, true",
    "aws-ssm:password, true",
    "aws-ssm:/prod/db?format=json&version=3, false",
    "aws-ssm:/prod/db?label=blue.1, true",
    "aws-ssm:/prod/db/, false",
    "aws-ssm:/prod/?recursive=true#db/password, true",
    "aws-ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/prod/db, true",
    "aws-sm:prod/db#password, true",
    "aws-sm:/prod/db@v1+2=3, false",
    "aws-sm:prod/db?format=raw&stage=AWSPREVIOUS, true",
    "aws-sm:prod/db?version-id=11111111-1111-1111-1111-111111111111#a, true",
    "aws-sm:arn:aws:secretsmanager:eu-central-1:123456789012:secret:prod/db-AbCdEf, false",
  })
  void aReferenceToAwsIsOneFieldWhereItsGrammarSaysSo(String text, boolean one) {
    Reference reference = Reference.parse(text);
    assertThat(reference.isOneField()).isEqualTo(one);
    assertThat(reference).hasToString(text);
    assertThat(reference.source().refresh()).isEqualTo(Duration.ofMinutes(5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "aws-ssm:/ | at least one segment",
        "aws-ssm:prod/db/ | starts with one",
        "aws-ssm:/prod//db | empty segment",
        "aws-ssm:/prod/db:3 | a version is an option",
        "aws-sm:prod/db! | what no name has",
        "aws-sm:arn:aws:ssm:eu-central-1:1:parameter/a | ARN of something else",
        "aws-ssm:arn:aws:ssm::1:parameter/a | ARN of something else",
        "aws-ssm:/prod/db/?version=3 | of one parameter",
        "aws-ssm:/prod/db/?format=json | of one parameter",
        "aws-ssm:/prod/db?recursive=true | a slash at its end",
        "aws-ssm:/prod/?recursive=yes | recursive is true",
        "aws-ssm:/prod/db?version=3&label=a | keep one",
        "aws-ssm:/prod/db?label=1a | starts with no digit",
        "aws-ssm:/prod/db?version=0 | whole number",
        "aws-ssm:/prod/db?stage=AWSCURRENT | unknown option",
        "aws-ssm:/prod/db#key | say ?format=json",
        "aws-sm:prod/db?format=raw#key | say ?format=json",
        "aws-sm:prod/db?format=properties | json and raw",
        "aws-sm:prod/db?stage=A!B | name of a stage",
        "aws-sm:prod/db?version-id=1 | 32 to 64",
        "aws-sm:prod/db?stage=A&version-id=11111111-1111-1111-1111-111111111111 | keep one",
      })
  void aReferenceToAwsThatCannotBeIsRefusedWithAReason(String text, String reason) {
    assertThat(problems(() -> Reference.parse(text)))
        .anySatisfy(problem -> assertThat(problem).contains(reason));
  }

  @Test
  void whatAPlanAsksOfAwsIsCountedByRequestsThatAreShared() {
    Plan plan =
        Plan.parseYaml(
            """
            secrets:
              a: {from: "aws-sm:prod/db", format: properties}
              b: {from: "aws-sm:prod/db#password", refresh: 1m}
              c: "aws-sm:prod/db?version-id=11111111-1111-1111-1111-111111111111#a"
              d: "aws-ssm:/a"
              e: "aws-ssm:/b"
              f: "aws-ssm:/c/"
            """);
    // One read of two at the shorter of their times; two parameters in one request; a path.
    assertThat(plan.awsCost().orElseThrow())
        .contains("60 times an hour ($0.22 a month")
        .contains("Parameter Store 24 times or");
    assertThat(Plan.parseYaml("secrets: {a: 'file:a'}").awsCost()).isEmpty();
  }

  @Test
  void theSectionOfAwsIsCheckedAndHasVariables() {
    Plan plan =
        Plan.parseYaml(
            """
            aws: {region: eu-central-1, role-arn: "arn:aws:iam::123456789012:role/${namespace}"}
            secrets: {a: "aws-sm:${namespace}/db"}
            """,
            Map.of("namespace", "shop"));
    assertThat(plan.setting("aws", "role-arn")).contains("arn:aws:iam::123456789012:role/shop");
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        """
                        aws: {region: "eu central", role-arn: shop, endpoint: "ftp://a", token-file: "a/../b", key: x}
                        secrets: {a: "aws-sm:b"}
                        """)))
        .hasSize(5);
  }

  @ParameterizedTest
  @CsvSource({
    "file:a/db.properties, PROPERTIES, false",
    "file:a/db.json, JSON, false",
    "file:a/db.json#key, JSON, true",
    "file:a/json, RAW, true",
    "file:a/tls.key, RAW, true",
    "file:a/db.json?format=raw, RAW, true",
    "file:a/db.conf?format=properties#key, PROPERTIES, true",
    "file:a/db.yml, YAML, false",
    "file:a/db.yaml#key, YAML, true",
    "file:a/db?format=directory, RAW, false",
    "file:a/db?format=directory#key, RAW, true",
  })
  void aFileIsReadAsItsExtensionSaysUnlessTheReferenceSaysOtherwise(
      String text, Format format, boolean oneField) {
    Reference reference = Reference.parse(text);
    assertThat(reference.fileFormat()).isEqualTo(format);
    assertThat(reference.isOneField()).isEqualTo(oneField);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | not a reference",
        "no-colon | not a reference",
        "valut:secret/x | did you mean 'vault'?",
        "VAULT:secret/x | not a reference",
        "kubernetes:secret/x | known: vault, file, k8s",
        "k8s:app | a k8s path is secret/NAME or configmap/NAME",
        "k8s:pod/app | a k8s path is secret/NAME or configmap/NAME",
        "k8s:secret/other/app | the name behind the '/' is no name of a Kubernetes object",
        "k8s:secret/App | the name behind the '/' is no name of a Kubernetes object",
        "k8s:secret/app#pass/word | the key after '#' is none of a Kubernetes object",
        "k8s:secret/app?version=3 | unknown option",
        "vault: | the path is empty",
        "vault:#key | the path is empty",
        "vault:secret | two segments or more",
        "vault:/secret/x | the path starts with '/'",
        "vault:secret//x | empty segment",
        "vault:secret/x/ | empty segment",
        "vault:secret/../x | '.' or '..' segment",
        "vault:secret/./x | '.' or '..' segment",
        "vault:secret/.. | '.' or '..' segment",
        "file:../x | '.' or '..' segment",
        "file:/etc/.. | '.' or '..' segment",
        "file:///etc/x | empty segment",
        "file:/ | empty segment",
        "vault:secret/%2e%2e/x | holds one of",
        "vault:secret/a;b | holds one of",
        "vault:secret/a\\b | holds one of",
        "vault:secret/* | holds one of",
        "vault:secret/x?version | not of the form",
        "vault:secret/x? | not of the form",
        "vault:secret/x?=3 | not of the form",
        "vault:secret/x?version=3&version=4 | there twice",
        "vault:secret/x?version=0 | whole number from 1",
        "vault:secret/x?version=-1 | whole number from 1",
        "vault:secret/x?version=9999999999 | whole number from 1",
        "vault:secret/x?verison=3 | did you mean 'version'?",
        "vault:secret/x?format=json | an option of file:",
        "vault:secret/x?decode=hex | knows base64 alone",
        "vault:secret/x?decode=%zz | broken %-escape",
        "vault:secret/x?decode=%6 | broken %-escape",
        "vault:secret/x?decode=%ff | broken %-escape",
        "vault:secret/x?version=${namespace} | work in the path and in parameters alone",
        "vault:pki/issue/x?cn=${namespace} | has no value outside of a pod",
        "vault:pki/issue/x?c-n=a | a parameter's name is letters, digits and '_'",
        "vault:pki/issue/x?1=a | a parameter's name is letters, digits and '_'",
        "vault:pki/issue/x?Version=1 | did you mean 'version'?",
        "vault:pki/issue/x?methd=POST | did you mean 'method'?",
        "vault:pki/issue/x?decde=base64 | did you mean 'decode'?",
        "vault:pki/issue/x?method=post | method is one of GET, POST, PUT",
        "vault:pki/issue/x?method=LIST | method is one of GET, POST, PUT",
        "vault:secret/x?version=3&method=GET | takes neither a method nor parameters",
        "vault:secret/x?version=3&ttl=1h | takes neither a method nor parameters",
        "vault:pki/issue/x?cn=a&cn=b | there twice",
        "vault:pki/issue/x?cn=%ff | broken %-escape",
        "vault:pki/issue/x?cn=\ud800 | no Unicode text",
        "file:a?ttl=1h | unknown option; known: format, decode",
        "file:a?method=GET | unknown option; known: format, decode",
        "vault:secret/x# | the key after '#' is empty",
        "vault:secret/x#${namespace} | variables work in the path alone",
        "vault:secret/${namespace} | has no value outside of a pod",
        "vault:secret/${nmespace} | did you mean 'namespace'?",
        "vault:secret/${ | lacks its '}'",
        "file:a?format=toml | one of properties, json, yaml, raw, directory",
        "file:a.key#password | a raw file has no keys",
      })
  void whatIsWrongIsSaid(String text, String message) {
    assertThat(problems(() -> Reference.parse(text)))
        .singleElement()
        .asString()
        .startsWith("reference: ")
        .contains(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "vault:secret/a\nb",
        "vault:secret/a\u0000",
        "vault:secret/a\u202eb",
        "vault:secret/a\u2028b",
        "vault:secret/\ud800",
        "vault:secret/x#a\tb",
        "vault:secret/x ",
        "vault: secret/x",
      })
  void invisibleTextIsRefused(String text) {
    assertThat(problems(() -> Reference.parse(text))).hasSize(1);
  }

  @Test
  void allProblemsOfAReferenceAreToldTogether() {
    assertThat(problems(() -> Reference.parse("vault:a/../b?versoin=1&decode=hex#")))
        .containsExactly(
            "reference: the path has a '.' or '..' segment: write it out",
            "reference: unknown option; did you mean 'version'?",
            "reference: decode knows base64 alone",
            "reference: the key after '#' is empty: give it a value or leave it out");
  }

  @Test
  void anAbsurdlyLongReferenceIsRefusedWithoutBeingRepeated() {
    assertThat(problems(() -> Reference.parse("vault:a/" + "b".repeat(100_000))))
        .containsExactly("reference: is longer than 8192 characters, %-escapes counted");
  }

  @Property
  void aReferenceReadsBackFromItsText(@ForAll("references") Reference reference) {
    assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
    assertThat(reference.toString().substring(reference.toString().indexOf('?') + 1))
        .as("what stands in options is visible ASCII")
        .satisfies(
            text -> {
              String options = reference.options().isEmpty() ? "" : text.split("#", 2)[0];
              assertThat(options.chars()).allMatch(c -> c > ' ' && c <= '~');
            });
  }

  @Test
  void parametersAreForTheServerAndOptionsForKeyturn() {
    Reference reference =
        Reference.parse(
            "vault:pki/issue/web?common_name=web.example&decode=base64&alt_names=a%26b%2C%20c&method=PUT#x");
    assertThat(reference.parameters())
        .containsExactly(entry("common_name", "web.example"), entry("alt_names", "a&b, c"));
    assertThat(reference.toString())
        .isEqualTo(
            "vault:pki/issue/web?common_name=web.example&decode=base64&alt_names=a%26b,%20c&method=PUT#x");
    assertThat(Reference.parse("file:a.json?format=raw").parameters()).isEmpty();
  }

  @Test
  void aParameterMayHaveAnotherSourcesOptionsNameIfTheMethodSaysThatItIsOne() {
    assertThat(Reference.parse("vault:pki/issue/web?method=POST&format=der").parameters())
        .containsExactly(entry("format", "der"));
  }

  @ParameterizedTest
  @CsvSource({
    "vault:a/b, false",
    "vault:a/b?decode=base64#k, false",
    "vault:a/b?version=3, false",
    "vault:a/b?ttl=1h, true",
    "vault:a/b?ttl=1h&method=GET, false",
    "vault:a/b?method=GET, false",
    "vault:a/b?method=POST, true",
    "vault:a/b?method=PUT, true",
    "file:a?format=raw, false",
  })
  void parametersOrTheMethodMakeAWrite(String text, boolean write) {
    assertThat(Reference.parse(text).isWrite()).isEqualTo(write);
  }

  @ParameterizedTest
  @CsvSource({
    "vault:a/b, vault:a/b#k, true",
    "vault:a/b?decode=base64#k, vault:a/b#l, true",
    "vault:a/b?x=1&y=2#k, vault:a/b?y=2&x=1&decode=base64#l, true",
    "vault:a/b, vault:a/c, false",
    "vault:a/b?version=1, vault:a/b, false",
    "vault:a/b?x=1, vault:a/b?x=2, false",
    "vault:a/b?x=1, vault:a/b?x=1&method=GET, false",
    "vault:a/b?x=1%26y=2, vault:a/b?x=1&y=2, false",
    "file:a.json#k, file:a.json#l, true",
    "file:a.json, file:a.json?format=raw, false",
  })
  void whatIsReadIsTheSameWhicheverFieldIsChosen(String one, String other, boolean same) {
    assertThat(Reference.parse(one).readKey().equals(Reference.parse(other).readKey()))
        .isEqualTo(same);
  }

  @Test
  void aCiphertextFitsAndSoDoesItsEscapedForm() {
    String long_ = "é".repeat(1300);
    Reference reference = Reference.parse("vault:transit/decrypt/app?ciphertext=" + long_);
    assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
    // Six characters for each.
    assertThat(problems(() -> Reference.parse("vault:a/b?c=" + long_ + "é".repeat(100))))
        .containsExactly("reference: is longer than 8192 characters, %-escapes counted");
  }

  @Property
  void aTextIsRefusedOrItsReferenceIsHarmless(@ForAll("texts") String text) {
    Reference reference;
    try {
      reference = Reference.parse(text);
    } catch (PlanException e) {
      assertThat(e.problems()).isNotEmpty();
      return;
    }
    assertThat(reference.path().split("/", -1))
        .doesNotContain("..", ".")
        .satisfies(
            segments ->
                assertThat(segments)
                    .filteredOn(String::isEmpty)
                    .hasSizeLessThanOrEqualTo(reference.path().startsWith("/") ? 1 : 0));
    assertThat(reference.path()).doesNotContain("..\\", "%", "?", "#", "${", ";");
    assertThat(reference.toString().codePoints()).noneMatch(Character::isISOControl);
    assertThat(Reference.parse(reference.toString())).isEqualTo(reference);
  }

  /** Texts near the language: pieces that mean something, in any order. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.oneOf(
            Arbitraries.of(
                "vault:",
                "file:",
                "/",
                "..",
                ".",
                "a",
                "secret/x",
                "?",
                "version=1",
                "&",
                "%2e",
                "decode=base64",
                "method=POST",
                "ttl=",
                "%0a",
                "%24%7b",
                "#",
                "key",
                "${",
                "${namespace}",
                "}",
                ";",
                "\n",
                "\\",
                " "),
            Arbitraries.strings().ofMaxLength(4));
    Arbitrary<String> tails = pieces.list().ofMaxSize(8).map(list -> String.join("", list));
    return Combinators.combine(Arbitraries.of("vault:a/", "file:", "file:/", ""), tails)
        .as(String::concat);
  }

  @Provide
  static Arbitrary<Reference> references() {
    Arbitrary<String> segments =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .withChars("AZ09._- @:+=&,é漢$~")
            .ofMinLength(1)
            .ofMaxLength(8)
            .filter(s -> !s.isBlank() && !s.equals(".") && !s.equals(".."));
    Arbitrary<String> paths =
        segments
            .list()
            .ofMinSize(2)
            .ofMaxSize(4)
            .map(list -> String.join("/", list))
            .filter(path -> path.equals(path.strip()));
    Arbitrary<String> keys =
        Arbitraries.strings()
            .withCharRange('!', '~')
            .withChars("é漢")
            .ofMinLength(1)
            .ofMaxLength(8)
            .filter(key -> !key.contains("${"));
    Arbitrary<Map<String, String>> vaultOptions =
        Arbitraries.of(
            Map.of(),
            Map.of("version", "7"),
            Map.of("decode", "base64"),
            Map.of("version", "999999999", "decode", "base64"),
            Map.of("method", "PUT", "format", "pem"));
    Arbitrary<Map<String, String>> parameters =
        Arbitraries.maps(
                Arbitraries.of("a", "common_name", "TTL9", "session"),
                Arbitraries.oneOf(
                        Arbitraries.of("", "${namespace}", "vault:v1:aGVsbG8+/w==", "%2525", "a b"),
                        Arbitraries.strings().ofMaxLength(8))
                    .filter(value -> StandardCharsets.UTF_8.newEncoder().canEncode(value)))
            .ofMaxSize(3);
    Arbitrary<Reference> vault =
        Combinators.combine(paths, vaultOptions, parameters, keys.optional())
            .as(
                (path, options, more, key) -> {
                  var all = new LinkedHashMap<>(options);
                  if (!options.containsKey("version")) {
                    all.putAll(more);
                  }
                  return new Reference(Source.VAULT, path, all, key);
                });
    Arbitrary<Reference> file =
        Combinators.combine(
                paths,
                Arbitraries.of("", "/"),
                Arbitraries.of("properties", "json"),
                keys.optional())
            .as(
                (path, root, format, key) ->
                    new Reference(Source.FILE, root + path, Map.of("format", format), key));
    Arbitrary<Reference> whole =
        paths.map(
            path -> new Reference(Source.FILE, path, Map.of("format", "raw"), Optional.empty()));
    return Arbitraries.oneOf(vault, file, whole);
  }

  @Test
  void theFormatOfAFileOfSopsIsItsExtensionsOrTheOptions() {
    assertThat(Reference.parse("sops:/a/b.enc.yaml").sopsFormat()).isEqualTo("yaml");
    assertThat(Reference.parse("sops:/a/b.yml").sopsFormat()).isEqualTo("yaml");
    assertThat(Reference.parse("sops:a.json").sopsFormat()).isEqualTo("json");
    assertThat(Reference.parse("sops:a.env").sopsFormat()).isEqualTo("dotenv");
    assertThat(Reference.parse("sops:a.ini").sopsFormat()).isEqualTo("ini");
    assertThat(Reference.parse("sops:a.p12").sopsFormat()).isEqualTo("binary");
    assertThat(Reference.parse("sops:a?format=json").sopsFormat()).isEqualTo("json");
    assertThat(Reference.parse("sops:a.p12").isOneField()).isTrue();
    assertThat(Reference.parse("sops:a.yaml").isOneField()).isFalse();
    assertThatThrownBy(() -> Reference.parse("sops:a.p12#key"))
        .hasMessageContaining("a binary file has no keys");
    assertThatThrownBy(() -> Reference.parse("sops:a?format=toml"))
        .hasMessageContaining("format is one of yaml, json, dotenv, ini, binary");
  }

  @Test
  void whatIsDecryptedByTheTransitEngineNamesItsKey() {
    Reference reference = Reference.parse("file:a.json?decrypt=team/transit/keys/app#password");
    assertThat(reference.transitKey()).contains(new Reference.TransitKey("team/transit", "app"));
    assertThat(reference.asksVault()).isTrue();
    assertThat(Reference.parse("file:a.json").asksVault()).isFalse();
    for (String key :
        new String[] {"app", "transit/app", "/keys/app", "transit/keys/", "t/keys/a/b"}) {
      assertThatThrownBy(() -> Reference.parse("k8s:secret/a?decrypt=" + key))
          .as(key)
          .hasMessageContaining("decrypt=transit/keys/app");
    }
    assertThatThrownBy(() -> Plan.parseYaml("secrets: {a: 'file:a.json?decrypt=transit/keys/app'}"))
        .hasMessageContaining("vault");
  }
}
