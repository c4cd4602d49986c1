package dev.keyturn.template;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A template that was read. Immutable. */
public final class Template {
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

  /** Whether it asks Vault for something. */
  public boolean asksVault() {
    return asks;
  }

  /**
   * The paths of Vault that it asks for, without a query; empty where one is worked out only when
   * it is rendered.
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
