package dev.keyturn.template;

/**
 * What Vault says to a request.
 *
 * @param leaseId empty where there is no lease
 * @param leaseSeconds as the server says, 0 where there is none
 * @param data the JSON object that the answer has in {@code data}; holds the secret
 */
public record Answer(String leaseId, long leaseSeconds, boolean renewable, String data) {
  @Override
  public String toString() {
    return "[answer]";
  }
}
