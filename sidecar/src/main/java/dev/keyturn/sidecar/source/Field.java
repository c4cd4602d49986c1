package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.text.SecretText;
import java.nio.charset.CharacterCodingException;

/**
 * One field of a secret.
 *
 * @param value text in UTF-8, bytes, or JSON in UTF-8, as the kind says
 */
public record Field(Kind kind, SecretValue value) {

  /** What the bytes of a field are. */
  public enum Kind {
    /** UTF-8. */
    TEXT,
    /** Not UTF-8. */
    BYTES,
    /** A number, truth value, null, list or object, in the source's own spelling. */
    JSON
  }

  /** A field of text. */
  public static Field text(String text) {
    return new Field(Kind.TEXT, SecretValue.of(text));
  }

  /** A field of JSON. */
  public static Field json(String json) {
    return new Field(Kind.JSON, SecretValue.of(json));
  }

  /**
   * Text if the bytes are UTF-8.
   *
   * @param bytes owned by the new field
   */
  public static Field of(byte[] bytes) {
    return new Field(isUtf8(bytes) ? Kind.TEXT : Kind.BYTES, new SecretValue(bytes));
  }

  /** The same with bytes of its own. */
  public Field copy() {
    return new Field(kind, new SecretValue(value.bytes().clone()));
  }

  static Field restore(StateReader in) {
    return new Field(in.constant(Kind.class), new SecretValue(in.bytes()));
  }

  void save(StateWriter out) {
    out.constant(kind).bytes(value.bytes());
  }

  private static boolean isUtf8(byte[] bytes) {
    try (SecretText text = new SecretText()) {
      text.appendUtf8(bytes);
      return true;
    } catch (CharacterCodingException e) {
      return false;
    }
  }
}
