package dev.keyturn.webhook.profile;

/** Knows which profile holds for the pods of a namespace. Any thread; answers at once. */
public interface ProfileSource {
  /**
   * The profile of a namespace.
   *
   * @throws ProfileException if it is not known: then no pod may pass, since it might go beyond a
   *     limit
   */
  Profile of(String namespace) throws ProfileException;
}
