package dev.keyturn.template;

import dev.keyturn.plan.Spelling;
import dev.keyturn.template.Token.Kind;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads a template, by the rules of Go's {@code text/template/parse}. */
final class Parser {
  /** Deeper than any template that people read, and no danger for the stack. */
  private static final int MAX_DEPTH = 100;

  private final String text;
  private final List<Token> tokens;
  private int next;
  private int depth;
  private int ranges;
  private List<String> variables = new ArrayList<>(List.of("$"));
  private final Map<String, List<Node>> defined = new HashMap<>();

  /** The calls of templates, which may come before the definitions. */
  private final List<Node.Call> calls = new ArrayList<>();

  private boolean asks;

  Parser(String text, String left, String right) {
    this.text = text;
    this.tokens = new Lexer(text, left, right).tokens();
  }

  Template parse() {
    var main = new ArrayList<Node>();
    while (peek().kind() != Kind.END_OF_TEXT) {
      if (peek().kind() == Kind.LEFT && nextButSpace(next + 1).kind() == Kind.DEFINE) {
        next();
        nextNonSpace();
        definition();
      } else {
        Node node = textOrAction();
        if (node == null) {
          throw bad(tokens.get(next - 1), "there is nothing that this belongs to");
        }
        main.add(node);
      }
    }
    for (Node.Call call : calls) {
      if (!defined.containsKey(call.name())) {
        throw new TemplateException(
            text, call.at(), "there is no template of this name: define it, or correct the name");
      }
    }
    return new Template(text, main, defined, asks);
  }

  private void definition() {
    Token name = nextNonSpace();
    String defines = name(name);
    expectRight("'define'");
    define(name, defines);
    expectRight("'end'");
  }

  /** Reads a body with variables of its own up to its end. */
  private void define(Token name, String defines) {
    List<String> outer = variables;
    int outerRanges = ranges;
    variables = new ArrayList<>(List.of("$"));
    ranges = 0;
    var body = new ArrayList<Node>();
    Token end = body(name, body);
    if (end.kind() != Kind.END_KEYWORD) {
      throw bad(end, "a definition has no 'else'");
    }
    variables = outer;
    ranges = outerRanges;
    List<Node> other = defined.get(defines);
    if (other == null || isBlank(other)) {
      defined.put(defines, body);
    } else if (!isBlank(body)) {
      throw bad(name, "this template is defined twice: rename one");
    }
  }

  private static boolean isBlank(List<Node> nodes) {
    for (Node node : nodes) {
      if (!(node instanceof Node.Text t) || !t.text().isBlank()) {
        return false;
      }
    }
    return true;
  }

  /**
   * Reads up to {@code end} or {@code else}, which comes back; what follows an {@code else} is
   * still to come.
   */
  private Token body(Token begun, List<Node> nodes) {
    if (++depth > MAX_DEPTH) {
      throw bad(begun, "is nested deeper than " + MAX_DEPTH + " levels");
    }
    while (true) {
      if (peek().kind() == Kind.END_OF_TEXT) {
        throw bad(begun, "this has no end: write 'end'");
      }
      Node node = textOrAction();
      if (node == null) {
        depth--;
        return tokens.get(next - 1);
      }
      nodes.add(node);
    }
  }

  /** Null where it is {@code end} or {@code else}: that is the last token taken. */
  private @Nullable Node textOrAction() {
    Token token = next();
    if (token.kind() == Kind.TEXT) {
      return new Node.Text(token.at(), Bytes.of(token.text()));
    }
    // What is no text begins an action: the lexer sees to it.
    skipSpace();
    int begin = next;
    Token first = next();
    return switch (first.kind()) {
      case IF -> branch(first, false);
      case WITH -> branch(first, true);
      case RANGE -> range(first);
      case TEMPLATE -> call(nextNonSpace());
      case BLOCK -> block(nextNonSpace());
      case BREAK -> {
        expectRight("'break'");
        inRange(first);
        yield new Node.Break(first.at());
      }
      case CONTINUE -> {
        expectRight("'continue'");
        inRange(first);
        yield new Node.Continue(first.at());
      }
      case END_KEYWORD, ELSE -> null;
      case DEFINE -> throw bad(first, "a template is defined outside of everything else");
      default -> {
        next = begin;
        yield new Node.Action(first.at(), pipe(Context.COMMAND, Kind.RIGHT));
      }
    };
  }

  private void inRange(Token token) {
    if (ranges == 0) {
      throw bad(token, "is in no 'range'");
    }
  }

  private Node branch(Token keyword, boolean with) {
    int before = variables.size();
    Node.Pipe pipe = pipe(with ? Context.WITH : Context.IF, Kind.RIGHT);
    var body = new ArrayList<Node>();
    Token end = body(keyword, body);
    var otherwise = new ArrayList<Node>();
    if (end.kind() == Kind.ELSE) {
      Token again = nextButSpace(next);
      if (again.kind() == (with ? Kind.WITH : Kind.IF)) {
        if (++depth > MAX_DEPTH) {
          throw bad(again, "is nested deeper than " + MAX_DEPTH + " levels");
        }
        nextNonSpace();
        otherwise.add(branch(again, with));
        depth--;
      } else {
        otherwise(end, otherwise);
      }
    } else {
      expectRight("'end'");
    }
    forget(before);
    return new Node.Branch(pipe.at(), with, pipe, body, otherwise);
  }

  private Node range(Token keyword) {
    int before = variables.size();
    Node.Pipe pipe = pipe(Context.RANGE, Kind.RIGHT);
    var body = new ArrayList<Node>();
    ranges++;
    Token end = body(keyword, body);
    ranges--;
    var otherwise = new ArrayList<Node>();
    if (end.kind() == Kind.ELSE) {
      otherwise(end, otherwise);
    } else {
      expectRight("'end'");
    }
    forget(before);
    return new Node.Range(pipe.at(), pipe, body, otherwise);
  }

  private void otherwise(Token elseToken, List<Node> nodes) {
    expectRight("'else'");
    Token end = body(elseToken, nodes);
    if (end.kind() != Kind.END_KEYWORD) {
      throw bad(end, "there was an 'else' already: write 'end'");
    }
    expectRight("'end'");
  }

  private Node call(Token name) {
    String called = name(name);
    Node.Pipe pipe = null;
    if (nextButSpace(next).kind() == Kind.RIGHT) {
      nextNonSpace();
    } else {
      pipe = pipe(Context.TEMPLATE, Kind.RIGHT);
    }
    return called(new Node.Call(name.at(), called, pipe));
  }

  private Node block(Token name) {
    String called = name(name);
    Node.Pipe pipe = pipe(Context.BLOCK, Kind.RIGHT);
    define(name, called);
    expectRight("'end'");
    return called(new Node.Call(name.at(), called, pipe));
  }

  private Node.Call called(Node.Call call) {
    calls.add(call);
    return call;
  }

  /** Where a pipeline stands. */
  private enum Context {
    COMMAND("the action"),
    IF("'if'"),
    WITH("'with'"),
    RANGE("'range'"),
    TEMPLATE("'template'"),
    BLOCK("'block'"),
    PARENTHESES("the parentheses");

    final String shown;

    Context(String shown) {
      this.shown = shown;
    }
  }

  private Node.Pipe pipe(Context context, Kind end) {
    Token first = skipSpace();
    var declared = new ArrayList<Node.Variable>();
    boolean assigns = declarations(context, declared);
    var commands = new ArrayList<Node.Command>();
    while (true) {
      Token token = skipSpace();
      if (token.kind() == end) {
        next++;
        break;
      }
      if (!isOperand(token.kind())) {
        throw unexpected(token, context.shown);
      }
      commands.add(command());
    }
    if (commands.isEmpty()) {
      throw bad(tokens.get(next - 1), context.shown + " has no value");
    }
    for (Node.Command command : commands.subList(1, commands.size())) {
      Node.Term term = command.terms().getFirst();
      if (term instanceof Node.Literal || term instanceof Node.Dot || term instanceof Node.Nil) {
        throw new TemplateException(
            text, term.at(), "nothing can be piped into this: a function takes what comes before");
      }
    }
    checkArguments(commands);
    return new Node.Pipe(first.at(), assigns, declared, commands);
  }

  /** Whether variables are assigned that were there before. */
  private boolean declarations(Context context, List<Node.Variable> declared) {
    while (true) {
      Token variable = skipSpace();
      if (variable.kind() != Kind.VARIABLE) {
        return false;
      }
      Token after = nextButSpace(next + 1);
      if (after.kind() == Kind.ASSIGN || after.kind() == Kind.DECLARE) {
        declare(variable, declared);
        return after.kind() == Kind.ASSIGN;
      }
      if (after.kind() != Kind.COMMA) {
        return false;
      }
      declare(variable, declared);
      if (context != Context.RANGE || declared.size() > 1) {
        throw bad(after, "too many variables: one takes the value, and with 'range' two");
      }
      if (skipSpace().kind() != Kind.VARIABLE) {
        throw bad(tokens.get(next), "'range' takes two variables here: '$key, $value := '");
      }
    }
  }

  private void declare(Token variable, List<Node.Variable> declared) {
    next++;
    nextNonSpace();
    declared.add(new Node.Variable(variable.at(), variable.text(), List.of()));
    variables.add(variable.text());
  }

  private static boolean isOperand(Kind kind) {
    return switch (kind) {
      case BOOL,
          CHARACTER,
          DOT,
          FIELD,
          IDENTIFIER,
          NUMBER,
          NIL,
          RAW_STRING,
          STRING,
          VARIABLE,
          OPEN ->
          true;
      default -> false;
    };
  }

  private Node.Command command() {
    int at = skipSpace().at();
    var terms = new ArrayList<Node.Term>();
    while (true) {
      Token operand = skipSpace();
      if (isOperand(operand.kind())) {
        terms.add(operand());
      }
      Token after = peek();
      if (after.kind() == Kind.SPACE) {
        next++;
      } else if (after.kind() == Kind.RIGHT || after.kind() == Kind.CLOSE) {
        break;
      } else if (after.kind() == Kind.PIPE) {
        next++;
        break;
      } else {
        throw unexpected(after, "the command");
      }
    }
    return new Node.Command(at, terms);
  }

  private Node.Term operand() {
    Token token = nextNonSpace();
    Node.Term term = term(token);
    if (peek().kind() != Kind.FIELD) {
      return term;
    }
    int at = peek().at();
    var fields = new ArrayList<String>();
    while (peek().kind() == Kind.FIELD) {
      fields.add(Bytes.of(next().text().substring(1)));
    }
    return switch (term) {
      case Node.Field field -> {
        fields.addAll(0, field.names());
        yield new Node.Field(at, fields);
      }
      case Node.Variable variable -> new Node.Variable(at, variable.name(), fields);
      case Node.Function _, Node.Pipe _ -> new Node.Chain(at, term, fields);
      case Node.Literal _, Node.Nil _, Node.Dot _, Node.Chain _ ->
          throw new TemplateException(text, at, "what stands before has no fields");
    };
  }

  private Node.Term term(Token token) {
    int at = token.at();
    return switch (token.kind()) {
      case IDENTIFIER -> function(token);
      case DOT -> new Node.Dot(at);
      case NIL -> new Node.Nil(at);
      case VARIABLE -> {
        if (!variables.contains(token.text())) {
          throw bad(token, "there is no such variable here: declare it with ':='");
        }
        yield new Node.Variable(at, token.text(), List.of());
      }
      case FIELD -> new Node.Field(at, List.of(Bytes.of(token.text().substring(1))));
      case BOOL -> new Node.Literal(at, token.text().equals("true"));
      case NUMBER -> new Node.Literal(at, read(token, Literals.number(token.text())));
      case CHARACTER -> new Node.Literal(at, read(token, Literals.character(token.text())));
      case STRING, RAW_STRING -> new Node.Literal(at, read(token, Literals.text(token.text())));
      default -> {
        if (++depth > MAX_DEPTH) {
          throw bad(token, "is nested deeper than " + MAX_DEPTH + " levels");
        }
        Node.Pipe pipe = pipe(Context.PARENTHESES, Kind.CLOSE);
        depth--;
        yield pipe;
      }
    };
  }

  private Object read(Token token, @Nullable Object value) {
    if (value != null) {
      return value;
    }
    throw bad(
        token,
        token.kind() == Kind.NUMBER
            ? "is no number, or one beyond 64 bits"
            : "has an escape that Go does not know, or is more than one character");
  }

  private Node.Function function(Token token) {
    String name = token.text();
    String refusal = Functions.refusal(name);
    if (refusal != null) {
      throw bad(token, "the function '" + name + "' " + refusal);
    }
    if (Functions.arity(name) == null) {
      String nearest = Spelling.nearest(name, Functions.names());
      throw bad(
          token,
          "there is no such function"
              + (nearest == null
                  ? ": docs/templates.md has them all"
                  : "; did you mean '" + nearest + "'?"));
    }
    asks |= name.equals("secret") || name.equals("secrets") || name.equals("pkiCert");
    return new Node.Function(token.at(), name);
  }

  private void checkArguments(List<Node.Command> commands) {
    for (int i = 0; i < commands.size(); i++) {
      List<Node.Term> terms = commands.get(i).terms();
      for (int k = 0; k < terms.size(); k++) {
        if (terms.get(k) instanceof Node.Function(int at, String name)) {
          checkArguments(at, name, k > 0 ? 0 : terms.size() - 1 + Math.min(i, 1));
        } else if (terms.get(k) instanceof Node.Chain(_, Node.Function(int at, String name), _)) {
          checkArguments(at, name, 0);
        }
      }
    }
  }

  private void checkArguments(int at, String name, int count) {
    Functions.Arity arity = Functions.arity(name);
    if (arity != null && (count < arity.fewest() || count > arity.most())) {
      String wants =
          arity.fewest() == arity.most()
              ? Integer.toString(arity.fewest())
              : arity.fewest()
                  + (arity.most() == Integer.MAX_VALUE ? " or more" : " to " + arity.most());
      throw new TemplateException(
          text,
          at,
          "the function '" + name + "' takes " + wants + " arguments, and this is " + count);
    }
  }

  private String name(Token token) {
    if (token.kind() != Kind.STRING && token.kind() != Kind.RAW_STRING) {
      throw bad(token, "this should be the name of a template, in quotes");
    }
    return (String) read(token, Literals.text(token.text()));
  }

  private void forget(int count) {
    variables.subList(count, variables.size()).clear();
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token next() {
    return tokens.get(next++);
  }

  private Token nextNonSpace() {
    skipSpace();
    return next();
  }

  /** The next token that is no space, which is the next to be taken. */
  private Token skipSpace() {
    while (peek().kind() == Kind.SPACE) {
      next++;
    }
    return peek();
  }

  private Token nextButSpace(int from) {
    int i = from;
    while (tokens.get(i).kind() == Kind.SPACE) {
      i++;
    }
    return tokens.get(i);
  }

  private void expectRight(String where) {
    Token token = nextNonSpace();
    if (token.kind() != Kind.RIGHT) {
      throw unexpected(token, where);
    }
  }

  private TemplateException unexpected(Token token, String where) {
    return bad(
        token,
        switch (token.kind()) {
          case RIGHT -> "the action ends too early, in " + where;
          case ASSIGN, DECLARE -> "only a variable can be given a value: '$name := '";
          case CLOSE -> "a parenthesis is closed that was not opened in " + where;
          case STRING,
              RAW_STRING,
              NUMBER,
              CHARACTER,
              BOOL,
              IDENTIFIER,
              VARIABLE,
              FIELD,
              DOT,
              OPEN ->
              "this was not expected in " + where + ": is a blank missing?";
          default -> "this was not expected in " + where;
        });
  }

  private TemplateException bad(Token token, String what) {
    return new TemplateException(text, token.at(), what);
  }
}
