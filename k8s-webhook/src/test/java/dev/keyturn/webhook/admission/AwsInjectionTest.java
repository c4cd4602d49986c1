package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.Problem;
import dev.keyturn.webhook.patch.PatchApplier;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.profile.Profiles;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class AwsInjectionTest {
  private static final String ROLE = "arn:aws:iam::123456789012:role/shop";

  private final Injector injector = new Injector(TestSettings.typical());

  private static ObjectNode pod(Map<String, String> annotations) {
    var pod =
        (ObjectNode)
            new JsonMapper()
                .readTree(
                    """
                    {"metadata": {"name": "shop", "annotations": {"keyturn.dev/inject": "true"}},
                     "spec": {"containers": [{"name": "app", "image": "app"}]}}
                    """);
    annotations.forEach(
        (name, value) ->
            ((ObjectNode) pod.at("/metadata/annotations")).put("keyturn.dev/" + name, value));
    return pod;
  }

  private ObjectNode patched(ObjectNode pod, Profile profile) {
    Admission admission = injector.admit(new Pod(pod, "shop"), profile);
    assertThat(admission).isInstanceOf(Admission.Patched.class);
    return PatchApplier.apply(((Admission.Patched) admission).patch(), pod);
  }

  private static ObjectNode sidecar(ObjectNode pod) {
    return (ObjectNode) pod.at("/spec/initContainers/0");
  }

  private static Plan plan(ObjectNode pod) {
    for (JsonNode variable : sidecar(pod).path("env")) {
      if (variable.path("name").asString().equals("KEYTURN_PLAN")) {
        return Plan.parseJson(variable.path("value").asString());
      }
    }
    throw new AssertionError("no plan");
  }

  @Test
  void aRoleBringsATokenForStsToTheSidecarAlone() {
    ObjectNode pod =
        patched(pod(Map.of("secret.db", "aws-sm:prod/db", "aws.role-arn", ROLE)), Profile.NONE);
    JsonNode token = pod.at("/spec/volumes").findPath("serviceAccountToken");
    assertThat(token.path("audience").asString()).isEqualTo("sts.amazonaws.com");
    assertThat(token.path("path").asString()).isEqualTo("aws-token");
    assertThat(sidecar(pod).path("volumeMounts").toString()).contains("/keyturn/identity");
    assertThat(pod.at("/spec/containers/0").toString()).doesNotContain("keyturn-identity");
    assertThat(plan(pod).setting("aws", "role-arn")).contains(ROLE);
  }

  @Test
  void withoutARoleThePodGetsNoTokenOfOurs() {
    ObjectNode pod =
        patched(
            pod(Map.of("secret.db", "aws-ssm:/prod/db", "aws.region", "eu-central-1")),
            Profile.NONE);
    assertThat(pod.at("/spec/volumes").toString()).doesNotContain("serviceAccountToken");
  }

  @Test
  void aProfileSaysWhichRegionAndRoleForPodsThatUseAws() throws Exception {
    Profile profile =
        Profiles.parse(
                """
                a:
                  vault: {address: "https://vault:8200", role: shop}
                  aws: {region: eu-central-1, role-arn: "arn:aws:iam::123456789012:role/${namespace}"}
                  limits: {aws: [region]}
                """,
                Map.of())
            .of("shop", Optional.of("a"));
    Plan plan = plan(patched(pod(Map.of("secret.db", "aws-sm:prod/db")), profile));
    assertThat(plan.settings())
        .isEqualTo(Map.of("aws", Map.of("region", "eu-central-1", "role-arn", ROLE)));
    assertThat(plan.vault()).isEmpty();
    Plan other =
        plan(
            patched(
                pod(Map.of("secret.db", "aws-sm:prod/db", "aws.region", "us-east-1")), profile));
    assertThat(other.setting("aws", "region")).contains("us-east-1");
    assertThat(plan(patched(pod(Map.of("secret.db", "vault:a/b")), profile)).settings()).isEmpty();
  }

  /** Amazon's webhook comes before or after ours; what it adds to our container stays. */
  @Test
  void whatTheWebhookOfEksAddsToTheSidecarStays() {
    ObjectNode pod =
        patched(
            pod(Map.of("secret.db", "aws-sm:prod/db", "aws.region", "eu-central-1")), Profile.NONE);
    sidecar(pod)
        .withArrayProperty("env")
        .addObject()
        .put("name", "AWS_ROLE_ARN")
        .put("value", ROLE);
    sidecar(pod)
        .withArrayProperty("volumeMounts")
        .addObject()
        .put("name", "aws-iam-token")
        .put("mountPath", "/var/run/secrets/eks.amazonaws.com/serviceaccount")
        .put("readOnly", true);
    assertThat(injector.admit(new Pod(pod, "shop"), Profile.NONE))
        .isEqualTo(new Admission.Unchanged());
  }

  @Test
  void aTokenFileThatNothingBringsIsRefused() {
    ObjectNode pod =
        pod(
            Map.of(
                "secret.db",
                "aws-sm:prod/db",
                "aws.role-arn",
                ROLE,
                "aws.token-file",
                "/keyturn/extra/token"));
    Admission admission = injector.admit(new Pod(pod, "shop"), Profile.NONE);
    assertThat(((Admission.Denied) admission).problems())
        .extracting(Problem::key)
        .containsExactly("keyturn.dev/aws.token-file");
  }

  @Test
  void anEndpointInClearTextIsWarnedOf() {
    ObjectNode pod = pod(Map.of("secret.db", "aws-sm:a", "aws.endpoint", "http://localstack:4566"));
    Admission admission = injector.admit(new Pod(pod, "shop"), Profile.NONE);
    assertThat(((Admission.Patched) admission).warnings())
        .anySatisfy(warning -> assertThat(warning).contains("aws.endpoint is http"));
  }
}
