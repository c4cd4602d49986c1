package dev.keyturn.plan;

import java.util.LinkedHashMap;
import java.util.List;

/** What a plan looks like before it is understood, whichever notation it came in. */
sealed interface Node {
  /** A scalar as it is written, so that {@code 0400} is not a number yet; empty for a null. */
  record Text(String value) implements Node {}

  /** The entries in the order written. */
  record Mapping(LinkedHashMap<String, Node> entries) implements Node {
    Mapping() {
      this(new LinkedHashMap<>());
    }
  }

  record Sequence(List<Node> items) implements Node {}

  /** A node that the author wrote somewhere else than where it stands. */
  record Written(Place place, Node node) implements Node {}
}
