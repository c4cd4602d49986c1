package dev.keyturn.sidecar;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.audit.Workload;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * All that a sidecar is told.
 *
 * @param plan what to fetch
 * @param planDirectory what relative {@code file:} paths start from
 * @param mounts where to publish; at least one
 * @param endpoint where health and metrics are served: {@code unix:PATH} or {@code 127.0.0.1:PORT};
 *     empty for nowhere
 * @param allowDisk whether a mount may be on a disk
 * @param workload for whom, as the audit lines say it
 * @param agent the Java agent to put in place before the workload starts
 * @param acknowledgements where processes with the Java agent say which versions they use
 * @param hibernation where to keep what is known while the process sleeps; empty to stay awake
 * @param hint a file whose changes ask for looks at the secrets
 */
public record SidecarConfig(
    Plan plan,
    Path planDirectory,
    List<MountTarget> mounts,
    Optional<String> endpoint,
    boolean allowDisk,
    Workload workload,
    Optional<AgentCopy> agent,
    Optional<Path> acknowledgements,
    Optional<Path> hibernation,
    Optional<Path> hint) {

  /** For a process outside a pod. */
  public SidecarConfig(
      Plan plan,
      Path planDirectory,
      List<MountTarget> mounts,
      Optional<String> endpoint,
      boolean allowDisk) {
    this(
        plan,
        planDirectory,
        mounts,
        endpoint,
        allowDisk,
        Workload.NONE,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty());
  }

  /**
   * One mount and who reads it.
   *
   * @param directory exists, on a tmpfs
   * @param containers whose view of the plan is published there; empty for the whole plan
   * @param secrets which of it, by name; empty for all
   */
  public record MountTarget(Path directory, List<String> containers, List<String> secrets) {
    /** For all that the containers see. */
    public MountTarget(Path directory, List<String> containers) {
      this(directory, containers, List.of());
    }
  }

  /**
   * Where the Java agent comes from and goes to.
   *
   * @param jar the agent
   * @param directory exists; gets {@code keyturn-javaagent.jar}
   */
  public record AgentCopy(Path jar, Path directory) {}
}
