package dev.keyturn.template;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Which paths of Vault a template names, where that can be told without rendering it. */
final class Paths {
  private static final Set<String> ASKING = Set.of("secret", "secrets", "pkiCert");

  private final Set<String> found = new LinkedHashSet<>();
  private boolean known = true;

  private Paths() {}

  /** The paths, without a query; empty where one is worked out only when it is rendered. */
  static Optional<Set<String>> of(Template template) {
    var paths = new Paths();
    paths.nodes(template.main());
    template.defined().values().forEach(paths::nodes);
    return paths.known ? Optional.of(paths.found) : Optional.empty();
  }

  private void nodes(List<Node> nodes) {
    for (Node node : nodes) {
      switch (node) {
        case Node.Action action -> term(action.pipe());
        case Node.Branch branch -> {
          term(branch.pipe());
          nodes(branch.body());
          nodes(branch.otherwise());
        }
        case Node.Range range -> {
          term(range.pipe());
          nodes(range.body());
          nodes(range.otherwise());
        }
        case Node.Call call -> {
          if (call.pipe() != null) {
            term(call.pipe());
          }
        }
        case Node.Text _, Node.Break _, Node.Continue _ -> {}
      }
    }
  }

  private void term(Node.Term term) {
    switch (term) {
      case Node.Pipe pipe -> pipe.commands().forEach(this::command);
      case Node.Chain chain -> term(chain.term());
      case Node.Function function -> known &= !ASKING.contains(function.name());
      case Node.Field _, Node.Variable _, Node.Dot _, Node.Nil _, Node.Literal _ -> {}
    }
  }

  private void command(Node.Command command) {
    List<Node.Term> rest = command.terms();
    if (rest.getFirst() instanceof Node.Function(_, String name)
        && ASKING.contains(name)
        && rest.size() > 1
        && rest.get(1) instanceof Node.Literal(_, Object path)) {
      found.add(Bytes.decode(path.toString()).replaceFirst("\\?.*", ""));
      rest = rest.subList(2, rest.size());
    }
    rest.forEach(this::term);
  }
}
