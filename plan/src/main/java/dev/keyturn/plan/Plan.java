package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Everything that one workload needs. Holds no secret.
 *
 * @param vault present where a reference names {@link Source#VAULT}
 * @param settings what sets up the other sources: by section, what each key says
 * @param secrets in the order written; names are unique; at least one
 */
public record Plan(
    Optional<VaultSettings> vault,
    Map<String, Map<String, String>> settings,
    List<SecretSpec> secrets) {

  /** Stands for every container where names are counted; no container's name is empty. */
  private static final String ALL = "";

  static final String NO_VAULT =
      "is missing, though a secret is in vault: say where the server is: https://vault:8200";

  static final String TOO_MANY = "has more than " + Rules.MAX_SECRETS + " secrets: split the plan";

  public Plan {
    secrets = List.copyOf(secrets);
    settings = copy(settings);
    var problems = new Problems();
    Settings.check(problems, settings);
    if (secrets.isEmpty()) {
      problems.add(Place.root().at("secrets"), "names no secret");
    }
    if (vault.isEmpty() && isAnyInVault(secrets)) {
      problems.check(Place.root().at("vault").at("address"), NO_VAULT);
    }
    var groups = new ArrayList<String>();
    for (SecretSpec secret : secrets) {
      if (secret.group().isPresent()) {
        groups.add(secret.group().get());
      }
    }
    check(problems, Place.root(), secrets, groups);
    problems.throwIfAny();
  }

  /** With every source but Vault as it is by default. */
  public Plan(Optional<VaultSettings> vault, List<SecretSpec> secrets) {
    this(vault, Map.of(), secrets);
  }

  private static Map<String, Map<String, String>> copy(Map<String, Map<String, String>> settings) {
    var copy = new LinkedHashMap<String, Map<String, String>>();
    for (var section : settings.entrySet()) {
      copy.put(
          section.getKey(), Collections.unmodifiableMap(new LinkedHashMap<>(section.getValue())));
    }
    return Collections.unmodifiableMap(copy);
  }

  /** What a section says of a key: {@code setting("kubernetes", "access")}. */
  public Optional<String> setting(String section, String key) {
    Map<String, String> keys = settings.get(section);
    return keys == null ? Optional.empty() : Optional.ofNullable(keys.get(key));
  }

  /**
   * The paths of a source that the plan names; without those that a template works out when it is
   * rendered.
   */
  public SortedSet<String> paths(Source source) {
    var paths = new TreeSet<String>();
    for (SecretSpec secret : secrets) {
      paths.addAll(secret.paths(source));
    }
    return paths;
  }

  /**
   * The rules of the Role that the workload's service account needs, as YAML in one line; empty
   * where it needs none.
   */
  public Optional<String> kubernetesRules() {
    if (!setting("kubernetes", "access").equals(Optional.of("api"))) {
      return Optional.empty();
    }
    var rules = new StringBuilder();
    for (String kind : List.of("configmap", "secret")) {
      var names = new ArrayList<String>();
      for (String path : paths(Source.K8S)) {
        if (path.startsWith(kind + "/")) {
          names.add(path.substring(kind.length() + 1));
        }
      }
      if (!names.isEmpty()) {
        rules
            .append(rules.isEmpty() ? "" : ", ")
            .append("{apiGroups: [\"\"], resources: [")
            .append(kind)
            .append("s], resourceNames: [")
            .append(String.join(", ", names))
            .append("], verbs: [get, watch]}");
      }
    }
    return rules.isEmpty() ? Optional.empty() : Optional.of("rules: [" + rules + "]");
  }

  /** Why a sidecar can't sleep between its looks at these secrets; empty where it can. */
  public List<String> hibernationProblems() {
    var problems = new ArrayList<String>();
    for (Source source : Source.values()) {
      SortedSet<String> paths = paths(source);
      String reason =
          switch (source) {
            case VAULT -> "";
            case FILE, K8S, SOPS -> "is watched all the time";
            case AWS_SSM, AWS_SM -> "takes a login of its own at each start";
          };
      if (!reason.isEmpty() && !paths.isEmpty()) {
        problems.add(
            "is for secrets of Vault and OpenBao alone, and "
                + source.prefix()
                + ":"
                + paths.first()
                + " "
                + reason
                + ": leave hibernation out, or have it from there");
      }
    }
    return problems;
  }

  /** The keys that a plan may have, each a section. */
  public static List<String> sections() {
    return Key.names(Key.PLAN);
  }

  /** What this plan asks of AWS at rest and what that costs, in words; empty where nothing. */
  public Optional<String> awsCost() {
    return AwsCost.of(secrets);
  }

  private static boolean isAnyInVault(List<SecretSpec> secrets) {
    for (SecretSpec secret : secrets) {
      if (secret.isInVault()) {
        return true;
      }
    }
    return false;
  }

  /**
   * What no secret alone can tell.
   *
   * @param groups of all secrets, each as often as it is there: of those, too, that something else
   *     is wrong with
   */
  static void check(Problems problems, Place place, List<SecretSpec> secrets, List<String> groups) {
    Place each = place.at("secrets");
    if (secrets.size() > Rules.MAX_SECRETS) {
      problems.add(each, TOO_MANY);
      return;
    }
    var names = new HashSet<String>();
    var env = new HashMap<String, Map<String, String>>();
    var properties = new HashMap<String, Map<String, String>>();
    Set<String> shared = repeated(groups);
    for (SecretSpec secret : secrets) {
      Place at = each.at(secret.name());
      if (!names.add(secret.name())) {
        problems.add(at, "is there twice: keep one");
      }
      if (secret.env().isPresent()) {
        take(problems, at.at("env"), secret, secret.env().get(), env);
      }
      take(problems, at.at("properties"), secret, secret.properties(), properties);
      if (secret.group().isPresent() && !shared.contains(secret.group().get())) {
        // Most likely misspelt, which would go unseen until the day that it matters.
        problems.add(
            at.at("group"), "is no other secret's: write it alike in all that change together");
      }
    }
  }

  private static Set<String> repeated(List<String> words) {
    var seen = new HashSet<String>();
    var repeated = new HashSet<String>();
    for (String word : words) {
      if (!seen.add(word)) {
        repeated.add(word);
      }
    }
    return repeated;
  }

  /**
   * Two secrets that one container sees can't both answer for a name.
   *
   * @param taken by name, the containers that have it, each from which secret; {@link #ALL} for a
   *     secret that all see
   */
  private static void take(
      Problems problems,
      Place place,
      SecretSpec secret,
      Map<String, String> entries,
      Map<String, Map<String, String>> taken) {
    for (String name : entries.keySet()) {
      Map<String, String> containers = taken.get(name);
      if (containers == null) {
        containers = new LinkedHashMap<>();
        taken.put(name, containers);
      }
      String other = containers.get(ALL);
      if (other == null && secret.containers().isEmpty() && !containers.isEmpty()) {
        other = containers.values().iterator().next();
      }
      for (String container : secret.containers()) {
        String before = containers.putIfAbsent(container, secret.name());
        other = other == null ? before : other;
      }
      if (secret.containers().isEmpty()) {
        containers.putIfAbsent(ALL, secret.name());
      }
      if (other != null) {
        problems.add(
            place.at(name), "secret '" + other + "' has this name already: choose another");
      }
    }
  }

  /**
   * Reads a plan written by people.
   *
   * @throws PlanException with every problem of the text
   */
  public static Plan parseYaml(String text) {
    return parseYaml(text, Map.of());
  }

  /**
   * Reads a plan written by people.
   *
   * @param variables what {@code ${namespace}} and such stand for
   * @throws PlanException with every problem of the text
   */
  public static Plan parseYaml(String text, Map<String, String> variables) {
    var problems = new Problems();
    checkSize(text, problems);
    Node tree = YamlText.read(text, Place.root(), problems);
    return PlanReader.read(
        tree, new Variables(variables), PlanReader.Use.ANYWHERE, Expose.VALUE, problems);
  }

  /**
   * Reads a plan written by {@link #toJson} or by a program; loads no YAML library.
   *
   * @throws PlanException with every problem of the text
   */
  public static Plan parseJson(String text) {
    var problems = new Problems();
    checkSize(text, problems);
    Node tree = JsonText.read(text, Place.root(), problems);
    return PlanReader.read(tree, Variables.NONE, PlanReader.Use.ANYWHERE, Expose.VALUE, problems);
  }

  private static void checkSize(String text, Problems problems) {
    if (text.length() > Rules.MAX_DOCUMENT) {
      problems.add(Place.root(), "is longer than " + Rules.MAX_DOCUMENT + " characters: split it");
      throw problems.exception();
    }
  }

  /**
   * This plan with its defaults spelt out, but those of mode and refresh, which depend on where and
   * on what; {@link #parseJson} reads it back to an equal one.
   */
  public String toJson() {
    return JsonText.write(this);
  }

  /** The secrets that a container of the pod sees, in the order of the plan. */
  public List<SecretSpec> visibleTo(String container) {
    if (Rules.OWN_CONTAINERS.contains(container)) {
      return List.of();
    }
    var visible = new ArrayList<SecretSpec>();
    for (SecretSpec secret : secrets) {
      if (secret.containers().isEmpty() || secret.containers().contains(container)) {
        visible.add(secret);
      }
    }
    return List.copyOf(visible);
  }
}
