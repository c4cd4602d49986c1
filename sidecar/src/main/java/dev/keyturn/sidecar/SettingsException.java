package dev.keyturn.sidecar;

import dev.keyturn.plan.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** The sidecar cannot start as it was told to; says everything that is wrong at once. */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  SettingsException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** What is wrong, at least one. */
  public List<Problem> problems() {
    return problems;
  }
}
