package dev.keyturn.webhook.manifest;

import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.Translation;
import dev.keyturn.webhook.admission.MalformedReviewException;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.manifest.Finding.Level;
import dev.keyturn.webhook.yaml.Position;
import dev.keyturn.webhook.yaml.YamlDocument;
import dev.keyturn.webhook.yaml.YamlPatch;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;

/** Has manifests say in Keyturn's annotations what they say in those of Vault Agent Injector. */
public final class ManifestMigration {
  private static final String ANNOTATIONS = "/metadata/annotations/";

  /** Of what follows the slash (Kubernetes, "Annotations: Syntax and character set"). */
  private static final int MAX_NAME = 63;

  private ManifestMigration() {}

  /**
   * Changes the pods of a document that ask Vault Agent Injector for secrets; none where there is
   * an error.
   *
   * @return what can't be done, and what changes
   */
  public static List<Finding> migrate(YamlDocument document) {
    var findings = new ArrayList<Finding>();
    var patch = new YamlPatch(document);
    for (PodManifest manifest : PodManifest.of(document.json())) {
      Position at = document.position(manifest.pointer() + ANNOTATIONS + "x");
      try {
        var pod = new Pod(manifest.json(), manifest.namespace());
        if (!Translation.isAskedFor(pod.annotations())) {
          continue;
        }
        Translation translation = Translation.of(pod.annotations(), pod.facts());
        if (refuse(document, manifest, translation, findings)) {
          continue;
        }
        patch.apply(manifest.pointer(), operations(pod, translation));
        tell(document, manifest, translation, findings);
      } catch (MalformedReviewException | IllegalArgumentException e) {
        findings.add(
            new Finding(Level.ERROR, "manifest", at, "pod", String.valueOf(e.getMessage())));
      }
    }
    return findings;
  }

  private static boolean refuse(
      YamlDocument document,
      PodManifest manifest,
      Translation translation,
      List<Finding> findings) {
    int before = findings.size();
    for (Problem problem : translation.problems()) {
      findings.add(
          new Finding(
              Level.ERROR,
              "annotation",
              position(document, manifest, problem.key()),
              problem.key(),
              problem.message()));
    }
    for (String annotation : translation.annotations().keySet()) {
      if (annotation.length() - PodPlan.PREFIX.length() > MAX_NAME) {
        findings.add(
            new Finding(
                Level.ERROR,
                "annotation",
                position(document, manifest, translation.origin(annotation)),
                annotation,
                "is longer than the "
                    + MAX_NAME
                    + " characters after the slash that Kubernetes takes: give the file a shorter"
                    + " name (agent-inject-file-NAME)"));
      }
    }
    return findings.size() > before;
  }

  private static ArrayNode operations(Pod pod, Translation translation) {
    ArrayNode operations = JsonNodeFactory.instance.arrayNode();
    for (String annotation : pod.annotations().keySet()) {
      if (annotation.startsWith(Translation.PREFIX)) {
        operations
            .addObject()
            .put("op", "remove")
            .put("path", ANNOTATIONS + YamlDocument.escaped(annotation));
      }
    }
    translation
        .annotations()
        .forEach(
            (annotation, value) ->
                operations
                    .addObject()
                    .put("op", "add")
                    .put("path", ANNOTATIONS + YamlDocument.escaped(annotation))
                    .put("value", value));
    if (translation.shareProcessNamespace()) {
      operations
          .addObject()
          .put("op", "add")
          .put("path", "/spec/shareProcessNamespace")
          .put("value", true);
    }
    return operations;
  }

  private static Position position(YamlDocument document, PodManifest manifest, String annotation) {
    return document.position(manifest.pointer() + ANNOTATIONS + YamlDocument.escaped(annotation));
  }

  private static void tell(
      YamlDocument document,
      PodManifest manifest,
      Translation translation,
      List<Finding> findings) {
    for (Problem warning : translation.warnings()) {
      findings.add(
          new Finding(
              Level.WARNING,
              "migration",
              position(document, manifest, warning.key()),
              warning.key(),
              warning.message()));
    }
    translation
        .renamed()
        .forEach(
            (origin, annotations) ->
                findings.add(
                    new Finding(
                        Level.WARNING,
                        "migration",
                        position(document, manifest, origin),
                        origin,
                        "becomes " + String.join(", ", annotations))));
  }
}
