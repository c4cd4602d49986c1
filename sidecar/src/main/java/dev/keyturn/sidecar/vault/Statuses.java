package dev.keyturn.sidecar.vault;

/** What to do about a status that has the same reason wherever it is seen. */
final class Statuses {
  private Statuses() {}

  /** As documented at {@code https://openbao.org/api-docs/#http-status-codes}. */
  static String hint(int status) {
    return switch (status) {
      case 429 -> "a rate limit quota of the server is used up; it is asked again later";
      case 501 -> "the server is not initialized: initialize it";
      case 503 -> "the server is sealed or in maintenance: unseal it";
      default ->
          status / 100 == 3
              ? "the server is a standby that points elsewhere: set vault.address to the active one or a load balancer"
              : "see the server's log; it is asked again later";
    };
  }
}
