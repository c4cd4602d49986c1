package dev.keyturn.webhook.manifest;

import dev.keyturn.webhook.yaml.Position;

/**
 * Something that an author should know of a file.
 *
 * @param level whether it must be corrected
 * @param rule what kind of thing it is, one short word: for tools that sort
 * @param position where it is
 * @param key what it is about, as the author wrote it; never empty
 * @param message what is wrong and what to do; never a value
 */
public record Finding(Level level, String rule, Position position, String key, String message) {
  /** Whether it must be corrected. */
  public enum Level {
    /** The pod is refused, or does not get what it asks for. */
    ERROR,
    /** It works, and should change. */
    WARNING,
    /** What it was judged by. */
    NOTE
  }

  /** The finding as one line, without its place. */
  public String text() {
    return key + ": " + message;
  }
}
