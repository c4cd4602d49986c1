package dev.keyturn.plan;

import static dev.keyturn.plan.PlanTest.problems;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PodPlanTest {
  private static final Map<String, String> VAULT =
      Map.of("address", "https://vault:8200", "role", "${serviceaccount}");
  private static final Map<String, String> VARIABLES =
      Map.of("namespace", "shop", "serviceaccount", "web");

  @Test
  void aSectionOfASourceIsWrittenAsAnnotationsOrInThePlan() {
    Map<String, String> annotations =
        new HashMap<>(
            Map.of(
                "keyturn.dev/inject", "true",
                "keyturn.dev/secret.a", "k8s:secret/app",
                "keyturn.dev/kubernetes.access", "volume"));
    assertThat(
            PodPlan.parse(annotations, Map.of(), Map.of())
                .orElseThrow()
                .plan()
                .setting("kubernetes", "access"))
        .contains("volume");
    annotations.put("keyturn.dev/plan", "{kubernetes: {access: api}}");
    assertThat(problems(() -> PodPlan.parse(annotations, Map.of(), Map.of())))
        .singleElement()
        .asString()
        .contains("keyturn.dev/kubernetes.access", "is in keyturn.dev/plan too");
  }

  @Test
  void oneAnnotationForASecretIsEnough() {
    PodPlan pod =
        PodPlan.parse(
                Map.of(
                    "keyturn.dev/inject", "true",
                    "keyturn.dev/secret.db", "vault:secret/data/${namespace}",
                    "keyturn.dev/env.db", "DB_USER=username, DB_PASSWORD=password",
                    "keyturn.dev/run-as", "1000"),
                VAULT,
                VARIABLES)
            .orElseThrow();
    assertThat(pod.plan())
        .isEqualTo(
            Plan.parseYaml(
                """
                vault: {address: "https://vault:8200", role: web}
                secrets:
                  db:
                    from: vault:secret/data/shop
                    env: {DB_USER: username, DB_PASSWORD: password}
                """));
    assertThat(pod.mountPath()).isEqualTo("/keyturn/secrets");
    assertThat(pod.javaAgent()).isFalse();
    assertThat(pod.runAs()).contains(new Owner(1000, 1000));
    assertThat(pod.javaAgentContainers()).isEqualTo(Set.of());
    assertThat(pod.sidecar()).isEqualTo(Optional.empty());
  }

  @Test
  void problemsAreNamedAsTheAuthorWroteThem() {
    assertThat(
            problems(
                () ->
                    PodPlan.parse(
                        Map.of(
                            "keyturn.dev/injcet", "true",
                            "keyturn.dev/plan", "secrets: {a: {from: 'vault:x/y', mode: 1}}",
                            "keyturn.dev/secret.db", "vualt:secret/data/shop",
                            "keyturn.dev/format.bd", "json",
                            "keyturn.dev/vault.token-file", "/etc/passwd",
                            "keyturn.dev/env.db", "LD_PRELOAD=x"),
                        VAULT,
                        VARIABLES)))
        .containsExactly(
            "keyturn.dev/inject: is missing, though the pod has other annotations: set it to"
                + " \"true\"",
            "keyturn.dev/format.bd: is for no secret; did you mean 'db'?",
            "keyturn.dev/injcet: unknown annotation; did you mean 'inject'?",
            "keyturn.dev/vault.token-file: is not below /keyturn/: a pod can't point the sidecar's"
                + " identity at another file; leave it out",
            "keyturn.dev/plan, secrets.a.mode: is no mode: write four octal digits, the first a"
                + " zero, in quotes: \"0400\"",
            "keyturn.dev/secret.db: not a reference: it starts with its source and a colon, such as"
                + " vault:secret/data/app#password; did you mean 'vault'?",
            "keyturn.dev/env.db, LD_PRELOAD: this one decides which programs and libraries run:"
                + " choose another name");
  }

  private static Optional<PodPlan> parse(String... keysAndValues) {
    var annotations = new HashMap<String, String>();
    for (int i = 0; i < keysAndValues.length; i += 2) {
      annotations.put("keyturn.dev/" + keysAndValues[i], keysAndValues[i + 1]);
    }
    return PodPlan.parse(annotations, VAULT, VARIABLES);
  }

  private static List<String> problemsOf(String... keysAndValues) {
    return problems(() -> parse(keysAndValues));
  }

  @Test
  void aPodThatAsksForNothingIsLeftAlone() {
    assertThat(PodPlan.parse(Map.of("example.com/x", "y"), VAULT, VARIABLES)).isEmpty();
    assertThat(parse("inject", "false", "secret.db", "nonsense")).isEmpty();
    assertThat(parse("status", "injected")).isEmpty();
  }

  @Test
  void everySingleAnnotationMeansWhatThePlansKeyMeans() {
    PodPlan pod =
        parse(
                "inject", "true",
                "secret.db", "vault:secret/data/shop",
                "format.db", "json",
                "env.db", "DB_USER=username,DB_PASSWORD=password",
                "properties.db", "db.user=username",
                "mode.db", "0440",
                "owner.db", "1000:2000",
                "containers.db", "app, worker",
                "refresh.db", "1m",
                "required.db", "false",
                "on-change.db", "[{signal: HUP, process: nginx}, {http: 'http://[::1]/'}]",
                "group.db", "g",
                "secret.web", "vault:pki/issue/web?common_name=${namespace}.example",
                "format.web", "jks",
                "store-password.web", "opensesame",
                "group.web", "g",
                "vault.client-cert-file", "/keyturn/c.pem",
                "vault.client-key-file", "/keyturn/k.pem",
                "vault.revoke", "false",
                "vault.timeout", "3s",
                "vault.address", "https://other:8200",
                "vault.namespace", "team/${namespace}",
                "vault.server-name", "vault.example",
                "vault.ca-file", "/keyturn/ca.pem",
                "vault.auth", "jwt",
                "vault.auth-mount", "k8s",
                "vault.token-file", "/keyturn/identity/token",
                "java-agent", "true",
                "java-agent-containers", "app",
                "java-agent-options", "retire=30s,children=report",
                "mount-path", "/srv/secrets",
                "mount-path.web", "/etc/tls",
                "resources", "requests.cpu=20m, limits.memory=",
                "tls-secret", "vault-tls",
                "extra-secret", "app.role",
                "sidecar", "init-and-sidecar",
                "hibernate", "true",
                "run-as", "1000:2000",
                "audience", "openbao",
                "status", "whatever")
            .orElseThrow();
    Plan plan =
        Plan.parseYaml(
            """
            vault:
              address: https://other:8200
              namespace: team/shop
              server-name: vault.example
              ca-file: /keyturn/ca.pem
              auth: jwt
              auth-mount: k8s
              token-file: /keyturn/identity/token
              client-cert-file: /keyturn/c.pem
              client-key-file: /keyturn/k.pem
              revoke: false
              timeout: 3s
            secrets:
              db:
                from: vault:secret/data/shop
                format: json
                env: {DB_USER: username, DB_PASSWORD: password}
                properties: {db.user: username}
                mode: "0440"
                owner: "1000:2000"
                containers: [app, worker]
                refresh: 1m
                required: false
                on-change:
                  - {signal: HUP, process: nginx}
                  - {http: "http://[::1]/"}
                group: g
              web:
                from: vault:pki/issue/web?common_name=shop.example
                format: jks
                store-password: opensesame
                group: g
            """);
    assertThat(pod)
        .isEqualTo(
            new PodPlan(
                plan,
                "/srv/secrets",
                true,
                Set.of("app"),
                "retire=30s,children=report",
                Optional.of(PodPlan.SidecarKind.INIT_AND_SIDECAR),
                true,
                Optional.of(new Owner(1000, 2000)),
                Optional.of("openbao"),
                Map.of("web", "/etc/tls"),
                Map.of("requests.cpu", "20m", "limits.memory", ""),
                Map.of("tls", "vault-tls", "extra", "app.role")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "retrie=30s | option 1 is none | did you mean 'retire'?",
        "mount=/etc | option 1 is none | that are to be set here",
        "retire=25h | 'retire' takes a number | at most 24h",
        "window=soon | 'window' takes a number | with ms, s, m or h",
        "children=never | 'children' takes one of | block, report, allow",
        "mask | 'mask' takes one of | on, off",
        "sinks=jdcb+redis | is no sink's | did you mean 'jdbc'?",
        "sinks= | is no sink's | known: apache-http-4",
        "retire=1s, mask=on | option 2 is none | did you mean 'mask'?",
        "retire=1s,$(HOME) | option 2 is none | known: window"
      })
  void whatIsWrongWithAnOptionOfTheAgentIsSaid(String options, String problem, String help) {
    assertThat(
            problemsOf(
                "inject", "true",
                "secret.a", "vault:secret/a",
                "java-agent", "true",
                "java-agent-options", options))
        .singleElement()
        .asString()
        .contains("keyturn.dev/java-agent-options: ", problem, help);
  }

  @Test
  void hibernationIsForSecretsOfVaultAlone() {
    assertThat(
            problemsOf(
                "inject", "true",
                "hibernate", "true",
                "secret.a", "vault:secret/a",
                "secret.b", "k8s:secret/b",
                "template.c", "{{ with secret \"aws-sm:c\" }}{{ .Data.data }}{{ end }}"))
        .containsExactly(
            "keyturn.dev/hibernate: is for secrets of Vault and OpenBao alone, and k8s:secret/b is"
                + " watched all the time: leave hibernation out, or have it from there",
            "keyturn.dev/hibernate: is for secrets of Vault and OpenBao alone, and aws-sm:c takes"
                + " a login of its own at each start: leave hibernation out, or have it from"
                + " there");
  }

  @Test
  void aMountPathInsideOfAnotherIsRefused() {
    assertThat(
            problemsOf(
                "inject", "true",
                "mount-path", "/srv",
                "secret.a", "file:/keyturn/volumes/a",
                "secret.b", "file:/keyturn/volumes/b",
                "mount-path.b", "/srv/x/b"))
        .containsExactly(
            "keyturn.dev/mount-path.b: is inside of another mount path: choose one beside it");
    assertThat(
            parse(
                    "inject", "true",
                    "mount-path", "/srv",
                    "secret.b", "file:/keyturn/volumes/b",
                    "mount-path.b", "/srv/x/b")
                .orElseThrow()
                .mountPathOf("b"))
        .as("no file is in the other one")
        .isEqualTo("/srv/x/b");
  }

  @Test
  void anEmptyAudienceIsTheApiServersOwn() {
    assertThat(
            parse("inject", "true", "secret.a", "file:/keyturn/volumes/a", "audience", "")
                .orElseThrow()
                .audience())
        .contains("");
  }

  @Test
  void aFileMayStartWithADot() {
    assertThat(
            parse("inject", "true", "secret..env", "file:/keyturn/volumes/a")
                .orElseThrow()
                .plan()
                .secrets())
        .extracting(SecretSpec::name)
        .containsExactly(".env");
    for (String name : List.of(".", "..data", ".-x", "-x")) {
      assertThat(problemsOf("inject", "true", "secret." + name, "file:/keyturn/volumes/a"))
          .as(name)
          .hasSize(1);
    }
  }

  @Test
  void whatIsWrongWithAnActionIsToldWithItsAnnotation() {
    assertThat(
            problemsOf(
                "inject", "true",
                "secret.a", "vault:a/b#c",
                "on-change.a", "[{signal: HUP, port: 0}, {http: 'http://v/'}]",
                "secret.b", "vault:a/b#c",
                "on-change.b", "[{signal: HUP",
                "secret.c", "vault:a/b#c",
                "on-change.c", "{signal: HUP, port: 1}",
                "secret.d", "vault:a/b#c",
                "on-change.d", "",
                "on-change.e", "[]",
                "onchange.a", "[]",
                "vault.wraped", "true"))
        .containsExactlyInAnyOrder(
            "keyturn.dev/on-change.a, 1.port: is no port: a number from 1 to 65535",
            "keyturn.dev/on-change.a, 2.http: is not on loopback: a call goes to localhost,"
                + " 127.0.0.1 or [::1] alone",
            "keyturn.dev/on-change.b: not valid YAML at line 1, column 14",
            "keyturn.dev/on-change.c: is no list: write one, such as [{signal: HUP, process:"
                + " nginx}]",
            "keyturn.dev/on-change.d: is no list: write one, such as [{signal: HUP, process:"
                + " nginx}]",
            "keyturn.dev/on-change.e: is for no secret; did you mean 'a'?",
            "keyturn.dev/onchange.a: unknown annotation; did you mean 'on-change'?",
            "keyturn.dev/vault.wraped: unknown annotation; did you mean 'wrapped'?");
  }

  @Test
  void aPlanAndSingleAnnotationsAddUp() {
    PodPlan pod =
        parse(
                "inject", "true",
                "plan", "{vault: {role: mine}, secrets: {b: 'vault:secret/b#k'}}",
                "secret.a", "vault:secret/a#k",
                "vault.namespace", "team")
            .orElseThrow();
    assertThat(pod.plan().secrets()).extracting(SecretSpec::name).containsExactly("b", "a");
    VaultSettings vault = pod.plan().vault().orElseThrow();
    assertThat(vault.namespace()).contains("team");
    assertThat(vault.auth())
        .isEqualTo(new VaultAuth.Kubernetes("kubernetes", "mine", "/keyturn/identity/token"));
    assertThat(
            problemsOf(
                "inject", "true",
                "plan", "{vault: {role: mine}, secrets: {b: 'vault:secret/b#k'}}",
                "secret.b", "vault:secret/b#k",
                "vault.role", "other"))
        .containsExactly(
            "keyturn.dev/secret.b: is in keyturn.dev/plan too: keep one",
            "keyturn.dev/vault.role: is in keyturn.dev/plan too: keep one");
    assertThat(
            problemsOf(
                "inject", "true", "plan", "secrets: {b: 'vault:secret/b#k'}", "mode.b", "0400"))
        .containsExactly("keyturn.dev/mode.b: is for a secret of keyturn.dev/plan: say it there");
  }

  @Test
  void theOperatorsVaultIsForPodsThatNeedOne() {
    assertThat(
            parse("inject", "true", "secret.a", "file:/keyturn/volumes/srv/a")
                .orElseThrow()
                .plan()
                .vault())
        .isEmpty();
    assertThat(
            problems(
                () ->
                    PodPlan.parse(
                        Map.of("keyturn.dev/inject", "true", "keyturn.dev/secret.a", "vault:a/b#c"),
                        Map.of(),
                        Map.of())))
        .containsExactly(
            "keyturn.dev/vault.address: is missing: say where the server is: https://vault:8200;"
                + " or have the cluster's operator set it for all",
            "keyturn.dev/vault.role: is missing: auth 'kubernetes' logs in with a role; or have the"
                + " cluster's operator set it for all");
    assertThat(
            problems(
                () ->
                    PodPlan.parse(
                        Map.of("keyturn.dev/inject", "true", "keyturn.dev/secret.a", "vault:a/b#c"),
                        Map.of("address", "vault", "rol", "x", "role", "${environment}"),
                        Map.of("namespace", "shop"))))
        .containsExactly(
            "vault.rol (set by the operator or the namespace): unknown key; did you mean 'role'?",
            "vault.role (set by the operator or the namespace): ${environment} has no value here:"
                + " write it out, or ask the cluster's operator",
            "vault.address (set by the operator or the namespace): starts with neither https:// nor"
                + " http://");
  }

  @Test
  void aPodWithItsOwnMethodTakesNothingOfTheOperatorsMethod() {
    VaultAuth auth =
        parse(
                "inject", "true",
                "secret.a", "vault:a/b#c",
                "vault.auth", "approle",
                "vault.role-id-file", "/keyturn/role")
            .orElseThrow()
            .plan()
            .vault()
            .orElseThrow()
            .auth();
    assertThat(auth)
        .isEqualTo(new VaultAuth.AppRole("approle", "/keyturn/role", Optional.empty(), false));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "token-file",
        "role-id-file",
        "secret-id-file",
        "ca-file",
        "client-cert-file",
        "client-key-file"
      })
  void aPodCannotPointTheIdentityAtFilesOfItsChoice(String key) {
    for (String path : List.of("/etc/passwd", "relative", "/keyturnx/a", "/keyturn/../etc/x")) {
      assertThat(problemsOf("inject", "true", "secret.a", "vault:a/b#c", "vault." + key, path))
          .as(path)
          .anyMatch(problem -> problem.startsWith("keyturn.dev/vault." + key + ": "));
      assertThat(
              problemsOf(
                  "inject",
                  "true",
                  "plan",
                  "{vault: {%s: %s}, secrets: {a: 'vault:a/b#c'}}".formatted(key, path)))
          .as(path)
          .anyMatch(problem -> problem.startsWith("keyturn.dev/plan, vault." + key + ": "));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "relative/x",
        "/keyturn/identity/token",
        "/proc/self/environ",
        "/sys/x",
        "/dev/stdin",
        "/var/run/secrets/kubernetes.io/serviceaccount/token",
        "/run/secrets/kubernetes.io/serviceaccount/token",
        "/keyturn/extra/age.txt",
        "/keyturn/volumes",
        "/keyturn/volumesx/a",
        "/etc/hostname"
      })
  void aPodCannotPublishTheSidecarsOwnFiles(String path) {
    assertThat(problemsOf("inject", "true", "secret.a", "file:" + path))
        .singleElement()
        .asString()
        .startsWith("keyturn.dev/secret.a: is none of the files that a pod has for this");
    assertThat(problemsOf("inject", "true", "secret.a", "sops:" + path + "?format=binary"))
        .singleElement()
        .asString()
        .startsWith("keyturn.dev/secret.a: is none of the files that a pod has for this");
    assertThat(problemsOf("inject", "true", "template.a", "{{ secret \"file:" + path + "\" }}"))
        .singleElement()
        .asString()
        .startsWith("keyturn.dev/template.a: is none of the files that a pod has for this");
  }

  @Test
  void theFilesOfAPodAreThoseOfItsVolumesAndOfItsConfigMapForSops() {
    assertThat(
            parse(
                "inject", "true",
                "secret.a", "file:/keyturn/volumes/store?format=directory#a",
                "secret.b", "sops:/keyturn/sops/b.yaml",
                "secret.c", "sops:/keyturn/volumes/store/c.yaml",
                "template.d", "{{ secret \"file:/keyturn/volumes/store/d.json\" }}"))
        .isPresent();
    assertThat(problemsOf("inject", "true", "secret.a", "file:/keyturn/sops/b.yaml")).hasSize(1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "inject | yes | neither \"true\" nor \"false\"",
        "java-agent | ture | did you mean 'true'?",
        "java-agent-containers | app | is not \"true\"",
        "java-agent-options | retire=30s | is not \"true\"",
        "mount-path | secrets | is not absolute",
        "mount-path | / | empty segment",
        "mount-path | /srv/../etc | '..' segment",
        "mount-path | /srv/ | empty segment",
        "mount-path | /srv/a b | which JVM options need",
        "mount-path | /proc/x | the kernel's",
        "mount-path | /sys | the kernel's",
        "mount-path | /dev/shm | the kernel's",
        "mount-path | /etc | would hide a directory",
        "mount-path | /keyturn/agent | Keyturn's own directories",
        "mount-path | /keyturn | Keyturn's own directories",
        "sidecar | nativ | did you mean 'native'?",
        "run-as | 0 | is root",
        "run-as | 0:1000 | is root",
        "run-as | root | is no user",
        "audience | ' x' | has blanks around it",
        "mount-path.db | /proc/x | the kernel's",
        "mount-path.bd | /srv/x | is for no secret; did you mean 'db'?",
        "mount-paht.db | /srv/x | did you mean 'mount-path'?",
        "resources | limit.memory=64Mi | did you mean 'limits.memory'?",
        "resources | limits.memory=64 Mi | holds an amount that is none",
        "resources | 'limits.cpu=1,limits.cpu=2' | twice",
        "tls-secret | Vault_TLS | is no name of a Kubernetes object",
        "plan | [] | is no mapping",
        "plan | 'a: b: c' | not valid YAML",
        "plan | {secrets: []} | keyturn.dev/plan, secrets: is no mapping",
        "plan | {secret: {}} | did you mean 'secrets'?",
        "secrt.x | file:/keyturn/volumes/a | unknown annotation; did you mean 'secret'?",
        "from.x | file:/keyturn/volumes/a | unknown annotation",
        "vault.adress | x | did you mean 'address'?",
        "zzzz.x | x | unknown annotation",
        "anything | x | unknown annotation; known: inject, plan",
        "format.y | json | is for no secret: add keyturn.dev/secret.y",
        "secret.x..y | file:/keyturn/volumes/a | a secret's name is",
      })
  void whatIsWrongWithAnAnnotationIsSaid(String key, String value, String message) {
    assertThat(
            problemsOf("inject", "true", "secret.db", "file:/keyturn/volumes/srv/db", key, value))
        .singleElement()
        .asString()
        .startsWith("keyturn.dev/")
        .contains(message);
  }

  @Test
  void aPodWithoutASecretIsToldSo() {
    assertThat(problemsOf("inject", "true", "java-agent", "true"))
        .containsExactly(
            "keyturn.dev/inject: asks for no secret: add one, such as keyturn.dev/secret.db:"
                + " \"vault:secret/data/app\"");
  }

  @Test
  void thePlanFitsIntoOneEnvironmentVariable() {
    var text = new StringBuilder("secrets:\n");
    for (int i = 0; i < 1000; i++) {
      text.append("  s")
          .append(i)
          .append(": file:/keyturn/volumes/srv/a/path/that/really/is/rather/long/for/a/file/")
          .append(i)
          .append("\n");
    }
    assertThat(problemsOf("inject", "true", "plan", text.toString()))
        .singleElement()
        .asString()
        .startsWith("keyturn.dev/inject: asks for more than fits in one environment variable");
  }
}
