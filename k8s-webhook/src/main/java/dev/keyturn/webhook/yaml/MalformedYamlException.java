package dev.keyturn.webhook.yaml;

/** A text is no YAML; says where. Never quotes the text. */
public final class MalformedYamlException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Position position;

  MalformedYamlException(Position position, String message) {
    super(message);
    this.position = position;
  }

  /** Where the text stops being YAML. */
  public Position position() {
    return position;
  }
}
