package dev.keyturn.plan;

import static dev.keyturn.plan.PlanTest.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TranslationTest {
  private static final PodFacts FACTS =
      new PodFacts(
          List.of("migrate"),
          List.of("app", "worker"),
          OptionalInt.of(1001),
          Map.of("vault-token", "vault", "default-token", ""));

  private static Translation translate(String... namesAndValues) {
    var annotations = new LinkedHashMap<String, String>();
    annotations.put("vault.hashicorp.com/agent-inject", "true");
    annotations.put("example.com/other", "x");
    for (int i = 0; i < namesAndValues.length; i += 2) {
      annotations.put("vault.hashicorp.com/" + namesAndValues[i], namesAndValues[i + 1]);
    }
    return Translation.of(annotations, FACTS);
  }

  /** With a secret, and with what makes the annotation do something. */
  static Translation translateWith(String name, String value) {
    return name.equals("agent-cache-use-auto-auth-token")
        ? translate("agent-inject-secret-db", "a/b", "agent-cache-enable", "true", name, value)
        : translate("agent-inject-secret-db", "a/b", name, value);
  }

  private static List<String> told(Translation translation) {
    return translation.warnings().stream().map(Problem::toString).toList();
  }

  private static List<String> problemsOf(Translation translation) {
    return translation.problems().stream().map(Problem::toString).toList();
  }

  private static Map<String, String> translated(String... namesAndValues) {
    var translated = new LinkedHashMap<String, String>();
    translate(namesAndValues)
        .annotations()
        .forEach((name, value) -> translated.put(name.substring("keyturn.dev/".length()), value));
    return translated;
  }

  /** All that is asked for besides one secret without details. */
  private static Map<String, String> translatedPod(String... namesAndValues) {
    Map<String, String> translated = translated(namesAndValues);
    translated
        .keySet()
        .removeAll(List.of("inject", "mount-path", "audience", "template.db", "mode.db"));
    return translated;
  }

  @Test
  void aSecretWithoutATemplateLooksAsTheAgentWouldWriteIt() {
    assertThat(translated("agent-inject-secret-DB-creds", "/database/creds/shop", "role", "shop"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "inject", "true",
                "mount-path", "/vault/secrets",
                "audience", "",
                "vault.role", "shop",
                "template.db-creds",
                    "{{ with secret \"database/creds/shop\" }}{{ range $key, $value := .Data }}"
                        + "{{ $key }}: {{ $value }}\n{{ end }}{{ end }}",
                "mode.db-creds", "0644"));
    assertThat(translated("agent-inject-secret-db", "a/b", "agent-inject-default-template", "JSON"))
        .containsEntry("template.db", "{{ with secret \"a/b\" }}{{ toJSON .Data }}\n{{ end }}");
  }

  @Test
  void everythingThatIsSaidOfASecretIsTakenOver() {
    assertThat(
            translated(
                "agent-inject-secret-App", "unused/where/a/template/is",
                "agent-inject-template-App", "<< secret \"a/b\" >>",
                "agent-template-left-delim-App", "<<",
                "agent-template-right-delim-App", ">>",
                "error-on-missing-key-App", "true",
                "agent-inject-perms-App", "440",
                "preserve-secret-case", "true",
                "agent-inject-containers", "app,nobody",
                "agent-pre-populate", "false",
                "agent-inject-command-App", "/bin/sh -c 'kill -HUP $(pidof nginx) || true'",
                "template-static-secret-render-interval", "1m30s",
                "secret-volume-path", "/etc/app/"))
        .containsExactlyInAnyOrderEntriesOf(
            new LinkedHashMap<>(
                Map.ofEntries(
                    Map.entry("inject", "true"),
                    Map.entry("mount-path", "/etc/app"),
                    Map.entry("audience", ""),
                    Map.entry("template.App", "<< secret \"a/b\" >>"),
                    Map.entry("left-delimiter.App", "<<"),
                    Map.entry("right-delimiter.App", ">>"),
                    Map.entry("error-on-missing-key.App", "true"),
                    Map.entry("mode.App", "0440"),
                    Map.entry("containers.App", "app,migrate"),
                    Map.entry("required.App", "false"),
                    Map.entry("on-change.App", "[{signal: HUP, process: \"nginx\"}]"),
                    Map.entry("refresh.App", "90s"))));
  }

  @Test
  void whereAFileIsFollowsFromPathAndName() {
    Map<String, String> translated =
        translated(
            "agent-inject-secret-a", "x/a",
            "agent-inject-file-a", ".env",
            "agent-inject-secret-b", "x/b",
            "secret-volume-path-b", "/app//config/",
            "agent-inject-file-b", "sub/./b.properties",
            "agent-inject-secret-c", "x/c",
            "secret-volume-path-c", "/vault/secrets/");
    assertThat(translated)
        .containsKeys("template..env", "template.b.properties", "template.c")
        .containsEntry("mount-path", "/vault/secrets")
        .containsEntry("mount-path.b.properties", "/app/config/sub")
        .doesNotContainKeys("mount-path..env", "mount-path.c");
  }

  @Test
  void theTokenIsASecretOfItsOwn() {
    assertThat(translated("agent-inject-token", "1"))
        .containsEntry("secret.token", "vault:auth/token/lookup-self#id")
        .doesNotContainKey("mode.token");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "agent-pre-populate-only | true | sidecar=init",
        "agent-run-as-user | 1500 | run-as=1500:1000",
        "agent-run-as-group | 2000 | run-as=100:2000",
        "agent-run-as-same-user | true | run-as=1001",
        "agent-limits-cpu | '' | resources=limits.cpu=",
        "agent-requests-mem | 64Mi | resources=requests.memory=64Mi",
        "agent-requests-ephemeral | 1Gi | resources=requests.ephemeral-storage=1Gi",
        "tls-secret | vault-tls | tls-secret=vault-tls",
        "agent-extra-secret | role | extra-secret=role",
        "service | https://v:8200 | vault.address=https://v:8200",
        "namespace | admin/team/ | vault.namespace=admin/team",
        "auth-path | auth/k8s/prod | vault.auth-mount=k8s/prod",
        "auth-path | k8s | vault.auth-mount=k8s",
        "auth-type | jwt | vault.auth=jwt",
        "auth-type | token_file | vault.auth=token",
        "auth-config-role | shop | vault.role=shop",
        "auth-config-token-path | /var/run/secrets/kubernetes.io/serviceaccount/token"
            + " | vault.token-file=/keyturn/identity/token",
        "tls-server-name | v.example | vault.server-name=v.example",
        "ca-cert | /vault/tls/ca.crt | vault.ca-file=/keyturn/tls/ca.crt",
        "ca-cert | /run/secrets/kubernetes.io/serviceaccount/ca.crt"
            + " | vault.ca-file=/keyturn/identity/ca.crt",
        "client-cert | /vault/custom/c.pem | vault.client-cert-file=/keyturn/extra/c.pem",
        "client-key | /vault/tls/k.pem | vault.client-key-file=/keyturn/tls/k.pem",
        "client-timeout | 30 | vault.timeout=30s",
        "client-timeout | 5m | vault.timeout=1m",
        "agent-revoke-on-shutdown | false | vault.revoke=false",
        "agent-cache-enable | false | ''",
        "agent-init-first | true | ''",
        "tls-skip-verify | false | ''",
      })
  void anAnnotationOfThePodIsTakenOver(String name, String value, String expected) {
    Map<String, String> pod = translatedPod("agent-inject-secret-db", "a/b", name, value);
    if (expected.isEmpty()) {
      assertThat(pod).isEmpty();
    } else {
      int equals = expected.indexOf('=');
      assertThat(pod)
          .containsExactlyEntriesOf(
              Map.of(expected.substring(0, equals), expected.substring(equals + 1)));
    }
    assertThat(translate("agent-inject-secret-db", "a/b", name, value).warnings()).isEmpty();
  }

  @Test
  void aMethodsParametersAreTakenOver() {
    assertThat(
            translatedPod(
                "agent-inject-secret-db", "a/b",
                "auth-type", "approle",
                "auth-config-role-id-file-path", "/vault/custom/role-id",
                "auth-config-secret-id-file-path", "/vault/custom/secret-id",
                "auth-config-secret-id-response-wrapping-path", "auth/approle/role/x/secret-id",
                "auth-config-remove-secret-id-file-after-reading", "false"))
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "vault.auth", "approle",
                "vault.role-id-file", "/keyturn/extra/role-id",
                "vault.secret-id-file", "/keyturn/extra/secret-id",
                "vault.wrapped", "true"));
  }

  @Test
  void theTokensAudienceIsThatOfTheVolumeThatIsNamed() {
    String volume = "agent-service-account-token-volume-name";
    assertThat(translated("agent-inject-secret-db", "a/b", volume, "vault-token"))
        .containsEntry("audience", "vault");
    assertThat(translated("agent-inject-secret-db", "a/b", volume, "default-token"))
        .containsEntry("audience", "");
    assertThat(problemsOf(translate("agent-inject-secret-db", "a/b", volume, "other")))
        .singleElement()
        .asString()
        .contains("names no volume");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "agent-image | vault:1 | is ignored: the sidecar is Keyturn's own image",
        "agent-cache-enable | true | is ignored: the sidecar is no proxy to Vault",
        "agent-cache-use-auto-auth-token | true | ",
        "agent-telemetry-prometheus_retention_time | 1m | is ignored: the sidecar has metrics",
        "agent-inject-perms-db | 0755 | is made 0644",
        "agent-inject-command-db | chmod +x /vault/secrets/db | is ignored: the sidecar has no"
            + " shell",
        "agent-run-as-user | 0 | the sidecar is never root",
        "agent-inject-containers | app,nobody | names 'nobody', which is no container",
        "tls-skip-verify | true | the server's certificate is always verified",
        "auth-config-unheard-of | x | is ignored: the sidecar has no such setting",
        "agent-json-patch | [] | can't be patched",
        "proxy-address | http://proxy:3128 | talks to Vault directly",
        "log-level | debug | one level",
        "agent-inject-secrte-x | a/b | is unknown, and so ignored; did you mean"
            + " 'agent-inject-secret'?",
        "agent-inject-perm-db | 0400 | did you mean 'agent-inject-perms-db'?",
        "agent-cpu-limit | 1 | is unknown, and so ignored",
      })
  void whatIsIgnoredIsTold(String name, String value, String warning) {
    List<String> warnings = told(translate("agent-inject-secret-db", "a/b", name, value));
    if (warning == null) {
      assertThat(warnings).as("it does nothing, as there").isEmpty();
    } else {
      assertThat(warnings)
          .singleElement()
          .asString()
          .startsWith("vault.hashicorp.com/" + name + ": ")
          .contains(warning);
      assertThat(warnings.getFirst().length()).isLessThanOrEqualTo(247);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "agent-inject-template-file-db | /x | put the text itself into agent-inject-template-NAME",
        "agent-configmap | cm | runs no configuration of Vault Agent",
        "auth-type | aws | approle, cert, jwt, kubernetes, token_file",
        "agent-inject-command-db | /app/reload --now | needs a shell or a program",
        "agent-inject-command-db | kill -HUP $(cat /run/app.pid) | needs a shell or a program",
        "agent-inject-command-db | curl -X POST http://localhost:1/a; rm -rf / | needs a shell",
        "agent-inject-command-db | chmod 600 x && reload | needs a shell",
        "agent-inject-file-db | ../../etc/passwd | a file's name",
        "agent-inject-perms-db | rw | is no mode",
        "agent-inject-perms-db | 04755 | is no mode",
        "agent-inject-default-template | yaml | neither map nor json",
        "agent-pre-populate | maybe | neither \"true\" nor \"false\"",
        "ca-cert | /etc/ssl/vault.pem | the sidecar has no such file",
        "auth-config-token-path | /vault/other | the sidecar has no such file",
        "client-timeout | soon | is no duration",
        "agent-limits-cpu | lots | holds an amount that is none",
        "agent-inject-secret-q | a/\"b | holds a quote",
      })
  void whatCannotBeDoneIsRefused(String name, String value, String problem) {
    assertThat(problemsOf(translate("agent-inject-secret-db", "a/b", name, value)))
        .singleElement()
        .asString()
        .startsWith("vault.hashicorp.com/" + name + ": ")
        .contains(problem);
  }

  @Test
  void twoFilesOfOneNameAreRefusedWhereverTheyAre() {
    assertThat(
            problemsOf(
                translate(
                    "agent-inject-secret-a", "a/b",
                    "agent-inject-secret-b", "a/b",
                    "secret-volume-path-b", "/srv",
                    "agent-inject-file-b", "a")))
        .singleElement()
        .asString()
        .contains("makes a file of the same name as vault.hashicorp.com/agent-inject-secret-a");
  }

  @Test
  void aProxyThatServesTheApplicationIsRefused() {
    assertThat(
            problemsOf(
                translate(
                    "agent-inject-secret-db", "a/b",
                    "agent-cache-enable", "true",
                    "agent-cache-use-auto-auth-token", "force")))
        .singleElement()
        .asString()
        .startsWith("vault.hashicorp.com/agent-cache-use-auto-auth-token: the sidecar is no proxy");
  }

  @Test
  void problemsOfThePlanAreNamedAsTheAuthorWroteThem() {
    Translation translation =
        translate(
            "agent-inject-template-db", "{{ secrte \"a/b\" }}",
            "agent-inject-file-db", "x.conf",
            "agent-inject-secret-c", "a/c",
            "service", "vault:8200");
    assertThat(problemsOfBoth(translation))
        .hasSize(2)
        .anyMatch(p -> p.startsWith("vault.hashicorp.com/service: "))
        .anyMatch(
            p ->
                p.startsWith("vault.hashicorp.com/agent-inject-template-db: ")
                    && p.contains("secret"));
  }

  @Test
  void problemsOfTheTranslationAndOfThePlanAreToldTogetherAndNoneTwice() {
    assertThat(
            problemsOfBoth(
                translate(
                    "agent-inject-template-db", "{{ secrte \"a/b\" }}",
                    "agent-inject-secret-c", "a/c",
                    "agent-inject-perms-c", "rw",
                    "agent-inject-secret-d", "a/\"d",
                    "auth-type", "approle",
                    "auth-config-role-id-file-path", "/elsewhere/role-id",
                    "agent-configmap", "x")))
        .extracting(problem -> problem.substring(0, problem.indexOf(": ")))
        .containsExactlyInAnyOrder(
            "vault.hashicorp.com/agent-inject-template-db",
            "vault.hashicorp.com/agent-inject-perms-c",
            "vault.hashicorp.com/agent-inject-secret-d",
            "vault.hashicorp.com/auth-config-role-id-file-path",
            "vault.hashicorp.com/agent-configmap");
  }

  @ParameterizedTest
  @CsvSource({"agent-inject-file-db, ../x", "auth-type, aws", "agent-inject-default-template, y"})
  void whatFollowsFromAProblemIsNoProblem(String name, String value) {
    assertThat(problemsOfBoth(translate("agent-inject-secret-db", "a/b", name, value)))
        .singleElement()
        .asString()
        .startsWith("vault.hashicorp.com/" + name + ": ");
  }

  private static List<String> problemsOfBoth(Translation translation) {
    List<Problem> problems = translation.problems();
    try {
      var defaults = Map.of("role", "r", "address", "https://v");
      PodPlan.parse(translation.annotations(), defaults, Map.of());
    } catch (PlanException e) {
      problems = translation.told(e.problems());
    }
    return problems.stream().map(Problem::toString).toList();
  }

  @Test
  void anIntervalIsNotForWhatWouldBeMadeAnewEachTime() {
    String pki =
        "{{ with secret \"pki/issue/web\" \"common_name=a\" }}{{ .Data.certificate }}{{ end }}";
    assertThat(
            translated(
                "agent-inject-template-web", pki,
                "agent-inject-secret-kv", "secret/data/a",
                "template-static-secret-render-interval", "30s"))
        .containsEntry("refresh.kv", "30s")
        .doesNotContainKey("refresh.web");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "kill -HUP $(pidof nginx)~[{signal: HUP, process: \"nginx\"}]",
        "kill -s USR1 `pgrep -x haproxy`~[{signal: USR1, process: \"haproxy\"}]",
        "kill -SIGHUP `pidof nginx`~[{signal: HUP, process: \"nginx\"}]",
        "kill -1 $(pgrep java)~[{signal: HUP, process: \"java\"}]",
        "sh -c \"pkill -HUP -x envoy || true\"~[{signal: HUP, process: \"envoy\"}]",
        "killall -s HUP nginx~[{signal: HUP, process: \"nginx\"}]",
        "pkill nginx~[{signal: TERM, process: \"nginx\"}]",
        "curl -s -X POST http://localhost:8080/actuator/refresh"
            + "~[{http: \"http://localhost:8080/actuator/refresh\", method: POST}]",
        "wget -qO- http://127.0.0.1:9000/-/reload"
            + "~[{http: \"http://127.0.0.1:9000/-/reload\", method: GET}]",
        "pkill -KILL nginx~",
        "curl -d @/vault/secrets/db http://localhost/~",
        "curl http://localhost/a http://localhost/b~",
      })
  void aCommandIsUnderstoodOrNotTaken(String command, String onChange) {
    AgentCommand expected =
        onChange == null ? new AgentCommand.Unknown() : new AgentCommand.Done(onChange);
    assertThat(AgentCommand.read(command)).isEqualTo(expected);
  }

  /** Whatever a pod's author writes ends in a plan or in problems, and in no other exception. */
  @Property(tries = 300)
  void anyAnnotationsAreTranslatedOrRefused(
      @ForAll("annotations") Map<String, String> annotations) {
    annotations.put("vault.hashicorp.com/agent-inject", "true");
    Translation translation = Translation.NONE;
    try {
      translation = Translation.of(annotations, FACTS);
      PodPlan.parse(
          translation.annotations(), Map.of("address", "https://v", "role", "r"), Map.of());
    } catch (PlanException e) {
      assertThat(translation.told(e.problems())).isNotEmpty();
    }
  }

  @Provide
  Arbitrary<Map<String, String>> annotations() {
    Arbitrary<String> names =
        Combinators.combine(
                Arbitraries.of(VaultAgentAnnotation.names()),
                Arbitraries.of("", "-db", "-Db", "-role", "-.env", "-", "x"))
            .as((name, suffix) -> "vault.hashicorp.com/" + name + suffix);
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of(
                "",
                " ",
                "true",
                "force",
                "0644",
                "8",
                "/",
                "//",
                "../x",
                "a/b",
                "/vault/tls/x",
                "1h-3m",
                "99999999999h",
                "app,,x",
                "kill -HUP $(pidof",
                "\"",
                "'",
                "{{ secret }}",
                "sh -c '",
                "https://v:8200",
                "kubernetes"),
            Arbitraries.strings().ofMaxLength(20));
    return Arbitraries.maps(names, values).ofMaxSize(12);
  }
}
