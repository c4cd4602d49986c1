package dev.keyturn.template;

import dev.keyturn.template.Values.Struct;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One rendering of a template, by the rules of Go's {@code text/template}. Used by one thread. */
final class Execution {
  private final Template template;
  private final Data data;
  private final boolean strict;
  private final Budget budget;
  private final Scratch scratch = new Scratch();
  private final Set<Request> asked = new LinkedHashSet<>();
  private final Set<Request> missing = new LinkedHashSet<>();
  private Budget.Text out;
  private List<Variable> variables = new ArrayList<>();

  /** What Go calls the current node: errors are told to be there. */
  private int at;

  private static final class Variable {
    final String name;
    @Nullable Object value;

    Variable(String name, @Nullable Object value) {
      this.name = name;
      this.value = value;
    }
  }

  /** How a part ends. */
  private enum Flow {
    ON,
    BREAK,
    CONTINUE
  }

  /**
   * @param strict whether a key that is not there is an error
   */
  Execution(Template template, Data data, boolean strict, Limits limits) {
    this.template = template;
    this.data = data;
    this.strict = strict;
    this.budget = new Budget(limits);
    this.out = budget.build();
  }

  /**
   * @throws TemplateException if it fails, unless something is missing
   */
  Rendering run() {
    try {
      variables.add(new Variable("$", null));
      walk(template.main(), null);
      if (missing.isEmpty()) {
        byte[] content = out.done().getBytes(StandardCharsets.ISO_8859_1);
        return new Rendering(content, asked, missing);
      }
    } catch (Failure e) {
      // What is missing may well be the reason.
      if (missing.isEmpty()) {
        throw new TemplateException(template.text(), at, e.what());
      }
    }
    return new Rendering(new byte[0], asked, missing);
  }

  Budget budget() {
    return budget;
  }

  Data data() {
    return data;
  }

  Scratch scratch() {
    return scratch;
  }

  /** The answer to a request; empty where it is missing. */
  Optional<Answer> ask(Request request) {
    asked.add(request);
    Optional<Answer> answer = data.answer(request);
    if (answer.isEmpty()) {
      missing.add(request);
    }
    return answer;
  }

  /** Renders a template that this one defines, to a text. */
  String execute(String name, @Nullable Object dot) {
    Budget.Text outer = out;
    out = budget.build();
    call(name, dot);
    String text = out.done();
    out = outer;
    return text;
  }

  private void call(String name, @Nullable Object dot) {
    List<Node> body = template.defined().get(name);
    if (body == null) {
      throw new Failure("there is no template of this name");
    }
    List<Variable> outer = variables;
    variables = new ArrayList<>();
    variables.add(new Variable("$", dot));
    walk(body, dot);
    variables = outer;
  }

  private Flow walk(List<Node> nodes, @Nullable Object dot) {
    budget.enter();
    for (Node node : nodes) {
      budget.step(1);
      at = node.at();
      Flow flow = walk(node, dot);
      if (flow != Flow.ON) {
        budget.leave();
        return flow;
      }
    }
    budget.leave();
    return Flow.ON;
  }

  private Flow walk(Node node, @Nullable Object dot) {
    switch (node) {
      case Node.Text(_, String text) -> out.add(text);
      case Node.Action(int place, Node.Pipe pipe) -> {
        Object value = value(pipe, dot);
        if (pipe.variables().isEmpty()) {
          at = place;
          print(value);
        }
      }
      case Node.Branch branch -> {
        return branch(branch, dot);
      }
      case Node.Range range -> {
        return range(range, dot);
      }
      case Node.Break _ -> {
        return Flow.BREAK;
      }
      case Node.Continue _ -> {
        return Flow.CONTINUE;
      }
      case Node.Call(_, String name, Node.Pipe pipe) ->
          call(name, pipe == null ? null : value(pipe, dot));
    }
    return Flow.ON;
  }

  private void print(@Nullable Object value) {
    if (value instanceof Scratch) {
      throw new Failure("'scratch' can't be written: write what is in it");
    }
    if (value == null) {
      out.add("<no value>");
    } else {
      new Format(budget, out).plain(value);
    }
  }

  private Flow branch(Node.Branch branch, @Nullable Object dot) {
    int mark = variables.size();
    Object value = value(branch.pipe(), dot);
    boolean truth = Values.isTrue(value);
    Flow flow =
        walk(
            truth ? branch.body() : branch.otherwise(), truth && branch.changesDot() ? value : dot);
    forget(mark);
    return flow;
  }

  private Flow range(Node.Range range, @Nullable Object dot) {
    int mark = variables.size();
    Object value = value(range.pipe(), dot);
    Flow flow = range(range, value, dot);
    forget(mark);
    return flow;
  }

  private Flow range(Node.Range range, @Nullable Object value, @Nullable Object dot) {
    boolean any = false;
    switch (value) {
      case null -> {}
      case Long count -> {
        counts(range);
        for (long i = 0; i < count; i++) {
          any = true;
          if (round(range, null, i)) {
            break;
          }
        }
      }
      case Values.Unsigned count -> {
        counts(range);
        for (long i = 0; Long.compareUnsigned(i, count.bits()) < 0; i++) {
          any = true;
          if (round(range, null, new Values.Unsigned(i))) {
            break;
          }
        }
      }
      case List<?> list -> {
        any = !list.isEmpty();
        for (int i = 0; i < list.size(); i++) {
          if (round(range, (long) i, list.get(i))) {
            break;
          }
        }
      }
      case Map<?, ?> map -> {
        any = !map.isEmpty();
        for (var entry : new TreeMap<>(Values.map(map)).entrySet()) {
          if (round(range, entry.getKey(), entry.getValue())) {
            break;
          }
        }
      }
      default -> throw new Failure("'range' can't go over what is of type " + Values.type(value));
    }
    return any ? Flow.ON : walk(range.otherwise(), dot);
  }

  private static void counts(Node.Range range) {
    if (range.pipe().variables().size() > 1) {
      throw new Failure("'range' over a number has one variable");
    }
  }

  /** Whether it was the last one. */
  private boolean round(Node.Range range, @Nullable Object index, @Nullable Object element) {
    budget.step(1);
    List<Node.Variable> declared = range.pipe().variables();
    int mark = variables.size();
    if (range.pipe().assigns()) {
      if (declared.size() == 1) {
        assign(declared.getFirst().name(), element);
      } else {
        assign(declared.getFirst().name(), index);
        assign(declared.getLast().name(), element);
      }
    } else if (!declared.isEmpty()) {
      variables.get(mark - 1).value = element;
      if (declared.size() > 1) {
        variables.get(mark - 2).value = index;
      }
    }
    Flow flow = walk(range.body(), element);
    forget(mark);
    return flow == Flow.BREAK;
  }

  private void forget(int mark) {
    variables.subList(mark, variables.size()).clear();
  }

  private void assign(String name, @Nullable Object value) {
    variable(name).value = value;
  }

  private Variable variable(String name) {
    for (int i = variables.size() - 1; i >= 0; i--) {
      if (variables.get(i).name.equals(name)) {
        return variables.get(i);
      }
    }
    throw new Failure("there is no such variable");
  }

  private @Nullable Object value(Node.Pipe pipe, @Nullable Object dot) {
    at = pipe.at();
    budget.enter();
    List<@Nullable Object> before = List.of();
    for (Node.Command command : pipe.commands()) {
      Object value = value(command, dot, before);
      before = new ArrayList<>(1);
      before.add(value);
    }
    Object value = before.getFirst();
    for (Node.Variable variable : pipe.variables()) {
      if (pipe.assigns()) {
        assign(variable.name(), value);
      } else {
        variables.add(new Variable(variable.name(), value));
      }
    }
    budget.leave();
    return value;
  }

  /**
   * @param before the value that is piped in; empty for the first command
   */
  private @Nullable Object value(
      Node.Command command, @Nullable Object dot, List<@Nullable Object> before) {
    budget.step(1);
    Node.Term first = command.terms().getFirst();
    List<Node.Term> rest = command.terms().subList(1, command.terms().size());
    return switch (first) {
      case Node.Function(int place, String name) -> {
        at = place;
        yield call(command.at(), name, rest, dot, before);
      }
      case Node.Chain(int place, Node.Term term, List<String> fields) -> {
        at = place;
        yield chain(place, term, fields, rest, dot, before);
      }
      case Node.Nil(int place) -> {
        at = place;
        throw new Failure("nil alone has no value");
      }
      case Node.Field _, Node.Variable _, Node.Dot _, Node.Literal _, Node.Pipe _ -> {
        if (!rest.isEmpty() || !before.isEmpty()) {
          at = first instanceof Node.Pipe ? at : first.at();
          throw new Failure("this is no function, and takes no argument");
        }
        yield value(first, dot);
      }
    };
  }

  /** The value of a term that has no arguments. */
  private @Nullable Object value(Node.Term term, @Nullable Object dot) {
    budget.step(1);
    at = term.at();
    return switch (term) {
      case Node.Dot _ -> dot;
      case Node.Nil _ -> null;
      case Node.Literal(_, Object value) -> value;
      case Node.Field(_, List<String> names) -> fields(dot, names);
      case Node.Variable(_, String name, List<String> fields) ->
          fields(variable(name).value, fields);
      case Node.Pipe pipe -> value(pipe, dot);
      case Node.Function(int place, String name) -> call(place, name, List.of(), dot, List.of());
      case Node.Chain(int place, Node.Term inner, List<String> fields) ->
          chain(place, inner, fields, List.of(), dot, List.of());
    };
  }

  private @Nullable Object chain(
      int place,
      Node.Term term,
      List<String> fields,
      List<Node.Term> rest,
      @Nullable Object dot,
      List<@Nullable Object> before) {
    Object receiver = value(term, dot);
    if (receiver instanceof Scratch notes) {
      boolean last = fields.size() == 1;
      Scratch.check(fields.getFirst(), last ? rest.size() + before.size() : 0);
      Placed given = last ? arguments(rest, dot, before) : arguments(List.of(), dot, List.of());
      Object value = guarded(place, fields.getFirst(), given, notes::call);
      return fields(value, fields.subList(1, fields.size()));
    }
    if (!rest.isEmpty() || !before.isEmpty()) {
      throw new Failure("this is no function, and takes no argument");
    }
    return fields(receiver, fields);
  }

  private @Nullable Object fields(@Nullable Object receiver, List<String> names) {
    Object value = receiver;
    for (String name : names) {
      // What was nothing from the start has nothing in it; what turns out to be nothing is an
      // error.
      if (value == null && receiver != null) {
        throw new Failure("nothing is here that '" + shown(name) + "' could be in");
      }
      value = field(value, name);
    }
    return value;
  }

  private @Nullable Object field(@Nullable Object receiver, String name) {
    return switch (receiver) {
      case null -> {
        if (strict) {
          throw new Failure("there is nothing here that could have the key '" + shown(name) + "'");
        }
        yield null;
      }
      case Map<?, ?> map -> {
        if (strict && !map.containsKey(name)) {
          throw new Failure("there is no key '" + shown(name) + "'");
        }
        Object value = map.get(name);
        yield value == null && receiver instanceof Values.TextMap ? "" : value;
      }
      case Struct(String type, var fields) -> {
        if (!fields.containsKey(name)) {
          throw new Failure("there is no '" + shown(name) + "' in " + type);
        }
        yield fields.get(name);
      }
      default ->
          throw new Failure(
              "what is of type " + Values.type(receiver) + " has no field '" + shown(name) + "'");
    };
  }

  private static String shown(String name) {
    return Bytes.decode(name);
  }

  private interface Callee {
    @Nullable Object call(String name, Arguments arguments);
  }

  private @Nullable Object call(
      int place,
      String name,
      List<Node.Term> terms,
      @Nullable Object dot,
      List<@Nullable Object> before) {
    if (name.equals("and") || name.equals("or")) {
      Object value = null;
      for (Node.Term term : terms) {
        value = value(term, dot);
        if (Values.isTrue(value) == name.equals("or")) {
          return value;
        }
      }
      return before.isEmpty() ? value : before.getFirst();
    }
    return guarded(
        place,
        name,
        arguments(terms, dot, before),
        (function, arguments) -> Functions.call(this, function, arguments));
  }

  /** Arguments, and where each is: a piped one is where the last was. */
  private record Placed(List<@Nullable Object> values, List<Integer> places) {}

  private Placed arguments(
      List<Node.Term> terms, @Nullable Object dot, List<@Nullable Object> before) {
    List<@Nullable Object> values = new ArrayList<>();
    List<Integer> places = new ArrayList<>();
    for (Node.Term term : terms) {
      values.add(value(term, dot));
      places.add(at);
    }
    if (!before.isEmpty()) {
      values.add(before.getFirst());
      places.add(at);
    }
    return new Placed(values, places);
  }

  private @Nullable Object guarded(int place, String name, Placed given, Callee callee) {
    try {
      return callee.call(name, new Arguments(name, given.values()));
    } catch (Failure e) {
      at = e.argument() < 0 ? place : given.places().get(e.argument());
      throw e;
    }
  }
}
