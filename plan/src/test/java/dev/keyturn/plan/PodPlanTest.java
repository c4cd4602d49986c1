package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PodPlanTest {
  private static final Map<String, String> VAULT =
      Map.of("address", "https://vault:8200", "role", "${serviceaccount}");
  private static final Map<String, String> VARIABLES =
      Map.of("namespace", "shop", "serviceaccount", "web");

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
            PlanTest.problems(
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
            "keyturn.dev/inject: is missing, though the pod has other annotations: set it to \"true\"",
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
}
