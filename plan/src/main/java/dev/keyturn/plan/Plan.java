package dev.keyturn.plan;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Everything that one workload needs. Holds no secret.
 *
 * @param vault present where a reference names {@link Source#VAULT}
 * @param secrets in the order written; names are unique; at least one
 */
public record Plan(Optional<VaultSettings> vault, List<SecretSpec> secrets) {

  static final String NO_VAULT =
      "is missing, though a secret is in vault: say where the server is: https://vault:8200";

  public Plan {
    secrets = List.copyOf(secrets);
    var problems = new Problems();
    if (secrets.isEmpty()) {
      problems.add(Place.root().at("secrets"), "names no secret");
    }
    if (vault.isEmpty() && isAnyInVault(secrets)) {
      problems.check(Place.root().at("vault").at("address"), NO_VAULT);
    }
    check(problems, Place.root(), secrets);
    problems.throwIfAny();
  }

  private static boolean isAnyInVault(List<SecretSpec> secrets) {
    for (SecretSpec secret : secrets) {
      if (secret.from().source() == Source.VAULT) {
        return true;
      }
    }
    return false;
  }

  /** What no secret alone can tell. */
  static void check(Problems problems, Place place, List<SecretSpec> secrets) {
    Place each = place.at("secrets");
    if (secrets.size() > Rules.MAX_SECRETS) {
      problems.add(each, "has more than " + Rules.MAX_SECRETS + " secrets: split the plan");
    }
    var names = new HashSet<String>();
    var env = new HashMap<String, List<SecretSpec>>();
    var properties = new HashMap<String, List<SecretSpec>>();
    for (SecretSpec secret : secrets) {
      if (!names.add(secret.name())) {
        problems.add(each.at(secret.name()), "is there twice: keep one");
      }
      if (secret.env().isPresent()) {
        checkTaken(problems, each.at(secret.name()).at("env"), secret, secret.env().get(), env);
      }
      checkTaken(
          problems,
          each.at(secret.name()).at("properties"),
          secret,
          secret.properties(),
          properties);
    }
  }

  /** Two secrets that one container sees can't both answer for a name. */
  private static void checkTaken(
      Problems problems,
      Place place,
      SecretSpec secret,
      Map<String, String> entries,
      Map<String, List<SecretSpec>> taken) {
    for (String name : entries.keySet()) {
      List<SecretSpec> others = taken.get(name);
      if (others == null) {
        others = new ArrayList<>(1);
        taken.put(name, others);
      }
      for (SecretSpec other : others) {
        if (meet(secret.containers(), other.containers())) {
          problems.add(
              place.at(name),
              "secret '" + other.name() + "' has this name already: choose another");
          break;
        }
      }
      others.add(secret);
    }
  }

  private static boolean meet(Set<String> some, Set<String> others) {
    if (some.isEmpty() || others.isEmpty()) {
      return true;
    }
    for (String container : some) {
      if (others.contains(container)) {
        return true;
      }
    }
    return false;
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
    return PlanReader.read(tree, new Variables(variables), PlanReader.Use.ANYWHERE, problems);
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
    return PlanReader.read(tree, Variables.NONE, PlanReader.Use.ANYWHERE, problems);
  }

  private static void checkSize(String text, Problems problems) {
    if (text.length() > Rules.MAX_DOCUMENT) {
      problems.add(Place.root(), "is longer than " + Rules.MAX_DOCUMENT + " characters: split it");
      throw problems.exception();
    }
  }

  /** This plan with every default spelt out; {@link #parseJson} reads it back to an equal one. */
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
