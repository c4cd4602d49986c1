package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Collects what is wrong with an input, so that its author hears of everything at once. Messages
 * never repeat a value of the input: somebody may have put a secret where its reference belongs.
 */
final class Problems {
  /** Enough to work on, and an admission response stays readable. */
  private static final int MAX_PROBLEMS = 100;

  private final List<Problem> list = new ArrayList<>();
  private int count;

  void add(Place place, String message) {
    count++;
    if (count <= MAX_PROBLEMS) {
      list.add(new Problem(place.toString(), message));
    } else if (count == MAX_PROBLEMS + 1) {
      list.add(new Problem("more", "there are more problems: correct these first"));
    }
  }

  /** Adds the answer of a rule, which is null where all is well. */
  void check(Place place, @Nullable String message) {
    if (message != null) {
      add(place, message);
    }
  }

  /** Whether what is added from now on is not told: then it need not be looked for. */
  boolean isFull() {
    return count > MAX_PROBLEMS;
  }

  /** Everything collected. */
  List<Problem> list() {
    return list;
  }

  int count() {
    return count;
  }

  /**
   * @throws PlanException with everything collected, if there is anything
   */
  void throwIfAny() {
    if (!list.isEmpty()) {
      throw exception();
    }
  }

  /** Everything collected, where nothing more can be found after a problem. */
  PlanException exception() {
    return new PlanException(list);
  }
}
