package dev.keyturn.sidecar.vault;

/** What to do about a status that has the same reason wherever it is seen. */
final class Statuses {
  private Statuses() {}

  /**
   * Whether the server as a whole can't serve, and not one path of it: it is sealed, not
   * initialized, a standby that does not forward, or a proxy before it says that nobody is there.
   */
  static boolean isDown(int status) {
    return switch (status) {
      case 472, 473, 501, 502, 503, 504 -> true;
      default -> status / 100 == 3;
    };
  }

  /** As documented at {@code https://openbao.org/api-docs/#http-status-codes}. */
  static String hint(int status) {
    return switch (status) {
      case 429 -> "a rate limit quota of the server is used up; it is asked again later";
      case 412 -> "this standby does not have the latest state yet; it is asked again later";
      case 472, 473 ->
          "this server is a standby that does not serve this: set vault.address to the active one or a load balancer";
      case 501 -> "the server is not initialized: initialize it";
      case 502, 504 -> "the proxy before the server finds none: is it up?";
      case 503 -> "the server is sealed or in maintenance: unseal it";
      default ->
          status / 100 == 3
              ? "the server is a standby that points elsewhere: set vault.address to the active one or a load balancer"
              : "see the server's log; it is asked again later";
    };
  }
}
