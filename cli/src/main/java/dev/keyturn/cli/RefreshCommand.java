package dev.keyturn.cli;

import dev.keyturn.plan.RefreshHint;
import java.io.PrintWriter;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code keyturn refresh}: tells sidecars that secrets have changed, so that they look now. */
@Command(
    name = "refresh",
    description = {
      "Tells sidecars that secrets have changed, so that they look now and not only when their"
          + " refresh is over.",
      "Of pods it changes an annotation, by your own kubectl; nothing is restarted."
    },
    customSynopsis = {
      "keyturn refresh [OPTION...] POD...|deploy/NAME...",
      "keyturn refresh [OPTION...] --selector LABELS|--all",
      "keyturn refresh --endpoint ADDRESS [--secret NAME]...%n"
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:all were told; with --wait: all have looked, and what they looked at is fresh",
      "1:a pod cannot be told, or has not looked in time, or could not",
      "2:the command line is wrong, or the cluster cannot be asked"
    })
final class RefreshCommand implements Callable<Integer> {
  /** Of {@code kubectl annotate}: a command line is far from its end. */
  private static final int BATCH = 200;

  /** What a server of any size takes in its stride (docs/propagation.md). */
  private static final int PODS_PER_SECOND = 500;

  private static final Duration LOOK = Duration.ofMillis(500);

  private static final JsonMapper JSON = JsonMapper.shared();

  @Option(
      names = {"--namespace", "-n"},
      paramLabel = "NAME",
      defaultValue = "",
      description = "Of the pods; the kubeconfig's own without it.")
  private String namespace;

  @Option(
      names = "--context",
      paramLabel = "NAME",
      defaultValue = "",
      description = "The kubeconfig's context; the current one without it.")
  private String context;

  @Option(
      names = {"--selector", "-l"},
      paramLabel = "LABELS",
      description = "All pods with these labels, as kubectl takes them.")
  private @Nullable String selector;

  @Option(names = "--all", description = "All pods of the namespace that have a sidecar.")
  private boolean all;

  @Option(
      names = "--secret",
      paramLabel = "NAME",
      description =
          "Which to look at, by its name in the plan; may be given several times; all without it.")
  private List<String> secrets = new ArrayList<>();

  @Option(
      names = "--wait",
      paramLabel = "SECONDS",
      defaultValue = "0",
      description =
          "Wait until the sidecars have looked, as their audit lines say; needs the right to read"
              + " the pods' logs. Default: not at all.")
  private int waitSeconds;

  @Option(
      names = "--endpoint",
      paramLabel = "ADDRESS",
      description =
          "Tell the one sidecar of a keyturn run that has this --endpoint, in place of pods.")
  private @Nullable String endpoint;

  @Parameters(
      arity = "0..*",
      paramLabel = "POD|deploy/NAME",
      description = "Pods by their names, or those of a Deployment.")
  private List<String> names = new ArrayList<>();

  @Spec private CommandSpec spec;

  private final Optional<Kubectl> given;
  private final Clock clock;

  @SuppressWarnings("unused") // picocli makes the command
  RefreshCommand() {
    this(Optional.empty(), Clock.systemUTC());
  }

  @SuppressWarnings("NullAway.Init") // picocli sets the fields before call()
  RefreshCommand(Optional<Kubectl> given, Clock clock) {
    this.given = given;
    this.clock = clock;
  }

  @Override
  public Integer call() throws InterruptedException {
    int ways = (names.isEmpty() ? 0 : 1) + (selector == null ? 0 : 1) + (all ? 1 : 0);
    if (endpoint != null && ways == 0) {
      return tell(endpoint);
    }
    if (ways != 1 || endpoint != null) {
      throw new ParameterException(
          spec.commandLine(),
          "say whom, in one way: pods by name, --selector, --all or --endpoint");
    }
    for (String name : names) {
      if (name.startsWith("-")) {
        throw new ParameterException(
            spec.commandLine(), name + " comes after a pod's name: put options first");
      }
    }
    Kubectl kubectl = given.orElseGet(() -> Kubectl.onPath(context));
    List<Target> targets = new ArrayList<>();
    int wrong = 0;
    for (JsonNode pod : pods(kubectl)) {
      Target target = Target.of(pod);
      if (target.problem().isEmpty()) {
        targets.add(target);
      } else if (!names.isEmpty() || !target.isNone()) {
        say(target.name(), target.problem());
        wrong++;
      }
    }
    if (targets.isEmpty() && wrong == 0) {
      throw new CommandFailure(1, "no such pod has a sidecar: there is nothing to tell.");
    }
    RefreshHint hint = hint(targets.size());
    List<Target> told = tell(kubectl, targets, hint);
    wrong += targets.size() - told.size();
    if (waitSeconds > 0) {
      wrong += await(kubectl, told, hint);
    }
    return wrong == 0 ? 0 : 1;
  }

  /**
   * A pod.
   *
   * @param problem why it can't be told; empty if it can
   */
  private record Target(String name, String problem) {
    private static final String NONE = "has no sidecar";

    static Target of(JsonNode pod) {
      String name = pod.path("metadata").path("name").asString("");
      JsonNode annotations = pod.path("metadata").path("annotations");
      String phase = pod.path("status").path("phase").asString("");
      String problem = "";
      if (!annotations.path("keyturn.dev/status").asString("").equals("injected")) {
        problem = NONE;
      } else if (!phase.equals("Running") && !phase.equals("Pending")) {
        problem = NONE + " any more: the pod has ended";
      } else if (!hears(pod)) {
        problem =
            "hears no hint: it was injected by an older webhook, or with keyturn.dev/sidecar:"
                + " init; make the pod anew";
      }
      return new Target(name, problem);
    }

    private static boolean hears(JsonNode pod) {
      for (JsonNode volume : pod.path("spec").path("volumes")) {
        if (volume.path("name").asString("").equals("keyturn-hint")) {
          return true;
        }
      }
      return false;
    }

    /** Nobody meant it who asked for many. */
    boolean isNone() {
      return problem.startsWith(NONE);
    }
  }

  private int tell(String address) {
    String query = secrets.isEmpty() ? "" : "?secret=" + String.join("&secret=", secrets);
    SidecarEndpoint.Answer answer = new SidecarEndpoint(address).post("/refresh" + query);
    say(address, answer.body().strip());
    return answer.status() == 202 ? 0 : 1;
  }

  private List<JsonNode> pods(Kubectl kubectl) {
    if (all) {
      return list(kubectl, List.of());
    }
    if (selector != null) {
      return list(kubectl, List.of("--selector", selector));
    }
    List<JsonNode> pods = new ArrayList<>();
    for (String name : names) {
      int slash = name.indexOf('/');
      String kind = slash < 0 ? "" : name.substring(0, slash);
      if (kind.isEmpty() || kind.equals("pod")) {
        pods.add(json(kubectl, List.of("get", "pod", name.substring(slash + 1), "-o", "json")));
      } else if (List.of("deploy", "deployment").contains(kind)) {
        pods.addAll(list(kubectl, List.of("--selector", selectorOf(kubectl, name))));
      } else {
        throw new ParameterException(
            spec.commandLine(), name + ": name pods, deploy/NAME, or use --selector");
      }
    }
    return pods;
  }

  private String selectorOf(Kubectl kubectl, String deployment) {
    JsonNode selects =
        json(kubectl, List.of("get", deployment, "-o", "json")).path("spec").path("selector");
    if (!selects.path("matchExpressions").isEmpty()) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          deployment + " selects its pods by matchExpressions: say them with --selector.");
    }
    List<String> labels = new ArrayList<>();
    for (var label : selects.path("matchLabels").properties()) {
      labels.add(label.getKey() + "=" + label.getValue().asString(""));
    }
    return String.join(",", labels);
  }

  private List<JsonNode> list(Kubectl kubectl, List<String> which) {
    List<String> arguments = new ArrayList<>(List.of("get", "pods"));
    arguments.addAll(which);
    arguments.addAll(List.of("-o", "json"));
    List<JsonNode> pods = new ArrayList<>();
    json(kubectl, arguments).path("items").forEach(pods::add);
    return pods;
  }

  /** New each time; spread so that a large fleet's looks come at a rate that a server takes. */
  private RefreshHint hint(int pods) {
    return new RefreshHint(
        new LinkedHashSet<>(secrets),
        clock.instant().truncatedTo(ChronoUnit.MILLIS).toString(),
        Optional.of(Duration.ofMillis(1000L * pods / PODS_PER_SECOND)));
  }

  /** Those that were told. */
  private List<Target> tell(Kubectl kubectl, List<Target> targets, RefreshHint hint) {
    List<Target> told = new ArrayList<>();
    for (int from = 0; from < targets.size(); from += BATCH) {
      List<Target> batch = targets.subList(from, Math.min(from + BATCH, targets.size()));
      List<String> arguments = new ArrayList<>(List.of("annotate", "--overwrite", "-o", "name"));
      arguments.add("pods");
      batch.forEach(target -> arguments.add(target.name()));
      arguments.add(RefreshHint.ANNOTATION + "=" + hint);
      Kubectl.Answer answer = run(kubectl, arguments);
      List<String> done = answer.out().lines().toList();
      for (Target target : batch) {
        if (done.contains("pod/" + target.name())) {
          say(target.name(), "told");
          told.add(target);
        } else {
          say(target.name(), "not told");
        }
      }
      if (answer.exitCode() != 0) {
        spec.commandLine().getErr().println("keyturn: " + answer.error());
      }
    }
    return told;
  }

  /** How many have not looked, or have and are not fresh. */
  private int await(Kubectl kubectl, List<Target> targets, RefreshHint hint)
      throws InterruptedException {
    var left = new TreeSet<String>();
    targets.forEach(target -> left.add(target.name()));
    int wrong = 0;
    long deadline = System.nanoTime() + Duration.ofSeconds(waitSeconds).toNanos();
    while (true) {
      for (String pod : List.copyOf(left)) {
        JsonNode line = refreshed(kubectl, pod, hint);
        if (line != null) {
          left.remove(pod);
          String error = line.path("error").asString("");
          say(pod, error.isEmpty() ? "has looked" : "has looked: " + error);
          wrong += error.isEmpty() ? 0 : 1;
        }
      }
      if (left.isEmpty() || System.nanoTime() - deadline >= 0) {
        left.forEach(
            pod -> say(pod, "has not said within " + waitSeconds + " s that it has looked"));
        return wrong + left.size();
      }
      Thread.sleep(LOOK);
    }
  }

  /** The audit line of a sidecar that has followed the hint. */
  private @Nullable JsonNode refreshed(Kubectl kubectl, String pod, RefreshHint hint) {
    Kubectl.Answer answer =
        run(kubectl, List.of("logs", pod, "-c", "keyturn", "--since-time=" + since(hint)));
    if (answer.exitCode() != 0) {
      throw new CommandFailure(
          CommandFailure.WRONG_USE,
          "told, but whether it has looked cannot be read from " + pod + ": " + answer.error());
    }
    for (String line : answer.out().lines().toList()) {
      if (line.contains("\"refresh\"") && line.contains(hint.text())) {
        try {
          return JSON.readTree(line);
        } catch (JacksonException e) {
          // Cut off just there: it is whole the next time.
        }
      }
    }
    return null;
  }

  /** A minute before, as clocks differ; the hint's own text decides. */
  private String since(RefreshHint hint) {
    return Instant.parse(hint.text()).minusSeconds(60).toString();
  }

  private JsonNode json(Kubectl kubectl, List<String> arguments) {
    Kubectl.Answer answer = run(kubectl, arguments);
    if (answer.exitCode() != 0) {
      throw new CommandFailure(CommandFailure.WRONG_USE, "the cluster says no: " + answer.error());
    }
    try {
      return JSON.readTree(answer.out());
    } catch (JacksonException e) {
      throw new CommandFailure(CommandFailure.WRONG_USE, "what the cluster answers is no JSON.");
    }
  }

  private Kubectl.Answer run(Kubectl kubectl, List<String> arguments) {
    List<String> whole = new ArrayList<>(arguments);
    if (!namespace.isEmpty()) {
      whole.addFirst("--namespace=" + namespace);
    }
    return kubectl.run(whole, "");
  }

  private void say(String pod, String what) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(pod + ": " + what);
  }
}
