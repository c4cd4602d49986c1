package dev.keyturn.plan;

import dev.keyturn.template.Template;
import dev.keyturn.template.TemplateException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file made from a template.
 *
 * @param text Go's {@code text/template}, see {@code docs/templates.md}; it can be parsed
 * @param left what begins an action
 * @param right what ends one
 * @param errorOnMissingKey whether a key that is not there is an error, rather than the text {@code
 *     <no value>}
 */
public record TemplateSpec(String text, String left, String right, boolean errorOnMissingKey) {
  static final String LEFT = "{{";
  static final String RIGHT = "}}";

  /** Longer than any that is in use. */
  private static final int MAX_DELIMITER = 8;

  public TemplateSpec {
    var problems = new Problems();
    check(problems, Place.of("template", "."), text, left, right);
    problems.throwIfAny();
  }

  /** The template, parsed anew at each call. */
  public Template template() {
    return Template.parse(text, left, right);
  }

  /** What it reads of sources other than Vault, where that is written out. */
  List<Reference> elsewhere() {
    var elsewhere = new ArrayList<Reference>();
    for (String path : template().paths().orElse(Set.of())) {
      if (Reference.isElsewhere(path)) {
        elsewhere.add(Reference.parse(path));
      }
    }
    return elsewhere;
  }

  static void check(Problems problems, Place place, String text, String left, String right) {
    String bad = delimiterProblem(left);
    bad = bad == null ? delimiterProblem(right) : bad;
    if (bad == null && left.equals(right)) {
      bad = "the delimiters are the same";
    }
    if (bad != null) {
      problems.add(place, bad);
      return;
    }
    try {
      for (String path : Template.parse(text, left, right).paths().orElse(Set.of())) {
        if (Reference.isElsewhere(path)) {
          Reference.read(path, Variables.NONE, place, problems);
        }
      }
    } catch (TemplateException e) {
      problems.add(place, String.valueOf(e.getMessage()));
    }
  }

  private static @Nullable String delimiterProblem(String delimiter) {
    boolean good = !delimiter.isEmpty() && delimiter.length() <= MAX_DELIMITER;
    for (int i = 0; good && i < delimiter.length(); i++) {
      char c = delimiter.charAt(i);
      good = c > ' ' && c <= '~' && !Rules.isLetterOrDigit(c);
    }
    return good
        ? null
        : "a delimiter is 1 to "
            + MAX_DELIMITER
            + " ASCII characters that are no letters or digits";
  }
}
