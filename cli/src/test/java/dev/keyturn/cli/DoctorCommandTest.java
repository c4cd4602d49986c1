package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class DoctorCommandTest {
  private static final String CONFIGURATIONS =
      "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
  private static final String DENIED =
      "Error from server: admission webhook \"pods.keyturn.dev\" denied the request:"
          + " keyturn.dev/doctor: there is no such annotation";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  /** What {@code kubectl get --raw} answers, by the path without its query. */
  private final Map<String, String> objects = new HashMap<>();

  private Kubectl.Answer created = new Kubectl.Answer(1, "", DENIED);

  @BeforeEach
  void start() {
    objects.put(CONFIGURATIONS, configuration("Fail", ""));
    objects.put("/apis/apps/v1/namespaces/keyturn/deployments", deployment(2, 2));
    objects.put(
        "/api/v1/pods",
        "{\"items\": [{\"metadata\": {\"name\": \"a\", \"annotations\":"
            + " {\"keyturn.dev/inject\": \"true\", \"keyturn.dev/status\": \"injected\"}}}]}");
  }

  @Test
  void what_is_wrong_is_told_and_what_is_not() {
    assertThat(run()).isEqualTo(1);
    assertThat(lines())
        .containsExactly(
            "problem  keyturn, pods.keyturn.dev: there is no caBundle, so the API server does not"
                + " trust the webhook",
            "ok       Deployment keyturn/keyturn: 2 of 2 replicas are ready",
            "ok       the API server asks the webhook, and trusts it",
            "ok       none of 1 pods asks for secrets and runs without them");
  }

  @Test
  void pods_that_were_missed_are_listed() {
    objects.put(
        "/api/v1/pods",
        "{\"items\": [{\"metadata\": {\"namespace\": \"shop\", \"name\": \"cart\","
            + " \"creationTimestamp\": \"2030-01-01T00:00:00Z\", \"annotations\":"
            + " {\"keyturn.dev/inject\": \"true\"}}}]}");
    assertThat(run()).isEqualTo(1);
    assertThat(lines())
        .contains(
            "problem  the pod shop/cart, created 2030-01-01T00:00:00Z, asks for secrets and runs"
                + " without them");
  }

  @Test
  void pods_of_vault_agent_injector_are_missed_where_the_webhook_answers_their_annotations() {
    objects.put(
        "/api/v1/pods",
        "{\"items\": [{\"metadata\": {\"namespace\": \"shop\", \"name\": \"cart\","
            + " \"annotations\": {\"vault.hashicorp.com/agent-inject\": \"true\"}}}]}");
    run();
    assertThat(lines()).noneMatch(line -> line.contains("shop/cart"));
    objects.put(
        "/apis/apps/v1/namespaces/keyturn/deployments",
        """
        {"items": [{"metadata": {"name": "keyturn"}, "spec": {"replicas": 2, "template":
         {"spec": {"containers": [{"name": "webhook", "env": [{"name": "OTHER", "value": "x"},
         {"name": "KEYTURN_VAULT_ANNOTATIONS", "value": "true"}]}]}}},
         "status": {"readyReplicas": 2}}]}
        """);
    run();
    assertThat(lines()).anyMatch(line -> line.startsWith("problem  the pod shop/cart"));
  }

  @Test
  void a_webhook_that_is_not_asked_or_cannot_be_is_a_problem() {
    created = new Kubectl.Answer(0, "{}", "");
    assertThat(run()).isEqualTo(1);
    assertThat(lines()).anyMatch(line -> line.startsWith("problem  the API server does not ask"));
    created = new Kubectl.Answer(1, "", "failed calling webhook \"pods.keyturn.dev\": x509");
    assertThat(run()).isEqualTo(1);
    assertThat(lines())
        .anyMatch(line -> line.startsWith("problem  the API server cannot call the webhook"));
  }

  @Test
  void an_account_that_may_not_create_pods_is_told_what_is_not_known() {
    created = new Kubectl.Answer(1, "", "Forbidden");
    run();
    assertThat(lines()).contains("unknown  whether the API server asks the webhook: Forbidden");
  }

  @Test
  void break_glass_and_missing_replicas_are_problems() {
    objects.put(CONFIGURATIONS, configuration("Ignore", "bm90IGEgY2VydGlmaWNhdGU="));
    objects.put("/apis/apps/v1/namespaces/keyturn/deployments", deployment(2, 1));
    assertThat(run()).isEqualTo(1);
    assertThat(lines())
        .anyMatch(line -> line.contains("failurePolicy is not Fail"))
        .anyMatch(line -> line.contains("the caBundle is broken"))
        .anyMatch(line -> line.startsWith("problem  Deployment keyturn/keyturn: 1 of 2"));
  }

  @Test
  void a_cluster_without_it_is_told() {
    objects.put(CONFIGURATIONS, "{\"items\": []}");
    assertThat(run()).isEqualTo(1);
    assertThat(lines()).first().asString().startsWith("problem  there is no Mutating");
  }

  @Test
  void a_cluster_that_does_not_answer_ends_it() {
    objects.remove("/api/v1/pods");
    assertThat(run()).isEqualTo(2);
    assertThat(err.toString())
        .contains("the cluster does not answer on /api/v1/pods")
        .contains("gone");
  }

  private int run() {
    out.getBuffer().setLength(0);
    Kubectl kubectl =
        (arguments, input) -> {
          if (arguments.getFirst().equals("create")) {
            assertThat(arguments).contains("/api/v1/namespaces/default/pods?dryRun=All");
            assertThat(input).contains("keyturn.dev/doctor");
            return created;
          }
          String object = objects.get(arguments.get(2).replaceAll("\\?.*", ""));
          return object == null
              ? new Kubectl.Answer(1, "", "gone")
              : new Kubectl.Answer(0, object, "");
        };
    var clock = Clock.fixed(Instant.parse("2030-01-01T00:00:00Z"), ZoneOffset.UTC);
    return new CommandLine(new DoctorCommand(Optional.of(kubectl), clock))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setExecutionExceptionHandler(Keyturn::told)
        .execute();
  }

  private List<String> lines() {
    return out.toString().lines().toList();
  }

  private static String configuration(String failurePolicy, String bundle) {
    return """
    {"items": [{"metadata": {"name": "keyturn"}, "webhooks": [{"name": "pods.keyturn.dev",
     "failurePolicy": "%s", "clientConfig": {"caBundle": "%s",
     "service": {"namespace": "keyturn", "name": "keyturn"}}}]}]}
    """
        .formatted(failurePolicy, bundle);
  }

  private static String deployment(int wanted, int ready) {
    return """
    {"items": [{"metadata": {"name": "keyturn"}, "spec": {"replicas": %d},
     "status": {"readyReplicas": %d}}]}
    """
        .formatted(wanted, ready);
  }
}
