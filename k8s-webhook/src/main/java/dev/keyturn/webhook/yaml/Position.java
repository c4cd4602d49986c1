package dev.keyturn.webhook.yaml;

import java.util.Optional;
import org.snakeyaml.engine.v2.exceptions.Mark;

/**
 * A place in a text.
 *
 * @param line from 1 on
 * @param column from 1 on, in code points
 */
public record Position(int line, int column) {
  /** Where a text starts. */
  public static final Position START = new Position(1, 1);

  static Position of(Optional<Mark> mark) {
    return mark.map(m -> new Position(m.getLine() + 1, m.getColumn() + 1)).orElse(START);
  }
}
