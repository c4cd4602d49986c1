package dev.keyturn.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.keyturn.webhook.missed.MissedPod;
import java.io.ByteArrayInputStream;
import java.io.PrintWriter;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code keyturn doctor}: what is wrong with the webhook of a cluster, and whom it has missed. */
@Command(
    name = "doctor",
    description = "Says what is wrong with a cluster's webhook, and which pods it has missed.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:nothing is wrong",
      "1:something is; each is a line that starts with 'problem'",
      "2:the command line is wrong, or the cluster cannot be asked"
    })
final class DoctorCommand implements Callable<Integer> {

  private static final String OURS = "?labelSelector=app.kubernetes.io%2Fname%3Dkeyturn";
  private static final String PODS =
      "/api/v1/pods?fieldSelector=status.phase!%3DSucceeded,status.phase!%3DFailed&limit=500";

  /** An annotation that the webhook refuses, so that nothing is made whatever happens. */
  private static final String ASK =
      """
      {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "keyturn-doctor-",
       "labels": {"keyturn.dev/inject": "true"}, "annotations": {"keyturn.dev/doctor": "asks"}},
       "spec": {"containers": [{"name": "none", "image": "none"}]}}
      """;

  /** A webhook that renews its certificates is far from this. */
  private static final Duration SOON = Duration.ofDays(20);

  private static final JsonMapper JSON = JsonMapper.shared();

  @Option(
      names = "--context",
      paramLabel = "NAME",
      defaultValue = "",
      description = "The kubeconfig's context; the current one without it.")
  private String context;

  @Option(
      names = "--namespace",
      paramLabel = "NAME",
      defaultValue = "default",
      description = "Where the API server is asked, in a dry run, to create a pod.")
  private String namespace;

  @Spec private CommandSpec spec;

  private final Optional<Kubectl> given;
  private final Clock clock;
  private boolean wrong;
  private boolean vaultAnnotations;

  @SuppressWarnings("unused") // picocli makes the command
  DoctorCommand() {
    this(Optional.empty(), Clock.systemUTC());
  }

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  DoctorCommand(Optional<Kubectl> given, Clock clock) {
    this.given = given;
    this.clock = clock;
  }

  @Override
  public Integer call() {
    Kubectl kubectl = given.orElseGet(() -> Kubectl.onPath(context));
    JsonNode configurations =
        get(kubectl, "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations" + OURS)
            .path("items");
    if (configurations.isEmpty()) {
      problem("there is no MutatingWebhookConfiguration of Keyturn: install it (docs/install.md)");
    }
    configurations.forEach(configuration -> look(kubectl, configuration));
    if (!configurations.isEmpty()) {
      ask(kubectl);
    }
    findMissed(kubectl);
    return wrong ? 1 : 0;
  }

  private void look(Kubectl kubectl, JsonNode configuration) {
    String name = configuration.path("metadata").path("name").asString("");
    if (configuration.path("webhooks").isEmpty()) {
      problem("the MutatingWebhookConfiguration " + name + " has no webhook");
      return;
    }
    for (JsonNode webhook : configuration.path("webhooks")) {
      String it = name + ", " + webhook.path("name").asString("");
      if (!webhook.path("failurePolicy").asString("").equals("Fail")) {
        problem(
            it
                + ": failurePolicy is not Fail, so pods run without their secrets while the webhook"
                + " is away (break-glass? docs/operations.md says how to end it)");
      }
      lookAtAuthorities(it, webhook.path("clientConfig").path("caBundle").asString(""));
    }
    JsonNode service = configuration.at("/webhooks/0/clientConfig/service");
    lookAtReplicas(kubectl, service.path("namespace").asString(""));
  }

  private void lookAtAuthorities(String webhook, String bundle) {
    Optional<Instant> end = Optional.empty();
    try {
      byte[] pem = Base64.getDecoder().decode(bundle);
      Collection<? extends Certificate> all =
          new String(pem, US_ASCII).isBlank()
              ? List.of()
              : CertificateFactory.getInstance("X.509")
                  .generateCertificates(new ByteArrayInputStream(pem));
      for (Certificate one : all) {
        Instant notAfter = ((X509Certificate) one).getNotAfter().toInstant();
        end = Optional.of(end.filter(notAfter::isBefore).orElse(notAfter));
      }
    } catch (CertificateException | IllegalArgumentException e) {
      problem(webhook + ": the caBundle is broken: empty it, and the webhook writes it again");
      return;
    }
    if (end.isEmpty()) {
      problem(webhook + ": there is no caBundle, so the API server does not trust the webhook");
    } else if (end.get().isBefore(clock.instant().plus(SOON))) {
      problem(webhook + ": the last of its authorities expires at " + end.get());
    } else {
      say("ok", webhook + ": trusted until " + end.get());
    }
  }

  private void lookAtReplicas(Kubectl kubectl, String home) {
    JsonNode deployments =
        get(kubectl, "/apis/apps/v1/namespaces/" + home + "/deployments" + OURS).path("items");
    if (deployments.isEmpty()) {
      problem("there is no Deployment of the webhook in " + home);
    }
    for (JsonNode deployment : deployments) {
      String name = home + "/" + deployment.path("metadata").path("name").asString("");
      int wanted = deployment.path("spec").path("replicas").asInt(1);
      int ready = deployment.path("status").path("readyReplicas").asInt(0);
      vaultAnnotations |= answersVaultAnnotations(deployment);
      String text = "Deployment " + name + ": " + ready + " of " + wanted + " replicas are ready";
      if (ready == 0 || ready < wanted) {
        problem(text + ": kubectl -n " + home + " describe pods");
      } else if (ready == 1) {
        problem(text + ": with one, pods that ask for secrets are refused while it restarts");
      } else {
        say("ok", text);
      }
    }
  }

  private static boolean answersVaultAnnotations(JsonNode deployment) {
    for (JsonNode variable : deployment.at("/spec/template/spec/containers/0/env")) {
      if (variable.path("name").asString("").equals(ClusterOptions.VAULT_ANNOTATIONS)) {
        return variable.path("value").asString("").equals("true");
      }
    }
    return false;
  }

  /** Whether the API server reaches the webhook, trusts it and asks it. */
  private void ask(Kubectl kubectl) {
    String path = "/api/v1/namespaces/" + namespace + "/pods?dryRun=All";
    Kubectl.Answer answer = kubectl.run(List.of("create", "--raw", path, "-f", "-"), ASK);
    if (answer.exitCode() == 0) {
      problem(
          "the API server does not ask the webhook about a pod of the namespace "
              + namespace
              + ": it is left out, or the matchConditions are not those of the chart");
    } else if (answer.error().contains("failed calling webhook")) {
      problem("the API server cannot call the webhook: " + answer.error());
    } else if (answer.error().contains("keyturn.dev/doctor")) {
      say("ok", "the API server asks the webhook, and trusts it");
    } else {
      say("unknown", "whether the API server asks the webhook: " + answer.error());
    }
  }

  private void findMissed(Kubectl kubectl) {
    int pods = 0;
    int missed = 0;
    String next = "";
    do {
      JsonNode page = get(kubectl, PODS + (next.isEmpty() ? "" : "&continue=" + next));
      for (JsonNode pod : page.path("items")) {
        pods++;
        Optional<MissedPod> one = MissedPod.of(pod.path("metadata"), vaultAnnotations);
        if (one.isPresent()) {
          missed++;
          problem(
              "the pod "
                  + one.get().namespace()
                  + "/"
                  + one.get().name()
                  + ", created "
                  + one.get().created()
                  + ", asks for secrets and runs without them");
        }
      }
      next = page.path("metadata").path("continue").asString("");
    } while (!next.isEmpty());
    if (missed == 0) {
      say("ok", "none of " + pods + " pods asks for secrets and runs without them");
    } else {
      say(
          "advice",
          "pods are missed that were created while no webhook was in their way, or in a namespace"
              + " that is left out: delete them, and their controllers make others");
    }
  }

  private static JsonNode get(Kubectl kubectl, String path) {
    Kubectl.Answer answer = kubectl.run(List.of("get", "--raw", path), "");
    if (answer.exitCode() != 0) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          "the cluster does not answer on " + path + ": " + answer.error());
    }
    try {
      return JSON.readTree(answer.out());
    } catch (JacksonException e) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE, "what the cluster answers on " + path + " is no JSON.");
    }
  }

  private void problem(String text) {
    wrong = true;
    say("problem", text);
  }

  private void say(String what, String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(what + " ".repeat(Math.max(1, 9 - what.length())) + text);
  }
}
