package dev.keyturn.plan;

import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the annotations of one pod ask for.
 *
 * @param plan which secrets
 * @param mountPath where the containers find the files; absolute, {@code /keyturn/secrets} by
 *     default
 * @param javaAgent whether JVMs get the agent
 * @param javaAgentContainers the containers that get it; empty for all that see a secret
 * @param sidecar how the sidecar is placed in the pod; empty for the cluster's setting
 * @param runAs the sidecar's user and group; empty for the target container's
 * @param audience of the projected token that the sidecar shows to the source; empty for the
 *     cluster's setting
 */
public record PodPlan(
    Plan plan,
    String mountPath,
    boolean javaAgent,
    Set<String> javaAgentContainers,
    Optional<SidecarKind> sidecar,
    Optional<Owner> runAs,
    Optional<String> audience) {

  /** The prefix of every annotation, with its slash. */
  public static final String PREFIX = "keyturn.dev/";

  /** How a pod carries its sidecar. */
  public enum SidecarKind {
    /** An init container that keeps running (Kubernetes 1.29 and newer). */
    NATIVE,
    /** An init container that publishes once, then a plain container that keeps it current. */
    INIT_AND_SIDECAR,
    /** An init container only: published once, never rotated. */
    INIT
  }

  /**
   * Reads the annotations of a pod.
   *
   * @param annotations all of the pod's annotations; those without {@link #PREFIX} are ignored
   * @param vaultDefaults what the operator sets, by the keys of a plan's {@code vault} section; the
   *     pod's own keys win
   * @param variables what {@code ${namespace}} and such stand for in references and the role
   * @return empty where the pod doesn't ask for injection
   * @throws PlanException with every problem of the annotations
   */
  public static Optional<PodPlan> parse(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables) {
    throw new UnsupportedOperationException();
  }
}
