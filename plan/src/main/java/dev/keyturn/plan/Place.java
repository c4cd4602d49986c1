package dev.keyturn.plan;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where something stands in an input; written out only when there is a problem with it. A place is
 * named by its parent and its key, unless the author wrote it elsewhere: then {@link #rename} says
 * where.
 */
final class Place {
  private final @Nullable Place parent;
  private final String name;
  private final String below;
  private @Nullable Map<String, Place> renamed;

  private Place(@Nullable Place parent, String name, String below) {
    this.parent = parent;
    this.name = name;
    this.below = below;
  }

  /** A whole plan, whose keys are named by themselves. */
  static Place root() {
    return new Place(null, "plan", "");
  }

  /**
   * A place with a name of its own.
   *
   * @param below what stands before a key that is within it
   */
  static Place of(String name, String below) {
    return new Place(null, name, below);
  }

  Place at(String key) {
    Place place = renamed == null ? null : renamed.get(key);
    return place == null ? new Place(this, shown(key), ".") : place;
  }

  void rename(String key, Place place) {
    if (renamed == null) {
      renamed = new HashMap<>();
    }
    renamed.put(key, place);
  }

  @Override
  public String toString() {
    if (parent == null) {
      return name;
    }
    return parent.parent == null ? parent.below + name : parent + parent.below + name;
  }

  /** A key as it may stand in a message: what is no plain name is not repeated there. */
  static String shown(String key) {
    boolean good = !key.isEmpty() && key.length() <= Rules.MAX_LABEL;
    for (int i = 0; good && i < key.length(); i++) {
      char c = key.charAt(i);
      good = Rules.isLetterOrDigit(c) || c == '_' || c == '-' || c == '.' || c == '/';
    }
    return good ? key : "(no plain name)";
  }
}
