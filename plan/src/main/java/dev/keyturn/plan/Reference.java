package dev.keyturn.plan;

import java.util.Map;
import java.util.Optional;

/**
 * Where one secret is: {@code <source>:<path>[?option=value&...][#key]}.
 *
 * @param source the place that holds it
 * @param path the place's own name for it, never empty, without {@code ..} segments or control
 *     characters
 * @param options what else the source needs to know, in the order written; percent-decoded
 * @param key one field of a secret that has several; empty for all of them
 */
public record Reference(
    Source source, String path, Map<String, String> options, Optional<String> key) {

  /**
   * Reads a reference as people write it.
   *
   * @throws PlanException with every problem of the text, each under the key {@code reference}
   */
  public static Reference parse(String text) {
    throw new UnsupportedOperationException(text);
  }

  /** The reference as it would be written; {@link #parse} reads it back to an equal one. */
  @Override
  public String toString() {
    throw new UnsupportedOperationException();
  }
}
