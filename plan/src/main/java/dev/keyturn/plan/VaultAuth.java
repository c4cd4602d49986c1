package dev.keyturn.plan;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

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
  record Kubernetes(String mount, String role, String tokenFile) implements VaultAuth {
    public Kubernetes {
      var problems = new Problems();
      checkMount(problems, mount);
      problems.check(Place.root().at("role"), Rules.line(role, Rules.MAX_KEY));
      checkFile(problems, "token-file", tokenFile);
      problems.throwIfAny();
    }
  }

  /**
   * A signed JWT, such as a CI job's OIDC token.
   *
   * @param mount where the method is enabled, {@code jwt} by default
   */
  record Jwt(String mount, Optional<String> role, String tokenFile) implements VaultAuth {
    public Jwt {
      var problems = new Problems();
      checkMount(problems, mount);
      if (role.isPresent()) {
        problems.check(Place.root().at("role"), Rules.line(role.get(), Rules.MAX_KEY));
      }
      checkFile(problems, "token-file", tokenFile);
      problems.throwIfAny();
    }
  }

  /**
   * A role id and, unless the role does without, a secret id.
   *
   * @param mount where the method is enabled, {@code approle} by default
   * @param wrapped whether the secret id's file holds a response-wrapping token, which is opened
   *     for the secret id
   */
  record AppRole(String mount, String roleIdFile, Optional<String> secretIdFile, boolean wrapped)
      implements VaultAuth {
    public AppRole {
      var problems = new Problems();
      checkMount(problems, mount);
      checkFile(problems, "role-id-file", roleIdFile);
      checkFile(problems, "secret-id-file", secretIdFile.orElse(null));
      if (wrapped && secretIdFile.isEmpty()) {
        problems.add(
            Place.root().at("wrapped"), "is for a secret id: name its file in secret-id-file");
      }
      problems.throwIfAny();
    }
  }

  /**
   * The certificate of {@link VaultSettings#client}, shown in the TLS handshake.
   *
   * @param mount where the method is enabled, {@code cert} by default
   * @param role the server's entry to match against; empty for any
   */
  record Cert(String mount, Optional<String> role) implements VaultAuth {
    public Cert {
      var problems = new Problems();
      checkMount(problems, mount);
      if (role.isPresent()) {
        problems.check(Place.root().at("role"), Rules.line(role.get(), Rules.MAX_KEY));
      }
      problems.throwIfAny();
    }
  }

  /**
   * A token made by somebody else, such as another agent.
   *
   * @param wrapped whether the file holds a response-wrapping token, which is opened for the token
   */
  record TokenFile(String tokenFile, boolean wrapped) implements VaultAuth {
    public TokenFile {
      var problems = new Problems();
      checkFile(problems, "token-file", tokenFile);
      problems.throwIfAny();
    }
  }

  private static void checkMount(Problems problems, String mount) {
    problems.check(Place.root().at("auth-mount"), Rules.path(mount, false));
  }

  private static void checkFile(Problems problems, String key, @Nullable String file) {
    if (file != null) {
      problems.check(Place.root().at(key), Rules.path(file, true));
    }
  }
}
