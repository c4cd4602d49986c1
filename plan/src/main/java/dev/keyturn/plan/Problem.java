package dev.keyturn.plan;

/**
 * One thing that is wrong with an input.
 *
 * @param key where it is, as the author wrote it: {@code secrets.db.format} in a plan, {@code
 *     keyturn.dev/secret.db} among annotations
 * @param message what is wrong and what to do next; never a secret value
 */
public record Problem(String key, String message) {
  @Override
  public String toString() {
    return key + ": " + message;
  }
}
