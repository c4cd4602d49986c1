package dev.keyturn.plan;

import java.util.List;
import java.util.stream.Collectors;

/** The plan must be corrected by its author; says everything that is wrong with it at once. */
public final class PlanException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /**
   * @param problems what is wrong, at least one
   */
  public PlanException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, in the order of the input. */
  public List<Problem> problems() {
    return problems;
  }
}
