package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Problem;
import java.util.List;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ArrayNode;

/** What becomes of a pod. */
public sealed interface Admission {

  /** The pod is created as it is. */
  record Unchanged() implements Admission {}

  /**
   * The pod is created with these changes.
   *
   * @param patch operations (RFC 6902), at least one
   * @param warnings what the author should know; each at most 256 characters, since longer ones may
   *     be cut
   */
  record Patched(ArrayNode patch, List<String> warnings) implements Admission {}

  /**
   * The pod is refused.
   *
   * @param problems everything that is wrong with it, at least one
   */
  record Denied(Reason reason, List<Problem> problems) implements Admission {
    /** What the author reads in {@code kubectl} or in the events of a ReplicaSet. */
    public String message() {
      return problems.stream().map(Problem::toString).collect(Collectors.joining("; "));
    }
  }

  /** Why a pod is refused, as a label of a metric. */
  enum Reason {
    /** An annotation is wrong. */
    ANNOTATION,
    /** The pod can't carry what the annotations ask for. */
    CONFLICT,
    /** The pod asks for more than its namespace's profile allows, or there is no such profile. */
    PROFILE,
    /** The pod is of a kind that can't have secrets injected. */
    UNSUPPORTED
  }
}
