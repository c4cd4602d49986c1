package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.VaultAuth;
import dev.keyturn.webhook.patch.PatchApplier;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.profile.ProfileException;
import dev.keyturn.webhook.profile.Profiles;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class InjectorProfileTest {
  private static final InjectionSettings SETTINGS = TestSettings.typical();

  @Test
  void onePodIsServedInEveryEnvironmentByItsProfile() throws Exception {
    String profiles =
        """
        dev: {environment: dev, vault: {address: "https://dev:8200", role: "${namespace}"}}
        production:
          environment: production
          audience: bao
          sidecar: init-and-sidecar
          resources: {limits: {memory: 64Mi}}
          vault: {address: "https://prod:8200", role: "${environment}-${serviceaccount}", auth: jwt}
          limits: {vault: [], references: ["vault:secret/data/${environment}/**"], expose: [stand-in]}
        """;
    ObjectNode pod =
        pod(Map.of("keyturn.dev/secret.db", "vault:secret/data/${environment}/db#password"));

    ObjectNode dev = patched(pod, profile(profiles, "dev"));
    Plan devPlan = plan(dev, "initContainers", "keyturn");
    assertThat(devPlan.vault().orElseThrow().address()).hasToString("https://dev:8200");
    assertThat(devPlan.secrets().getFirst().from().orElseThrow().path())
        .isEqualTo("secret/data/dev/db");
    assertThat(devPlan.secrets().getFirst().expose()).isEqualTo(Expose.VALUE);

    ObjectNode production = patched(pod, profile(profiles, "production"));
    Plan plan = plan(production, "initContainers", "keyturn-init");
    assertThat(plan.vault().orElseThrow().address()).hasToString("https://prod:8200");
    assertThat(plan.vault().orElseThrow().auth())
        .isEqualTo(
            new VaultAuth.Jwt("jwt", Optional.of("production-default"), "/keyturn/identity/token"));
    assertThat(plan.secrets().getFirst().from().orElseThrow().path())
        .isEqualTo("secret/data/production/db");
    assertThat(plan.secrets().getFirst().expose()).isEqualTo(Expose.STAND_IN);
    assertThat(container(production, "containers", "keyturn").path("resources").toString())
        .isEqualTo("{\"limits\":{\"memory\":\"64Mi\"}}");
    assertThat(production.path("spec").path("volumes").toString()).contains("\"audience\":\"bao\"");
  }

  @Test
  void onePodHasItsSecretsFromWhereItsProfileKeepsThem() throws Exception {
    String profiles =
        """
        dev: {variables: {store: "file:/keyturn/volumes/fixtures"}}
        staging: {variables: {store: "k8s:secret"}}
        production: {vault: {role: shop}, variables: {store: "vault:secret/data/${namespace}"}}
        """;
    ObjectNode pod = pod(Map.of("keyturn.dev/secret.db", "${store}/db.properties#password"));
    pod.withObjectProperty("spec")
        .putArray("volumes")
        .addObject()
        .put("name", "fixtures")
        .putObject("configMap")
        .put("name", "fixtures");
    ObjectNode dev = patched(pod, profile(profiles, "dev"));
    assertThat(from(dev)).isEqualTo("file:/keyturn/volumes/fixtures/db.properties#password");
    assertThat(container(dev, "initContainers", "keyturn").path("volumeMounts").toString())
        .contains(
            "{\"name\":\"fixtures\",\"mountPath\":\"/keyturn/volumes/fixtures\",\"readOnly\":true}");
    assertThat(from(patched(pod, profile(profiles, "staging"))))
        .isEqualTo("k8s:secret/db.properties#password");
    ObjectNode production = patched(pod, profile(profiles, "production"));
    assertThat(from(production)).isEqualTo("vault:secret/data/shop/db.properties#password");
    assertThat(container(production, "initContainers", "keyturn").toString())
        .doesNotContain("/keyturn/volumes");
  }

  @Test
  void limitsAreHeldAgainstWhatAVariableComesTo() throws Exception {
    String profiles =
        """
        a: {variables: {store: "k8s:secret"}, limits: {sources: [vault]}}
        b: {vault: {role: shop}, variables: {store: "vault:secret/data/${namespace}"},
            limits: {references: ["vault:secret/data/shop/*"]}}
        """;
    ObjectNode pod = pod(Map.of("keyturn.dev/secret.db", "${store}/db#password"));
    assertThat(denied(pod, profile(profiles, "a"))).contains("limits.sources");
    patched(pod, profile(profiles, "b"));
    ObjectNode deeper = pod(Map.of("keyturn.dev/secret.db", "${store}/other/db#password"));
    assertThat(denied(deeper, profile(profiles, "b"))).contains("limits.references");
  }

  @Test
  void aPodNeitherSetsAVariableNorUsesOneThatItsProfileDoesNotHave() throws Exception {
    Profile profile = profile("a: {variables: {store: 'k8s:secret', domain: x}}", "a");
    assertThat(denied(pod(Map.of("keyturn.dev/secret.db", "${place}/db")), profile))
        .isEqualTo(
            "keyturn.dev/secret.db: holds an unknown variable; known: namespace, serviceaccount,"
                + " environment, domain, store");
    assertThat(denied(pod(Map.of("keyturn.dev/variables.store", "vault:a/b")), profile))
        .contains("keyturn.dev/variables.store: unknown annotation");
    assertThat(
            denied(
                pod(
                    Map.of(
                        "keyturn.dev/plan",
                        "{variables: {store: 'vault:a'}, secrets: {a: '${store}/b'}}")),
                profile))
        .contains("keyturn.dev/plan, variables: unknown key");
  }

  /** The profile allows nothing that can be left out; the pod is otherwise right. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "vault.address; https://evil.example; vault.address; vault",
        "vault.role; other; vault.role; vault",
        "vault.namespace; other; vault.namespace; vault",
        "vault.server-name; other; vault.server-name; vault",
        "vault.ca; -----BEGIN CERTIFICATE-----; vault.ca; vault",
        "vault.auth-mount; other; vault.auth; vault",
        "vault.revoke; false; vault.revoke; vault",
        "vault.timeout; 60s; vault.timeout; vault",
        "aws.region; us-east-1; aws.region; aws",
        "aws.endpoint; https://evil.example; aws.endpoint; aws",
        "aws.role-arn; arn:aws:iam::123456789012:role/admin; aws.role-arn; aws",
        "plan; {aws: {endpoint: 'https://evil.example'}}; aws.endpoint; aws",
        "plan; {vault: {address: 'https://evil.example'}}; vault.address; vault",
        "plan; {secrets: {x: 'vault:secret/data/other/x'}}; secret.x; references",
        "secret.x; vault:secret/data/shop/../other; secret.x; ''",
        "secret.x; vault:secret/data/other/x; secret.x; references",
        "secret.x; vault:secret/metadata/shop/x; secret.x; references",
        "secret.x; file:/keyturn/volumes/v/x; secret.x; sources",
        "template.x; '{{ with secret `secret/data/other/x` }}{{ .Data }}{{ end }}'; template.x;"
            + " references",
        "template.x; '{{ secret (env `X`) }}'; template.x; ''",
        "template.x; '{{ $p := `secret/data/other/x` }}{{ secret $p }}'; template.x; references",
        "template.x; '{{ `secret/data/other/x` | secret }}'; template.x; references",
        "expose.db; value; expose.db; expose",
        "on-change.db; [{command: [/bin/sh]}]; on-change.db; on-change",
        "sidecar; init; sidecar; sidecars",
        "audience; other; audience; audiences",
        "resources; limits.memory=1Gi; resources; resources",
      })
  void aPodCannotGoBeyondALimit(String annotation, String value, String told, String limit)
      throws Exception {
    Profile strict =
        profile(
            """
            strict:
              vault: {role: shop}
              aws: {region: eu-central-1, role-arn: "arn:aws:iam::123456789012:role/${namespace}"}
              limits:
                vault: []
                aws: []
                sources: [vault]
                references: ["vault:secret/data/${namespace}/*"]
                expose: [stand-in]
                on-change: [http]
                sidecars: [native]
                audiences: [vault]
                resources: [requests.cpu]
            """,
            "strict");
    ObjectNode right = pod(Map.of("keyturn.dev/secret.db", "vault:secret/data/shop/db#password"));
    patched(right, strict);
    ObjectNode wrong = right.deepCopy();
    annotations(wrong).put("keyturn.dev/" + annotation, value);

    Admission admission = new Injector(SETTINGS).admit(new Pod(wrong, "shop"), strict);

    assertThat(admission).isInstanceOf(Admission.Denied.class);
    var denied = (Admission.Denied) admission;
    assertThat(denied.problems()).extracting(Problem::key).containsExactly("keyturn.dev/" + told);
    if (!limit.equals("''") && !limit.isEmpty()) {
      assertThat(denied.reason()).isEqualTo(Admission.Reason.PROFILE);
      assertThat(denied.message()).contains("'strict'", "limits." + limit);
    }
    assertThat(denied.message()).doesNotContain("evil");
  }

  @Test
  void whatANamespaceSaysHoldsForPodsThatDoNotSay() throws Exception {
    var said =
        Map.of(
            "keyturn.dev/vault.role", "shop-${serviceaccount}",
            "keyturn.dev/vault.auth", "jwt",
            "keyturn.dev/sidecar", "init-and-sidecar",
            "keyturn.dev/resources", "limits.memory=1Gi");
    Profile profile = profile("a: {environment: dev, vault: {auth-mount: dev}}", "a", said);
    ObjectNode pod = pod(Map.of("keyturn.dev/secret.db", "vault:a/b"));

    ObjectNode patched = patched(pod, profile);
    assertThat(plan(patched, "initContainers", "keyturn-init").vault().orElseThrow().auth())
        .as("with a method of its own it takes nothing of the profile's")
        .isEqualTo(
            new VaultAuth.Jwt("jwt", Optional.of("shop-default"), "/keyturn/identity/token"));
    assertThat(
            container(patched, "containers", "keyturn").at("/resources/limits/memory").asString())
        .isEqualTo("1Gi");

    annotations(pod).put("keyturn.dev/vault.role", "own").put("keyturn.dev/sidecar", "native");
    assertThat(
            plan(patched(pod, profile), "initContainers", "keyturn").vault().orElseThrow().auth())
        .isEqualTo(new VaultAuth.Jwt("jwt", Optional.of("own"), "/keyturn/identity/token"));
  }

  @ParameterizedTest
  @CsvSource({
    "vault.address, https://evil.example, vault",
    "vault.role, other, vault",
    "vault.revoke, false, vault",
    "audience, other, audiences",
    "sidecar, init, sidecars",
    "resources, limits.memory=1Gi, resources",
  })
  void whatANamespaceSaysGoesBeyondNoLimit(String annotation, String value, String limit)
      throws Exception {
    Profile strict =
        profile(
            """
            strict:
              vault: {role: shop}
              limits: {vault: [], sidecars: [native], audiences: [vault], resources: []}
            """,
            "strict",
            Map.of("keyturn.dev/" + annotation, value));
    ObjectNode pod = pod(Map.of("keyturn.dev/secret.db", "vault:a/b"));
    assertThat(new Injector(SETTINGS).admit(new Pod(pod, "shop"), strict))
        .isInstanceOfSatisfying(
            Admission.Denied.class,
            denied -> {
              assertThat(denied.reason()).isEqualTo(Admission.Reason.PROFILE);
              assertThat(denied.message()).contains("limits." + limit).doesNotContain("evil");
            });
  }

  @Test
  void whatALimitLeavesFreeAPodMaySet() throws Exception {
    Profile profile = profile("a: {vault: {auth: jwt}, limits: {vault: [role, timeout]}}", "a");
    ObjectNode pod =
        pod(Map.of("keyturn.dev/secret.db", "vault:a/b", "keyturn.dev/vault.role", "r"));
    annotations(pod).put("keyturn.dev/vault.timeout", "20s");
    assertThat(
            plan(patched(pod, profile), "initContainers", "keyturn").vault().orElseThrow().auth())
        .isEqualTo(new VaultAuth.Jwt("jwt", Optional.of("r"), "/keyturn/identity/token"));
  }

  @Test
  void aPodOfANamespaceWhoseProfileIsNotKnownIsRefusedAndOthersPass() {
    var injector =
        new Injector(
            SETTINGS,
            _ -> {
              throw new ProfileException("nobody knows");
            });
    ObjectNode pod = pod(Map.of("keyturn.dev/secret.db", "vault:a/b"));
    assertThat(injector.admit(new Pod(pod, "shop")))
        .isInstanceOfSatisfying(
            Admission.Denied.class,
            denied -> {
              assertThat(denied.reason()).isEqualTo(Admission.Reason.PROFILE);
              assertThat(denied.message()).isEqualTo("keyturn.dev/profile: nobody knows");
            });
    annotations(pod).removeAll();
    assertThat(injector.admit(new Pod(pod, "shop"))).isEqualTo(new Admission.Unchanged());
  }

  private static Profile profile(String yaml, String name) throws ProfileException {
    return Profiles.parse(yaml, SETTINGS.vault()).of("shop", Optional.of(name));
  }

  private static Profile profile(String yaml, String name, Map<String, String> ofNamespace)
      throws ProfileException {
    return Profiles.parse(yaml, SETTINGS.vault()).of("shop", Optional.of(name), ofNamespace);
  }

  private static ObjectNode pod(Map<String, String> annotations) {
    ObjectNode pod = JsonMapper.shared().createObjectNode();
    annotations.forEach(annotations(pod.put("kind", "Pod"))::put);
    annotations(pod).put("keyturn.dev/inject", "true");
    pod.putObject("spec").putArray("containers").addObject().put("name", "app");
    return pod;
  }

  private static ObjectNode annotations(ObjectNode pod) {
    return pod.withObjectProperty("metadata").withObjectProperty("annotations");
  }

  private static ObjectNode patched(ObjectNode pod, Profile profile) {
    Admission admission = new Injector(SETTINGS).admit(new Pod(pod, "shop"), profile);
    assertThat(admission).isInstanceOf(Admission.Patched.class);
    return PatchApplier.apply(((Admission.Patched) admission).patch(), pod);
  }

  private static String denied(ObjectNode pod, Profile profile) {
    Admission admission = new Injector(SETTINGS).admit(new Pod(pod, "shop"), profile);
    assertThat(admission).isInstanceOf(Admission.Denied.class);
    return ((Admission.Denied) admission).message();
  }

  private static String from(ObjectNode pod) {
    return plan(pod, "initContainers", "keyturn").secrets().getFirst().origin();
  }

  private static Plan plan(ObjectNode pod, String list, String name) {
    for (JsonNode variable : container(pod, list, name).path("env")) {
      if (variable.path("name").asString().equals("KEYTURN_PLAN")) {
        return Plan.parseJson(variable.path("value").asString());
      }
    }
    throw new AssertionError("no plan");
  }

  private static JsonNode container(ObjectNode pod, String list, String name) {
    for (JsonNode container : pod.path("spec").path(list)) {
      if (container.path("name").asString().equals(name)) {
        return container;
      }
    }
    throw new AssertionError("no container " + name);
  }
}
