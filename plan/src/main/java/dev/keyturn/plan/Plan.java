package dev.keyturn.plan;

import java.util.List;
import java.util.Optional;

/**
 * Everything that one workload needs. Holds no secret.
 *
 * @param vault present where a reference names {@link Source#VAULT}
 * @param secrets in the order written; names are unique; at least one
 */
public record Plan(Optional<VaultSettings> vault, List<SecretSpec> secrets) {

  /**
   * Reads a plan written by people.
   *
   * @throws PlanException with every problem of the text
   */
  public static Plan parseYaml(String text) {
    throw new UnsupportedOperationException(text);
  }

  /**
   * Reads a plan written by {@link #toJson} or by a program; loads no YAML library.
   *
   * @throws PlanException with every problem of the text
   */
  public static Plan parseJson(String text) {
    throw new UnsupportedOperationException(text);
  }

  /** This plan with every default spelt out; {@link #parseJson} reads it back to an equal one. */
  public String toJson() {
    throw new UnsupportedOperationException();
  }

  /** The secrets that a container of the pod sees, in the order of the plan. */
  public List<SecretSpec> visibleTo(String container) {
    throw new UnsupportedOperationException(container);
  }
}
