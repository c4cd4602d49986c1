package dev.keyturn.sidecar;

import dev.keyturn.plan.Plan;
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
 */
public record SidecarConfig(
    Plan plan,
    Path planDirectory,
    List<MountTarget> mounts,
    Optional<String> endpoint,
    boolean allowDisk) {

  /**
   * One mount and who reads it.
   *
   * @param directory exists, on a tmpfs
   * @param containers whose view of the plan is published there; empty for the whole plan
   */
  public record MountTarget(Path directory, List<String> containers) {}
}
