package dev.keyturn.webhook.fuzz;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.Reference;
import dev.keyturn.template.Answer;
import dev.keyturn.template.Limits;
import dev.keyturn.template.Template;
import dev.keyturn.template.TemplateException;
import dev.keyturn.webhook.admission.Admission;
import dev.keyturn.webhook.admission.AdmissionReview;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.admission.MalformedReviewException;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.admission.PodInvariants;
import dev.keyturn.webhook.admission.TestSettings;
import dev.keyturn.webhook.patch.PatchApplier;
import dev.keyturn.webhook.profile.Profiles;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.YamlDocument;
import java.io.ByteArrayInputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What is given whatever comes, one nested class for each kind of input; Jazzer calls them. */
final class FuzzTargets {
  private static final Injector INJECTOR = new Injector(TestSettings.typical());

  private FuzzTargets() {}

  /** Any of them, by the input's own choice: for a short run, since a process is slow to start. */
  public static final class Any {
    private Any() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      switch (data.consumeInt(0, 7)) {
        case 0 -> Review.fuzzerTestOneInput(data.consumeRemainingAsBytes());
        case 1 -> Annotations.fuzzerTestOneInput(data);
        case 2 -> PlanText.fuzzerTestOneInput(data);
        case 3 -> ReferenceText.fuzzerTestOneInput(data);
        case 4 -> TemplateText.fuzzerTestOneInput(data);
        case 5 -> VaultAnnotations.fuzzerTestOneInput(data);
        case 6 -> Rendered.fuzzerTestOneInput(data);
        default -> Yaml.fuzzerTestOneInput(data);
      }
    }
  }

  /** A review's body. */
  public static final class Review {
    private Review() {}

    public static void fuzzerTestOneInput(byte[] body) {
      AdmissionReview review;
      try {
        review = AdmissionReview.read(new ByteArrayInputStream(body));
      } catch (MalformedReviewException e) {
        return;
      }
      Admission admission =
          review.pod().map(INJECTOR::admit).orElseGet(() -> new Admission.Unchanged());
      JsonMapper.shared().readTree(review.answer(admission));
      if (admission instanceof Admission.Patched patched) {
        PatchApplier.apply(patched.patch(), review.pod().orElseThrow().json());
      }
    }
  }

  /** Annotations of a pod that is otherwise right. */
  public static final class Annotations {
    private static final List<String> NAMES =
        List.of(
            "secret.",
            "template.",
            "format.",
            "env.",
            "properties.",
            "mode.",
            "owner.",
            "containers.",
            "refresh.",
            "on-change.",
            "group.",
            "expose.",
            "hosts.",
            "mount-path.",
            "mount-path",
            "plan",
            "java-agent",
            "java-agent-containers",
            "java-agent-options",
            "sidecar",
            "run-as",
            "audience",
            "vault.address",
            "vault.auth",
            "vault.ca",
            "vault.role",
            "status",
            "");

    private Annotations() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      ObjectNode pod = JsonMapper.shared().createObjectNode().put("kind", "Pod");
      ObjectNode annotations = pod.putObject("metadata").putObject("annotations");
      annotations.put("keyturn.dev/inject", "true").put("keyturn.dev/vault.role", "shop");
      annotations.put("keyturn.dev/secret.a", "vault:secret/data/a");
      ObjectNode container =
          pod.putObject("spec").putArray("containers").addObject().put("name", "app");
      if (data.consumeBoolean()) {
        container.putArray("volumeMounts").addObject().put("name", "v").put("mountPath", "/a/b");
      }
      int count = data.consumeInt(1, 4);
      for (int i = 0; i < count; i++) {
        String name = data.pickValue(NAMES);
        if (name.endsWith(".")) {
          name += data.consumeBoolean() ? "a" : data.consumeString(8);
        } else if (name.isEmpty()) {
          name = data.consumeString(12);
        }
        annotations.put("keyturn.dev/" + name, data.consumeString(80));
      }
      Admission admission = INJECTOR.admit(new Pod(pod, "shop"));
      if (admission instanceof Admission.Patched patched) {
        ObjectNode after = PatchApplier.apply(patched.patch(), pod);
        if (!annotations.has("keyturn.dev/status")) {
          PodInvariants.check(pod, after);
        }
        if (!(INJECTOR.admit(new Pod(after, "shop")) instanceof Admission.Unchanged)) {
          throw new IllegalStateException("a second time changes something");
        }
      }
    }
  }

  /** Annotations of Vault Agent Injector. */
  public static final class VaultAnnotations {
    private static final List<String> NAMES =
        List.of(
            "agent-inject-secret-a",
            "agent-inject-template-a",
            "agent-inject-file-a",
            "agent-inject-perms-a",
            "agent-inject-command-a",
            "agent-template-left-delim-a",
            "agent-inject-containers",
            "agent-inject-default-template",
            "agent-limits-mem",
            "agent-run-as-user",
            "agent-run-as-group",
            "agent-pre-populate",
            "agent-share-process-namespace",
            "agent-service-account-token-volume-name",
            "secret-volume-path",
            "secret-volume-path-a",
            "template-static-secret-render-interval",
            "client-timeout",
            "auth-type",
            "auth-path",
            "auth-config-role-id-file-path",
            "auth-config-",
            "ca-cert",
            "tls-secret",
            "service",
            "role",
            "namespace",
            "agent-",
            "");

    private VaultAnnotations() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      ObjectNode pod = JsonMapper.shared().createObjectNode().put("kind", "Pod");
      ObjectNode annotations = pod.putObject("metadata").putObject("annotations");
      annotations.put("vault.hashicorp.com/agent-inject", "true");
      annotations.put("vault.hashicorp.com/role", "shop");
      annotations.put("vault.hashicorp.com/agent-inject-secret-a", "secret/data/a");
      pod.putObject("spec").putArray("containers").addObject().put("name", "app");
      int count = data.consumeInt(1, 4);
      for (int i = 0; i < count; i++) {
        String name = data.pickValue(NAMES);
        if (name.isEmpty() || name.endsWith("-")) {
          name += data.consumeString(12);
        }
        annotations.put("vault.hashicorp.com/" + name, data.consumeString(80));
      }
      Admission admission = INJECTOR.admit(new Pod(pod, "shop"));
      if (admission instanceof Admission.Patched patched) {
        ObjectNode after = PatchApplier.apply(patched.patch(), pod);
        if (!(INJECTOR.admit(new Pod(after, "shop")) instanceof Admission.Unchanged)) {
          throw new IllegalStateException("a second time changes something");
        }
      }
    }
  }

  /** A template that is rendered. */
  public static final class Rendered {
    private static final Answer ANSWER =
        new Answer("lease", 60, true, "{\"a\":{\"b\":[1,\"c\",null]},\"d\":\"e\\nf\"}");

    private Rendered() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      try {
        Template.parse("{{ with secret \"a/b\" }}{{" + data.consumeRemainingAsString())
            .render(_ -> Optional.of(ANSWER), false, new Limits(10_000, 65_536, 100));
      } catch (TemplateException e) {
        // What is wrong is told.
      }
    }
  }

  /** A plan's text. */
  public static final class PlanText {
    private PlanText() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      boolean yaml = data.consumeBoolean();
      String text = data.consumeRemainingAsString();
      try {
        Plan plan = yaml ? Plan.parseYaml(text) : Plan.parseJson(text);
        if (!Plan.parseJson(plan.toJson()).equals(plan)) {
          throw new IllegalStateException("written and read, it is another plan");
        }
      } catch (PlanException e) {
        // What is wrong is told.
      }
    }
  }

  /** A reference. */
  public static final class ReferenceText {
    private ReferenceText() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      try {
        Reference reference = Reference.parse("vault:" + data.consumeRemainingAsString());
        if (!Reference.parse(reference.toString()).equals(reference)) {
          throw new IllegalStateException("written and read, it is another reference");
        }
      } catch (PlanException e) {
        // What is wrong is told.
      }
    }
  }

  /** A template. */
  public static final class TemplateText {
    private TemplateText() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      try {
        Template.parse("{{" + data.consumeRemainingAsString()).paths();
      } catch (TemplateException e) {
        // What is wrong is told.
      }
    }
  }

  /** A manifest, and an operator's profiles. */
  public static final class Yaml {
    private Yaml() {}

    public static void fuzzerTestOneInput(FuzzedDataProvider data) {
      String text = data.consumeRemainingAsString();
      try {
        YamlDocument.read(text);
        Profiles.parse(text, Map.of());
      } catch (MalformedYamlException | PlanException e) {
        // What is wrong is told.
      }
    }
  }
}
