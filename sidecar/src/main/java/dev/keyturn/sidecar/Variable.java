package dev.keyturn.sidecar;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.Problem;
import dev.keyturn.sidecar.SidecarConfig.AgentCopy;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.endpoint.Endpoint;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The environment of a sidecar in a pod; {@code docs/sidecar.md} has this table. */
enum Variable {
  KEYTURN_PLAN("", "The plan, as JSON. The webhook writes it; it holds no secret."),
  KEYTURN_MOUNTS(
      "/keyturn/secrets",
      "Where to publish: `DIR=container,container;DIR=container:secret,secret`. A directory without containers gets the whole plan, one with secrets those alone."),
  KEYTURN_ENDPOINT(
      "unix:/keyturn/run/sidecar.sock",
      "Where `/healthz`, `/readyz`, `/secrets`, `/metrics` and `/refresh` are served: `unix:PATH`, `127.0.0.1:PORT` or `none`."),
  KEYTURN_AGENT_TARGET(
      "",
      "A directory that gets the Java agent's jar before the sidecar is ready; nothing is copied without it."),
  KEYTURN_AGENT_JAR("/opt/keyturn/keyturn-javaagent.jar", "The Java agent's jar."),
  KEYTURN_ACKNOWLEDGE(
      "",
      "A directory with one for each container, in which its JVMs say which versions they use."),
  KEYTURN_HIBERNATE(
      "",
      "A folder in memory for what is known while the process [sleeps](hibernation.md); set for the supervisor, `/opt/keyturn/hibernate`, which starts the process. It stays awake without it."),
  KEYTURN_HINT(
      "",
      "A file, the pod's annotation `keyturn.dev/refresh`: with each new text secrets are looked at before their time."),
  KEYTURN_POD("", "The pod's name, for the audit lines."),
  KEYTURN_NAMESPACE("", "The pod's namespace, for the audit lines."),
  KEYTURN_SERVICE_ACCOUNT("", "The pod's service account, for the audit lines."),
  KEYTURN_NODE("", "The pod's node, for the audit lines."),
  KEYTURN_ALLOW_DISK(
      "false",
      "`true`: publish also where a mount is not in memory. Secrets may then reach a disk.");

  private final String byDefault;
  private final String meaning;

  Variable(String byDefault, String meaning) {
    this.byDefault = byDefault;
    this.meaning = meaning;
  }

  /** What holds where the variable is not set; empty for nothing. */
  String byDefault() {
    return byDefault;
  }

  /** For the table in the documentation. */
  String meaning() {
    return meaning;
  }

  /** Its text, or what holds without it. */
  String in(Map<String, String> environment) {
    return environment.getOrDefault(name(), byDefault);
  }

  /**
   * Reads them all.
   *
   * @throws SettingsException with every problem
   */
  static SidecarConfig read(Map<String, String> environment) {
    List<Problem> problems = new ArrayList<>();
    Optional<Plan> plan = plan(environment, problems);
    List<MountTarget> mounts = mounts(KEYTURN_MOUNTS.in(environment), problems);
    String endpoint = KEYTURN_ENDPOINT.in(environment);
    if (!endpoint.equals("none") && Endpoint.Address.parse(endpoint).isEmpty()) {
      problems.add(
          new Problem(
              KEYTURN_ENDPOINT.name(),
              "is none of unix:/PATH (102 characters at most), 127.0.0.1:PORT and none"));
    }
    String allowDisk = KEYTURN_ALLOW_DISK.in(environment);
    if (!allowDisk.equals("true") && !allowDisk.equals("false")) {
      problems.add(new Problem(KEYTURN_ALLOW_DISK.name(), "is neither true nor false"));
    }
    String hibernate = KEYTURN_HIBERNATE.in(environment);
    if (!hibernate.isEmpty()) {
      checkHibernation(hibernate, endpoint, plan, problems);
    }
    if (!problems.isEmpty() || plan.isEmpty()) {
      throw new SettingsException(problems);
    }
    String agentTarget = KEYTURN_AGENT_TARGET.in(environment);
    String acknowledge = KEYTURN_ACKNOWLEDGE.in(environment);
    String hint = KEYTURN_HINT.in(environment);
    return new SidecarConfig(
        plan.get(),
        Path.of("/"),
        mounts,
        endpoint.equals("none") ? Optional.empty() : Optional.of(endpoint),
        allowDisk.equals("true"),
        new Workload(
            KEYTURN_POD.in(environment),
            KEYTURN_NAMESPACE.in(environment),
            KEYTURN_SERVICE_ACCOUNT.in(environment),
            KEYTURN_NODE.in(environment)),
        agentTarget.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new AgentCopy(Path.of(KEYTURN_AGENT_JAR.in(environment)), Path.of(agentTarget))),
        acknowledge.isEmpty() ? Optional.empty() : Optional.of(Path.of(acknowledge)),
        hibernate.isEmpty() ? Optional.empty() : Optional.of(Path.of(hibernate)),
        hint.isEmpty() ? Optional.empty() : Optional.of(Path.of(hint)));
  }

  private static void checkHibernation(
      String directory, String endpoint, Optional<Plan> plan, List<Problem> problems) {
    if (!directory.startsWith("/")) {
      problems.add(new Problem(KEYTURN_HIBERNATE.name(), "is not an absolute path"));
    }
    if (endpoint.startsWith("127.")) {
      problems.add(
          new Problem(
              KEYTURN_ENDPOINT.name(),
              "is no Unix socket, which is what the supervisor listens at: unix:/PATH or none"));
    }
    plan.ifPresent(
        it ->
            it.hibernationProblems()
                .forEach(why -> problems.add(new Problem(KEYTURN_HIBERNATE.name(), why))));
  }

  private static Optional<Plan> plan(Map<String, String> environment, List<Problem> problems) {
    String json = KEYTURN_PLAN.in(environment);
    if (json.isEmpty()) {
      problems.add(new Problem(KEYTURN_PLAN.name(), "is not set: it holds the plan as JSON"));
      return Optional.empty();
    }
    try {
      return Optional.of(Plan.parseJson(json));
    } catch (PlanException e) {
      for (Problem problem : e.problems()) {
        problems.add(new Problem(KEYTURN_PLAN.name() + ": " + problem.key(), problem.message()));
      }
      return Optional.empty();
    }
  }

  private static List<MountTarget> mounts(String text, List<Problem> problems) {
    List<MountTarget> mounts = new ArrayList<>();
    for (String part : text.split(";", -1)) {
      String[] sides = part.strip().split("=", 2);
      String[] view = (sides.length == 1 ? "" : sides[1]).split(":", 2);
      try {
        Path directory = Path.of(sides[0]);
        if (!directory.isAbsolute()) {
          problems.add(
              new Problem(KEYTURN_MOUNTS.name(), "'" + sides[0] + "' is not an absolute path"));
        } else if (mounts.stream().anyMatch(other -> other.directory().equals(directory))) {
          problems.add(new Problem(KEYTURN_MOUNTS.name(), directory + " is there twice"));
        } else {
          mounts.add(
              new MountTarget(
                  directory, words(view[0]), view.length == 1 ? List.of() : words(view[1])));
        }
      } catch (InvalidPathException e) {
        problems.add(new Problem(KEYTURN_MOUNTS.name(), "holds a path that is none"));
      }
    }
    return mounts;
  }

  private static List<String> words(String text) {
    return List.of(text.split(",", -1)).stream()
        .map(String::strip)
        .filter(word -> !word.isEmpty())
        .toList();
  }
}
