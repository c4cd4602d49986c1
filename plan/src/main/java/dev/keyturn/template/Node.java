package dev.keyturn.template;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A part of a template that writes something, or chooses what is written. */
sealed interface Node {
  /**
   * Where it starts in the text; where Go says that it does, so that errors name the same place.
   */
  int at();

  /** Copied as it is. */
  record Text(int at, String text) implements Node {}

  /** A pipeline whose value is written, unless it goes into a variable. */
  record Action(int at, Pipe pipe) implements Node {}

  /**
   * {@code if} or {@code with}.
   *
   * @param changesDot whether it is {@code with}
   */
  record Branch(int at, boolean changesDot, Pipe pipe, List<Node> body, List<Node> otherwise)
      implements Node {}

  record Range(int at, Pipe pipe, List<Node> body, List<Node> otherwise) implements Node {}

  record Break(int at) implements Node {}

  record Continue(int at) implements Node {}

  /** {@code template} or {@code block}. */
  record Call(int at, String name, @Nullable Pipe pipe) implements Node {}

  /** Something with a value. */
  sealed interface Term {
    int at();
  }

  record Function(int at, String name) implements Term {}

  /** Names of one thing within another, from the dot on. */
  record Field(int at, List<String> names) implements Term {}

  /**
   * A variable, or something in it.
   *
   * @param name with its dollar sign
   */
  record Variable(int at, String name, List<String> fields) implements Term {}

  /** Names within what a function or a parenthesis gives. */
  record Chain(int at, Term term, List<String> fields) implements Term {}

  record Dot(int at) implements Term {}

  record Nil(int at) implements Term {}

  /** A truth value, a number or a text, as {@link Values} has them. */
  record Literal(int at, Object value) implements Term {}

  /**
   * Commands, each of which gets the value of the one before.
   *
   * @param assigns whether the variables were there before
   * @param commands at least one
   */
  record Pipe(int at, boolean assigns, List<Variable> variables, List<Command> commands)
      implements Term {}

  /**
   * A value, or a function with its arguments.
   *
   * @param terms at least one; the rest are the first one's arguments
   */
  record Command(int at, List<Term> terms) {}
}
