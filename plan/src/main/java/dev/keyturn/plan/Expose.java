package dev.keyturn.plan;

/** What the Java agent answers with where a secret is asked for by one of its names. */
public enum Expose {
  /** The secret itself. */
  VALUE("value"),
  /**
   * A harmless text such as {@code keyturn:db/password}, which the agent turns into the secret
   * where a connection is opened or a header is sent.
   */
  STAND_IN("stand-in");

  private final String text;

  Expose(String text) {
    this.text = text;
  }

  /** The name in plans, annotations and manifests. */
  public String text() {
    return text;
  }
}
