package dev.keyturn.template;

import dev.keyturn.plan.Reference;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A template that was read. Immutable. */
public final class Template {
  private static final String QUOTES = "\"`";

  private final String text;
  private final List<Node> main;
  private final Map<String, List<Node>> defined;
  private final boolean asks;

  Template(String text, List<Node> main, Map<String, List<Node>> defined, boolean asks) {
    this.text = text;
    this.main = List.copyOf(main);
    this.defined = Map.copyOf(defined);
    this.asks = asks;
  }

  /**
   * Reads a template.
   *
   * @throws TemplateException at the first thing that is wrong with it
   */
  public static Template parse(String text) {
    return parse(text, "{{", "}}");
  }

  /**
   * Reads a template with other delimiters.
   *
   * @throws TemplateException at the first thing that is wrong with it
   */
  public static Template parse(String text, String left, String right) {
    return new Parser(text, left, right).parse();
  }

  /** Whether it asks for something. */
  public boolean asks() {
    return asks;
  }

  /** Whether it asks Vault for something, or may do so. */
  public boolean asksVault() {
    Optional<Set<String>> paths = asks ? paths() : Optional.of(Set.of());
    if (paths.isEmpty()) {
      return true;
    }
    for (String path : paths.get()) {
      if (!Reference.isElsewhere(path)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The paths of Vault and the references to other sources that it asks for, without a query; empty
   * where one is worked out only when it is rendered.
   */
  public Optional<Set<String>> paths() {
    return Paths.of(this);
  }

  /**
   * Renders it once, as far as the data go.
   *
   * @param strict whether a key that is not there is an error, rather than {@code <no value>}
   * @throws TemplateException if it fails though nothing is missing
   */
  public Rendering render(Data data, boolean strict, Limits limits) {
    return new Execution(this, data, strict, limits).run();
  }

  /**
   * Whether a string of the template begins so, up to one of the characters that may follow: then
   * it is known to whoever knows the template, and no secret.
   *
   * @param ends what may follow; the end of the string where it is empty
   */
  public boolean writesOut(String start, String ends) {
    for (int quote = 0; quote < QUOTES.length(); quote++) {
      String written = QUOTES.charAt(quote) + start;
      for (int at = text.indexOf(written); at >= 0; at = text.indexOf(written, at + 1)) {
        int end = at + written.length();
        if (end < text.length()
            && (text.charAt(end) == QUOTES.charAt(quote) || ends.indexOf(text.charAt(end)) >= 0)) {
          return true;
        }
      }
    }
    return false;
  }

  String text() {
    return text;
  }

  /** What is written when it is rendered. */
  List<Node> main() {
    return main;
  }

  /** What it defines, by name. */
  Map<String, List<Node>> defined() {
    return defined;
  }
}
