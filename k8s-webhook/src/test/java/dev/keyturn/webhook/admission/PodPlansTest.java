package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.PodPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PodPlansTest {
  private static final Map<String, String> VAULT = Map.of("address", "https://vault.example:8200");

  private final PodPlans plans = new PodPlans();

  private Optional<PodPlan> plan(String path, String variable) {
    return plans.of(annotations(path), VAULT, Map.of("namespace", variable), Expose.VALUE);
  }

  private static Map<String, String> annotations(String path) {
    var annotations = new LinkedHashMap<String, String>();
    annotations.put("keyturn.dev/inject", "true");
    annotations.put("keyturn.dev/secret.db", "vault:secret/data/" + path);
    annotations.put("keyturn.dev/vault.role", "${namespace}");
    return annotations;
  }

  @Test
  void whatIsSaidAgainIsNotReadAgain() {
    assertThat(plan("shop", "a").orElseThrow()).isSameAs(plan("shop", "a").orElseThrow());
  }

  @Test
  void anotherTextOrNamespaceIsAnotherPlan() {
    assertThat(plan("shop", "a")).isNotEqualTo(plan("bank", "a"));
    assertThat(plan("shop", "a")).isNotEqualTo(plan("shop", "b"));
  }

  @Test
  void whatIsAskedForLongestAgoIsForgotten() {
    PodPlan first = plan("shop", "a").orElseThrow();
    for (int number = 0; number < 300; number++) {
      plan("other-" + number, "a");
    }
    assertThat(plan("shop", "a").orElseThrow()).isNotSameAs(first).isEqualTo(first);
  }

  @Test
  void longTextsAreReadEachTime() {
    String path = "x".repeat(300) + "/" + "y".repeat(300);
    Map<String, String> annotations = annotations(path);
    for (int number = 0; number < 10; number++) {
      annotations.put("keyturn.dev/secret.s" + number, "vault:secret/data/" + path);
    }
    PodPlan first = plans.of(annotations, VAULT, Map.of("namespace", "a"), Expose.VALUE).get();
    assertThat(plans.of(annotations, VAULT, Map.of("namespace", "a"), Expose.VALUE).get())
        .isNotSameAs(first)
        .isEqualTo(first);
  }
}
