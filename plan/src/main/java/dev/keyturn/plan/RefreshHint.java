package dev.keyturn.plan;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the annotation {@code keyturn.dev/refresh} of a running pod says: {@code [SECRET,...@]TEXT[
 * within DURATION]}. A text that is new asks for a look at the secrets; any is good, so that
 * whoever pokes can write a time or a build's number.
 *
 * @param secrets which; empty for all
 * @param text tells one hint from the next; at most {@link #MAX_TEXT} characters of it are kept
 * @param within over how long the pods that are poked together spread their looks; empty for the
 *     sidecar's own choice
 */
public record RefreshHint(Set<String> secrets, String text, Optional<Duration> within) {
  /** The annotation. */
  public static final String ANNOTATION = PodPlan.PREFIX + "refresh";

  /** More is cut: the text comes back in the audit lines. */
  public static final int MAX_TEXT = 128;

  /** More is taken for this: a hint that is looked at tomorrow is none. */
  public static final Duration MAX_WITHIN = Duration.ofHours(1);

  private static final String WITHIN = " within ";

  public RefreshHint {
    secrets = Collections.unmodifiableSet(new LinkedHashSet<>(secrets));
    text = text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT);
    within = within.map(it -> it.compareTo(MAX_WITHIN) > 0 ? MAX_WITHIN : it);
  }

  /** Reads an annotation; whatever is no list of names or no duration belongs to the text. */
  public static RefreshHint parse(String annotation) {
    String text = annotation.strip();
    Optional<Duration> within = Optional.empty();
    int end = text.lastIndexOf(WITHIN);
    Duration duration = end < 0 ? null : Interval.parse(text.substring(end + WITHIN.length()));
    if (duration != null) {
      within = Optional.of(duration);
      text = text.substring(0, end).strip();
    }
    List<String> names = names(text);
    return names == null
        ? new RefreshHint(Set.of(), text, within)
        : new RefreshHint(
            new LinkedHashSet<>(names), text.substring(text.indexOf('@') + 1).strip(), within);
  }

  /** What stands before the {@code @}, if these can be names of secrets. */
  private static @Nullable List<String> names(String text) {
    int at = text.indexOf('@');
    if (at <= 0) {
      return null;
    }
    List<String> names = PlanReader.split(text.substring(0, at));
    for (String name : names) {
      if (Rules.name(name) != null) {
        return null;
      }
    }
    return names.isEmpty() ? null : names;
  }

  /** The text that {@link #parse} reads back. */
  @Override
  public String toString() {
    String names = secrets.isEmpty() ? "" : String.join(",", secrets) + "@";
    return names + text + within.map(it -> WITHIN + Interval.format(it)).orElse("");
  }
}
