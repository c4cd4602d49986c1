package dev.keyturn.plan;

import java.util.Optional;

/**
 * How the sidecar proves itself to a Vault or OpenBao. Files are read once more at each login,
 * since what they hold rotates; the plan holds only their paths.
 */
public sealed interface VaultAuth {
  /**
   * A service account's token, checked by the server with the cluster.
   *
   * @param mount where the method is enabled, {@code kubernetes} by default
   * @param tokenFile the projected token
   */
  record Kubernetes(String mount, String role, String tokenFile) implements VaultAuth {}

  /**
   * A signed JWT, such as a CI job's OIDC token.
   *
   * @param mount where the method is enabled, {@code jwt} by default
   */
  record Jwt(String mount, Optional<String> role, String tokenFile) implements VaultAuth {}

  /**
   * A role id and, unless the role does without, a secret id.
   *
   * @param mount where the method is enabled, {@code approle} by default
   */
  record AppRole(String mount, String roleIdFile, Optional<String> secretIdFile)
      implements VaultAuth {}

  /** A token made by somebody else, such as another agent. */
  record TokenFile(String tokenFile) implements VaultAuth {}
}
