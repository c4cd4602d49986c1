package dev.keyturn.plan;

import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the annotations of one pod ask for.
 *
 * @param plan which secrets
 * @param mountPath where the containers find the files; absolute, {@code /keyturn/secrets} by
 *     default
 * @param javaAgent whether JVMs get the agent
 * @param javaAgentContainers the containers that get it; empty for all that see a secret
 * @param javaAgentOptions those that are the user's to choose, see {@link AgentOptions}; blank for
 *     none
 * @param sidecar how the sidecar is placed in the pod; empty for the cluster's setting
 * @param hibernate whether the sidecar sleeps while nothing is due
 * @param runAs the sidecar's user and group; empty for the target container's
 * @param audience of the projected token that the sidecar shows to the source; a blank one is the
 *     API server's own; empty for the cluster's setting
 * @param mountPaths by secret, where the containers find a file that is not below the mount path
 * @param resources of the sidecar, each by its name in a pod ({@code limits.memory}); blank for
 *     none; those that are not there are the cluster's
 * @param files Kubernetes Secrets of the pod's namespace that the sidecar alone sees, by the
 *     directory below {@code /keyturn} that they are in; in {@link #SOPS} a ConfigMap
 */
public record PodPlan(
    Plan plan,
    String mountPath,
    boolean javaAgent,
    Set<String> javaAgentContainers,
    String javaAgentOptions,
    Optional<SidecarKind> sidecar,
    boolean hibernate,
    Optional<Owner> runAs,
    Optional<String> audience,
    Map<String, String> mountPaths,
    Map<String, String> resources,
    Map<String, String> files) {

  /** The resources that an author can bound, as they are in a container. */
  public static final List<String> RESOURCES =
      List.of(
          "requests.cpu",
          "requests.memory",
          "requests.ephemeral-storage",
          "limits.cpu",
          "limits.memory",
          "limits.ephemeral-storage");

  /** Below {@code /keyturn}: what {@code sops-configmap} brings. */
  public static final String SOPS = "sops";

  static final String SOPS_DIRECTORY = "/keyturn/" + SOPS + "/";

  /** Where the sidecar has those volumes of the pod, each by its name, that references name. */
  public static final String VOLUMES_DIRECTORY = "/keyturn/volumes/";

  /**
   * The annotations that name a Secret, or the one that names a ConfigMap, each with the directory
   * where it is mounted.
   */
  static final Map<String, String> FILES =
      Map.of("tls-secret", "tls", "extra-secret", "extra", "sops-configmap", SOPS);

  /**
   * Linux passes no single variable longer than this to a program ({@code MAX_ARG_STRLEN} of {@code
   * linux/binfmts.h}, 32 pages), and a plan travels to its sidecar in one.
   */
  private static final int MAX_JSON = 131_072 - "KEYTURN_PLAN=".length() - 1;

  public PodPlan {
    javaAgentContainers = Collections.unmodifiableSet(new LinkedHashSet<>(javaAgentContainers));
    var problems = new Problems();
    mountPaths = Map.copyOf(mountPaths);
    resources = Map.copyOf(resources);
    files = Map.copyOf(files);
    check(problems, mountPath, javaAgent, javaAgentContainers, javaAgentOptions, runAs, audience);
    checkPaths(
        problems, plan.secrets().stream().map(SecretSpec::name).toList(), mountPath, mountPaths);
    if (hibernate) {
      for (String problem : plan.hibernationProblems()) {
        problems.add(Place.of(PREFIX + "hibernate", ""), problem);
      }
    }
    if (plan.toJson().getBytes(StandardCharsets.UTF_8).length > MAX_JSON) {
      problems.add(
          Place.of(PREFIX + "inject", ""),
          "asks for more than fits in one environment variable (128 KiB): fewer secrets, or shorter"
              + " names");
    }
    problems.throwIfAny();
  }

  /** The prefix of every annotation, with its slash. */
  public static final String PREFIX = "keyturn.dev/";

  /** How a pod carries its sidecar. */
  public enum SidecarKind {
    /** An init container that keeps running (Kubernetes 1.29 and newer). */
    NATIVE,
    /** An init container that publishes once, then a plain container that keeps it current. */
    INIT_AND_SIDECAR,
    /** An init container only: published once, never rotated. */
    INIT;

    /** The name in annotations and settings: lower case, with hyphens. */
    public String text() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /** What holds for a pod apart from its plan. */
  static void check(
      Problems problems,
      String mountPath,
      boolean javaAgent,
      Set<String> javaAgentContainers,
      String javaAgentOptions,
      Optional<Owner> runAs,
      Optional<String> audience) {
    Place place = Place.of(PREFIX, PREFIX);
    problems.check(place.at("mount-path"), Rules.mountPath(mountPath));
    for (String container : javaAgentContainers) {
      problems.check(place.at("java-agent-containers"), Rules.container(container));
    }
    if (!javaAgent && !javaAgentContainers.isEmpty()) {
      problems.add(
          place.at("java-agent-containers"),
          "asks for the agent, but keyturn.dev/java-agent is not \"true\"");
    }
    for (String problem : AgentOptions.problems(javaAgentOptions)) {
      problems.add(place.at("java-agent-options"), problem);
    }
    if (!javaAgent && !javaAgentOptions.isEmpty()) {
      problems.add(
          place.at("java-agent-options"),
          "is for the agent, but keyturn.dev/java-agent is not \"true\"");
    }
    if (runAs.isPresent() && runAs.get().uid() == 0) {
      problems.add(place.at("run-as"), "is root, which the sidecar need not and must not be");
    }
    if (audience.isPresent() && !audience.get().isEmpty()) {
      problems.check(place.at("audience"), Rules.line(audience.get(), Rules.MAX_KEY));
    }
  }

  /** Where the containers find the files of a secret. */
  public String mountPathOf(String secret) {
    return mountPaths.getOrDefault(secret, mountPath);
  }

  /**
   * No mount can be made inside of another, which is read-only.
   *
   * @param secrets the names of all
   */
  static void checkPaths(
      Problems problems,
      Collection<String> secrets,
      String mountPath,
      Map<String, String> mountPaths) {
    var used = new HashSet<String>();
    for (String secret : secrets) {
      used.add(mountPaths.getOrDefault(secret, mountPath));
    }
    for (var entry : new TreeMap<>(mountPaths).entrySet()) {
      Place place = Place.of(PREFIX + "mount-path." + Place.shown(entry.getKey()), "");
      String path = entry.getValue();
      problems.check(place, Rules.mountPath(path));
      for (int slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
        if (used.contains(path.substring(0, slash))) {
          problems.add(place, "is inside of another mount path: choose one beside it");
        }
      }
    }
  }

  /**
   * Reads the annotations of a pod.
   *
   * @param annotations all of the pod's annotations; those without {@link #PREFIX} are ignored
   * @param vaultDefaults what the operator sets, by the keys of a plan's {@code vault} section, and
   *     with {@code aws.} before them by those of {@code aws}; the pod's own keys win
   * @param variables what {@code ${namespace}} and such stand for in references and the role
   * @return empty where the pod doesn't ask for injection
   * @throws PlanException with every problem of the annotations
   */
  public static Optional<PodPlan> parse(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables) {
    return parse(annotations, vaultDefaults, variables, Expose.VALUE);
  }

  /**
   * Reads the annotations of a pod.
   *
   * @param expose what holds for secrets that don't say
   * @return as above
   * @throws PlanException with every problem of the annotations
   */
  public static Optional<PodPlan> parse(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables,
      Expose expose) {
    return new Annotations(annotations, vaultDefaults, variables, expose).read();
  }
}
