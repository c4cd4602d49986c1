package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What Vault Agent Injector's annotations of a pod come to in Keyturn's own.
 *
 * @param annotations Keyturn's, in an order for people
 * @param origins by such an annotation, the one that its author wrote
 * @param warnings what is ignored and what differs, for the author; each by its annotation
 * @param problems what Keyturn can't do for the pod; where there are any, the rest is what was
 *     understood all the same
 * @param shareProcessNamespace whether the pod's processes shall see each other
 */
public record Translation(
    Map<String, String> annotations,
    Map<String, String> origins,
    List<Problem> warnings,
    List<Problem> problems,
    boolean shareProcessNamespace) {

  /** The prefix of the annotations that are translated, with its slash. */
  public static final String PREFIX = VaultAgentAnnotation.PREFIX;

  /** Set by whoever has served the pod; Vault Agent Injector leaves it alone then. */
  public static final String STATUS = PREFIX + "agent-inject-status";

  public Translation {
    annotations = Collections.unmodifiableMap(new LinkedHashMap<>(annotations));
    origins = Map.copyOf(origins);
    warnings = warnings.stream().distinct().toList();
    problems = problems.stream().distinct().toList();
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
   */
  public static Translation of(Map<String, String> annotations, PodFacts facts) {
    return new VaultAgentTranslator(annotations, facts).translate();
  }

  /** For a pod that is written in Keyturn's own annotations. */
  public static final Translation NONE =
      new Translation(Map.of(), Map.of(), List.of(), List.of(), false);

  /** Each annotation that its author wrote, with those that say the same, in their order. */
  public Map<String, List<String>> renamed() {
    var renamed = new TreeMap<String, List<String>>();
    for (String annotation : annotations.keySet()) {
      renamed.computeIfAbsent(origin(annotation), o -> new ArrayList<>()).add(annotation);
    }
    return renamed;
  }

  /**
   * All problems: those of the translation, and those with the annotations that follow from no
   * other, named as their author wrote them.
   *
   * @param following problems with {@link #annotations}
   */
  public List<Problem> told(List<Problem> following) {
    var told = new ArrayList<>(problems);
    var before = new HashSet<String>();
    problems.forEach(problem -> before.add(problem.key()));
    if (!problems.isEmpty()) {
      // It asks for what was not understood, not for nothing.
      before.add(PREFIX + "agent-inject");
    }
    for (Problem problem : following) {
      int comma = problem.key().indexOf(", ");
      String annotation = comma < 0 ? problem.key() : problem.key().substring(0, comma);
      String rest = comma < 0 ? "" : problem.key().substring(comma);
      if (!before.contains(origin(annotation))) {
        told.add(new Problem(origin(annotation) + rest, problem.message()));
      }
    }
    return told;
  }

  /** What the author of an annotation wrote instead of it. */
  public String origin(String annotation) {
    return origins.getOrDefault(annotation, annotation);
  }
}
