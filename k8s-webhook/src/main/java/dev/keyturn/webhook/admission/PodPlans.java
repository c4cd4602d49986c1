package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Reads annotations, and remembers the plans that they came to: the pods of a Deployment say all
 * the same. What is remembered depends on what is read alone, so it is never out of date. Any
 * thread.
 */
final class PodPlans {
  /** So many that a busy hour's Deployments are among them. */
  private static final int MOST = 256;

  /**
   * What is longer is read each time: with its plan, some ten times as many bytes would be kept of
   * it. Most pods have less than a tenth of this.
   */
  private static final int MOST_CHARACTERS = 4096;

  private record Text(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables,
      Expose expose) {}

  /** The one used longest ago first. */
  private final Map<Text, Optional<PodPlan>> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Text, Optional<PodPlan>> eldest) {
          return size() > MOST;
        }
      };

  /**
   * As {@link PodPlan#parse(Map, Map, Map, Expose)}.
   *
   * @throws PlanException with every problem of the annotations
   */
  Optional<PodPlan> of(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables,
      Expose expose) {
    if (characters(annotations) > MOST_CHARACTERS) {
      return PodPlan.parse(annotations, vaultDefaults, variables, expose);
    }
    var text = new Text(Map.copyOf(annotations), vaultDefaults, Map.copyOf(variables), expose);
    synchronized (known) {
      Optional<PodPlan> plan = known.get(text);
      if (plan != null) {
        return plan;
      }
    }
    Optional<PodPlan> plan = PodPlan.parse(annotations, vaultDefaults, variables, expose);
    synchronized (known) {
      known.put(text, plan);
    }
    return plan;
  }

  private static int characters(Map<String, String> annotations) {
    int characters = 0;
    for (var annotation : annotations.entrySet()) {
      characters += annotation.getKey().length() + annotation.getValue().length();
    }
    return characters;
  }
}
