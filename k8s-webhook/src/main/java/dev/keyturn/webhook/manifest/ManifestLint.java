package dev.keyturn.webhook.manifest;

import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.Translation;
import dev.keyturn.webhook.admission.Admission;
import dev.keyturn.webhook.admission.Injector;
import dev.keyturn.webhook.admission.MalformedReviewException;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.profile.Profile;
import dev.keyturn.webhook.yaml.Position;
import dev.keyturn.webhook.yaml.YamlDocument;
import dev.keyturn.webhook.yaml.YamlPatch;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** What the webhook would say of manifests: the same code decides. One for each run; one thread. */
public final class ManifestLint {
  private static final String ANNOTATIONS = "/metadata/annotations";

  /** What Vault's login method reads from service accounts ("alias metadata"). */
  private static final String ALIAS_METADATA = Translation.PREFIX + "alias-metadata-";

  private final Injector injector;
  private final Profile profile;
  private final String namespace;
  private final boolean vaultAnnotationsAssumed;
  private int pods;

  /**
   * @param profile that the pods are held against
   * @param namespace of objects that don't say
   * @param vaultAnnotationsAssumed whether nobody has said that Vault Agent Injector's annotations
   *     are answered, though they are
   */
  public ManifestLint(
      Injector injector, Profile profile, String namespace, boolean vaultAnnotationsAssumed) {
    this.injector = injector;
    this.profile = profile;
    this.namespace = namespace;
    this.vaultAnnotationsAssumed = vaultAnnotationsAssumed;
  }

  /** How many of the pods so far ask for secrets. */
  public int pods() {
    return pods;
  }

  /** All that is to be said of a document. */
  public List<Finding> lint(YamlDocument document) {
    return visit(document, null);
  }

  /**
   * The same, and has the document become what the webhook would make of it, where there is no
   * error.
   */
  public List<Finding> inject(YamlDocument document) {
    return visit(document, new YamlPatch(document));
  }

  private List<Finding> visit(YamlDocument document, @Nullable YamlPatch patch) {
    var findings = new ArrayList<Finding>();
    var seen = new HashSet<String>();
    for (PodManifest pod : PodManifest.of(document.json())) {
      seen.add(pod.pointer());
      judge(document, pod, patch, findings);
    }
    for (String object : PodManifest.objects(document.json())) {
      misplaced(document, object, seen, findings);
    }
    return findings;
  }

  private void judge(
      YamlDocument document, PodManifest pod, @Nullable YamlPatch patch, List<Finding> findings) {
    int before = findings.size();
    JsonNode annotations = pod.json().at(ANNOTATIONS);
    for (var annotation : annotations.properties()) {
      if (injector.isOwn(annotation.getKey()) && !annotation.getValue().isString()) {
        findings.add(
            finding(
                Level.ERROR,
                "annotation",
                document,
                pod,
                annotation.getKey(),
                "is no text, and an annotation must be: put quotes around it"));
      }
    }
    if (findings.size() > before) {
      return;
    }
    String in = pod.namespace().isEmpty() ? namespace : pod.namespace();
    Admission admission;
    try {
      admission = injector.admit(new Pod(pod.json(), in), profile);
    } catch (MalformedReviewException e) {
      findings.add(
          new Finding(
              Level.ERROR,
              "manifest",
              document.position(pod.pointer()),
              "pod",
              String.valueOf(e.getMessage())));
      return;
    }
    switch (admission) {
      case Admission.Unchanged _ -> {}
      case Admission.Denied denied -> {
        found(document, pod, findings);
        for (Problem problem : denied.problems()) {
          findings.add(
              finding(
                  Level.ERROR,
                  denied.reason().name().toLowerCase(Locale.ROOT),
                  document,
                  pod,
                  problem.key(),
                  problem.message()));
        }
      }
      case Admission.Patched patched -> {
        found(document, pod, findings);
        for (Admission.Warning warning : patched.notes()) {
          findings.add(
              finding(
                  Level.WARNING,
                  "warning",
                  document,
                  pod,
                  warning.annotation(),
                  warning.message()));
        }
        patched
            .plan()
            .kubernetesRules()
            .ifPresent(
                rules ->
                    findings.add(
                        finding(
                            Level.NOTE,
                            "role",
                            document,
                            pod,
                            PodPlan.PREFIX + "kubernetes.access",
                            "the pod's service account needs a Role with " + rules)));
        patched
            .plan()
            .awsCost()
            .ifPresent(
                cost ->
                    findings.add(
                        finding(
                            Level.NOTE, "cost", document, pod, PodPlan.PREFIX + "inject", cost)));
        if (patch != null) {
          try {
            patch.apply(pod.pointer(), patched.patch());
          } catch (IllegalArgumentException e) {
            findings.add(
                finding(
                    Level.ERROR,
                    "yaml",
                    document,
                    pod,
                    PodPlan.PREFIX + "inject",
                    String.valueOf(e.getMessage())));
          }
        }
      }
    }
  }

  /** A pod that the webhook would not leave alone. */
  private void found(YamlDocument document, PodManifest pod, List<Finding> findings) {
    pods++;
    JsonNode annotations = pod.json().at(ANNOTATIONS);
    if (vaultAnnotationsAssumed
        && annotations.propertyNames().stream().noneMatch(key -> key.startsWith(PodPlan.PREFIX))) {
      findings.add(
          finding(
              Level.NOTE,
              "dialect",
              document,
              pod,
              Translation.PREFIX + "agent-inject",
              "is judged as a webhook does that answers Vault Agent Injector's annotations"
                  + " (vaultAnnotations: true in the chart)"));
    }
  }

  /** Annotations where nobody looks: a workload's own instead of its pods', most likely. */
  private void misplaced(
      YamlDocument document, String object, Set<String> pods, List<Finding> findings) {
    if (pods.contains(object)) {
      return;
    }
    for (String key : document.json().at(object + ANNOTATIONS).propertyNames()) {
      if (injector.isOwn(key) && !key.startsWith(ALIAS_METADATA)) {
        findings.add(
            new Finding(
                Level.ERROR,
                "misplaced",
                document.position(object + ANNOTATIONS + "/" + YamlDocument.escaped(key)),
                key,
                "does nothing here: it belongs to the pods, in"
                    + " spec.template.metadata.annotations"));
      }
    }
  }

  /**
   * @param key of a problem: an annotation, with what comes after a comma within its value
   */
  private Finding finding(
      Level level,
      String rule,
      YamlDocument document,
      PodManifest pod,
      String key,
      String message) {
    int comma = key.indexOf(", ");
    String annotation = comma < 0 ? key : key.substring(0, comma);
    return new Finding(level, rule, position(document, pod, annotation), key, message);
  }

  /** Where an annotation is; of one that is not there, the first that asks for anything. */
  private Position position(YamlDocument document, PodManifest pod, String annotation) {
    JsonNode annotations = pod.json().at(ANNOTATIONS);
    String there =
        Stream.of(annotation, PodPlan.PREFIX + "plan")
            .filter(annotations::has)
            .findFirst()
            .or(() -> annotations.propertyNames().stream().filter(injector::isOwn).findFirst())
            .orElse("");
    return document.position(
        pod.pointer() + ANNOTATIONS + (there.isEmpty() ? "" : "/" + YamlDocument.escaped(there)));
  }
}
