package dev.keyturn.sidecar.sops;

import dev.keyturn.template.GoRegex;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * Which values of a file are encrypted.
 *
 * @param by the metadata's entry that says so
 * @param text a suffix or a regular expression, as {@code by} says
 */
record Rule(By by, String text) {
  /** What holds where a file names no rule. */
  static final Rule DEFAULT = new Rule(By.UNENCRYPTED_SUFFIX, "_unencrypted");

  /** The rules there are, of which a file has one at most. */
  enum By {
    UNENCRYPTED_SUFFIX,
    ENCRYPTED_SUFFIX,
    UNENCRYPTED_REGEX,
    ENCRYPTED_REGEX,
    UNENCRYPTED_COMMENT_REGEX,
    ENCRYPTED_COMMENT_REGEX;

    /** The name in the metadata. */
    String key() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Whether comments decide. */
  boolean asksForComments() {
    return by == By.UNENCRYPTED_COMMENT_REGEX || by == By.ENCRYPTED_COMMENT_REGEX;
  }

  /**
   * Whether a value is encrypted.
   *
   * @param path the keys down to it
   * @param comments what precedes it and each of what it is in
   * @throws SopsException if the regular expression is none
   */
  boolean encrypts(List<String> path, Deque<List<String>> comments) throws SopsException {
    try {
      return switch (by) {
        case UNENCRYPTED_SUFFIX -> path.stream().noneMatch(key -> key.endsWith(text));
        case ENCRYPTED_SUFFIX -> path.stream().anyMatch(key -> key.endsWith(text));
        case UNENCRYPTED_REGEX -> path.stream().noneMatch(this::finds);
        case ENCRYPTED_REGEX -> path.stream().anyMatch(this::finds);
        case UNENCRYPTED_COMMENT_REGEX ->
            comments.stream().flatMap(List::stream).noneMatch(this::finds);
        case ENCRYPTED_COMMENT_REGEX ->
            comments.stream().flatMap(List::stream).anyMatch(this::finds);
      };
    } catch (IllegalArgumentException e) {
      throw new SopsException("its %s can't be used: %s".formatted(by.key(), e.getMessage()));
    }
  }

  private boolean finds(String candidate) {
    return GoRegex.find(text, candidate);
  }
}
