package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What Vault Agent Injector's annotations of a pod come to in Keyturn's own.
 *
 * @param annotations Keyturn's, in an order for people
 * @param origins by such an annotation, the one that its author wrote
 * @param warnings what is ignored and what differs, for the author
 * @param shareProcessNamespace whether the pod's processes shall see each other
 */
public record Translation(
    Map<String, String> annotations,
    Map<String, String> origins,
    List<String> warnings,
    boolean shareProcessNamespace) {

  /** The prefix of the annotations that are translated, with its slash. */
  public static final String PREFIX = VaultAgentAnnotation.PREFIX;

  /** Set by whoever has served the pod; Vault Agent Injector leaves it alone then. */
  public static final String STATUS = PREFIX + "agent-inject-status";

  public Translation {
    annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    origins = Map.copyOf(origins);
    warnings = List.copyOf(warnings);
  }

  /**
   * Whether a pod asks for secrets by Vault Agent Injector's annotations.
   *
   * @param annotations all of the pod's
   */
  public static boolean isAskedFor(Map<String, String> annotations) {
    return VaultAgentTranslator.isTrue(annotations.getOrDefault(PREFIX + "agent-inject", ""));
  }

  /**
   * Translates the annotations of a pod that {@linkplain #isAskedFor asks for secrets}.
   *
   * @param annotations all of the pod's; those without {@link #PREFIX} are ignored
   * @throws PlanException with everything that Keyturn can't do for it
   */
  public static Translation of(Map<String, String> annotations, PodFacts facts) {
    return new VaultAgentTranslator(annotations, facts).translate();
  }

  /** For a pod that is written in Keyturn's own annotations. */
  public static final Translation NONE = new Translation(Map.of(), Map.of(), List.of(), false);

  /** Each annotation that its author wrote, with those that say the same, in their order. */
  public Map<String, List<String>> renamed() {
    var renamed = new TreeMap<String, List<String>>();
    for (String annotation : annotations.keySet()) {
      renamed.computeIfAbsent(origin(annotation), o -> new ArrayList<>()).add(annotation);
    }
    return renamed;
  }

  /** The problems with the annotations, named as their author wrote them. */
  public List<Problem> told(List<Problem> problems) {
    var told = new ArrayList<Problem>();
    for (Problem problem : problems) {
      int comma = problem.key().indexOf(", ");
      String annotation = comma < 0 ? problem.key() : problem.key().substring(0, comma);
      String rest = comma < 0 ? "" : problem.key().substring(comma);
      told.add(new Problem(origin(annotation) + rest, problem.message()));
    }
    return told;
  }

  private String origin(String annotation) {
    return origins.getOrDefault(annotation, annotation);
  }
}
