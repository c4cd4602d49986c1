package dev.keyturn.template;

import java.time.Instant;
import java.util.Optional;

/** What a template's requests are answered from. */
public interface Data {
  /**
   * The answer; empty where it is not here yet: then rendering goes on, to find what else is asked.
   */
  Optional<Answer> answer(Request request);

  /** The time that {@code timestamp} tells. */
  default Instant now() {
    return Instant.now();
  }
}
