package dev.keyturn.webhook.admission;

import dev.keyturn.plan.Plan;
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
   * @param notes what the author should know
   * @param plan what its sidecar carries out
   */
  record Patched(ArrayNode patch, List<Warning> notes, Plan plan) implements Admission {
    /** What the author should know, as texts of at most {@link Warning#MAX_TEXT} characters. */
    public List<String> warnings() {
      return notes.stream().map(Warning::text).toList();
    }
  }

  /**
   * Something that works, and that the author should know.
   *
   * @param annotation that it is about, as the author wrote it
   * @param message without the annotation's name
   * @param named whether the annotation has to be named for the message to be understood
   */
  record Warning(String annotation, String message, boolean named) {
    /** Longer ones may be cut (Kubernetes, "Admission webhooks: Response"). */
    public static final int MAX_TEXT = 256;

    /** The message for people who see nothing else. */
    public String text() {
      String text = "keyturn: " + (named ? annotation + ": " : "") + message;
      return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT - 3) + "...";
    }
  }

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
