package dev.keyturn.webhook.profile;

import dev.keyturn.plan.Action;
import dev.keyturn.plan.Expose;
import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.Reference;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.plan.Source;
import dev.keyturn.plan.VaultAuth;
import dev.keyturn.plan.VaultSettings;
import dev.keyturn.template.Template;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the pods of a profile may ask for. Each is a list of what is allowed; empty where anything
 * is. They are held against what a pod comes to, whichever way it was asked for.
 *
 * @param vault the parts of a plan's {@code vault} that pods may set themselves, of {@link
 *     #VAULT_PARTS}
 * @param aws the same of {@code aws}, of {@link #AWS_PARTS}
 * @param sources by their prefixes
 * @param references patterns of {@code source:path}, in which {@code *} stands for any text within
 *     a segment, {@code **} for any, and variables for the pod's
 * @param expose what the Java agent may answer with
 * @param onChange kinds of actions, of {@link #ACTIONS}
 * @param sidecars how pods may carry theirs
 * @param audiences of the projected token
 * @param resources of the sidecar that pods may set themselves, such as {@code limits.memory}
 */
public record Limits(
    Optional<Set<String>> vault,
    Optional<Set<String>> aws,
    Optional<Set<String>> sources,
    Optional<List<String>> references,
    Optional<Set<Expose>> expose,
    Optional<Set<String>> onChange,
    Optional<Set<SidecarKind>> sidecars,
    Optional<Set<String>> audiences,
    Optional<Set<String>> resources) {

  static final Limits NONE =
      new Limits(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty());

  /** {@code auth} is the method with all that belongs to it but the role. */
  static final List<String> VAULT_PARTS =
      List.of("address", "namespace", "ca", "server-name", "auth", "role", "revoke", "timeout");

  static final List<String> AWS_PARTS = List.of("region", "endpoint", "role-arn", "token-file");

  /** What stands before the operator's defaults of AWS, among those of Vault. */
  static final String AWS = "aws.";

  static final List<String> ACTIONS = List.of("signal", "http", "command");

  /** What the Java agent answers with where a pod does not say. */
  public Expose defaultExpose() {
    return expose.isEmpty() || expose.get().contains(Expose.VALUE) ? Expose.VALUE : Expose.STAND_IN;
  }

  /**
   * What a pod asks for beyond these limits.
   *
   * @param profile the name that messages tell
   * @param wanted what it asks for, with all defaults in it
   * @param sidecar how it carries its sidecar
   * @param audience of its token
   * @param operatorVault what the operator sets, by the keys of a plan's {@code vault} section
   * @param variables the pod's
   */
  public List<Problem> check(
      String profile,
      PodPlan wanted,
      SidecarKind sidecar,
      String audience,
      Map<String, String> operatorVault,
      Map<String, String> variables) {
    var problems = new ArrayList<Problem>();
    for (SecretSpec secret : wanted.plan().secrets()) {
      checkSecret(profile, secret, variables, problems);
    }
    if (sidecars.isPresent() && !sidecars.get().contains(sidecar)) {
      List<String> allowed = sidecars.get().stream().map(SidecarKind::text).sorted().toList();
      problems.add(beyond("sidecar", profile, "sidecars", allowed));
    }
    if (audiences.isPresent() && wanted.plan().vault().isPresent()) {
      if (!audiences.get().contains(audience)) {
        problems.add(beyond("audience", profile, "audiences", audiences.get()));
      }
    }
    if (resources.isPresent()) {
      for (String resource : new TreeSet<>(wanted.resources().keySet())) {
        if (!resources.get().contains(resource)) {
          problems.add(beyond("resources", profile, "resources", resources.get()));
          break;
        }
      }
    }
    if (aws.isPresent()) {
      checkAws(profile, wanted.plan(), aws.get(), operatorVault, variables, problems);
    }
    if (vault.isPresent() && wanted.plan().vault().isPresent()) {
      checkVault(
          profile, wanted.plan().vault().get(), vault.get(), operatorVault, variables, problems);
    }
    return problems;
  }

  private static void checkAws(
      String profile,
      Plan wanted,
      Set<String> free,
      Map<String, String> operator,
      Map<String, String> variables,
      List<Problem> problems) {
    for (String part : AWS_PARTS) {
      Optional<String> own = wanted.setting("aws", part);
      Optional<String> operators =
          Optional.ofNullable(operator.get(AWS + part)).map(text -> filled(text, variables));
      if (!free.contains(part) && own.isPresent() && !own.equals(operators)) {
        problems.add(notTheirs("aws." + part, profile, "aws"));
      }
    }
  }

  private static Problem notTheirs(String annotation, String profile, String limit) {
    return new Problem(
        PodPlan.PREFIX + annotation,
        "the profile '"
            + profile
            + "' of this namespace allows neither pods nor the namespace's annotations to set this"
            + " (limits."
            + limit
            + "): leave it out");
  }

  private static void checkVault(
      String profile,
      VaultSettings wanted,
      Set<String> free,
      Map<String, String> operatorVault,
      Map<String, String> variables,
      List<Problem> problems) {
    Map<String, String> operators;
    try {
      operators = operators(free, operatorVault, variables);
    } catch (PlanException e) {
      problems.addAll(e.problems());
      return;
    }
    Map<String, String> own = parts(wanted);
    for (String part : VAULT_PARTS) {
      if (!free.contains(part) && !Objects.equals(own.get(part), operators.get(part))) {
        problems.add(notTheirs("vault." + part, profile, "vault"));
      }
    }
  }

  private void checkSecret(
      String profile, SecretSpec secret, Map<String, String> variables, List<Problem> problems) {
    String name = secret.name();
    for (Reference from : secret.references()) {
      checkSource(
          "secret." + name,
          profile,
          from.source().prefix(),
          List.of(from.path()),
          variables,
          problems);
    }
    if (secret.template().isPresent()) {
      Template template = secret.template().get().template();
      if (template.asksVault() && references.isPresent() && template.paths().isEmpty()) {
        problems.add(
            new Problem(
                PodPlan.PREFIX + "template." + name,
                "the profile '"
                    + profile
                    + "' of this namespace limits paths (limits.references), and the template"
                    + " works one out: write every path as a text"));
      } else if (template.asksVault()) {
        checkSource(
            "template." + name,
            profile,
            Source.VAULT.prefix(),
            template.paths().orElse(Set.of()).stream()
                .filter(path -> !Reference.isElsewhere(path))
                .toList(),
            variables,
            problems);
      }
      // Another source's reference is written out, or the sidecar refuses it.
      for (String path : template.paths().orElse(Set.of())) {
        if (Reference.isElsewhere(path)) {
          Reference other = Reference.parse(path);
          checkSource(
              "template." + name,
              profile,
              other.source().prefix(),
              List.of(other.path()),
              variables,
              problems);
        }
      }
    }
    if (expose.isPresent() && !expose.get().contains(secret.expose())) {
      List<String> allowed = expose.get().stream().map(Expose::text).sorted().toList();
      problems.add(beyond("expose." + name, profile, "expose", allowed));
    }
    if (onChange.isPresent()
        && secret.onChange().stream().anyMatch(action -> !onChange.get().contains(kind(action)))) {
      problems.add(beyond("on-change." + name, profile, "on-change", onChange.get()));
    }
  }

  private void checkSource(
      String annotation,
      String profile,
      String source,
      Collection<String> paths,
      Map<String, String> variables,
      List<Problem> problems) {
    if (sources.isPresent() && !sources.get().contains(source)) {
      problems.add(beyond(annotation, profile, "sources", sources.get()));
    } else if (references.isPresent()) {
      List<String> allowed =
          references.get().stream().map(pattern -> filled(pattern, variables)).toList();
      boolean all =
          paths.stream()
              .map(path -> source + ":" + path)
              .allMatch(path -> allowed.stream().anyMatch(p -> Pattern.matches(p, path)));
      if (!all) {
        problems.add(beyond(annotation, profile, "references", allowed));
      }
    }
  }

  private static Problem beyond(
      String annotation, String profile, String limit, Iterable<String> allowed) {
    var all = new ArrayList<String>();
    allowed.forEach(all::add);
    if (!(allowed instanceof List)) {
      all.sort(null);
    }
    return new Problem(
        PodPlan.PREFIX + annotation,
        "the profile '"
            + profile
            + "' of this namespace allows "
            + (all.isEmpty() ? "none" : String.join(", ", all))
            + " (limits."
            + limit
            + "): choose among them, or ask the cluster's operator");
  }

  static String kind(Action action) {
    return switch (action) {
      case Action.Signal _ -> "signal";
      case Action.Http _ -> "http";
      case Action.Command _ -> "command";
    };
  }

  private static String filled(String pattern, Map<String, String> variables) {
    String filled = pattern;
    for (var variable : variables.entrySet()) {
      filled = filled.replace("${" + variable.getKey() + "}", variable.getValue());
    }
    return filled;
  }

  /**
   * What pods get that set nothing themselves, by {@link #VAULT_PARTS}.
   *
   * @param free the parts that pods may set, and that so need not be there
   * @throws PlanException if that is not enough for a pod, or wrong
   */
  static Map<String, String> operators(
      Set<String> free, Map<String, String> operatorVault, Map<String, String> variables) {
    var annotations = new LinkedHashMap<String, String>();
    annotations.put(PodPlan.PREFIX + "inject", "true");
    annotations.put(PodPlan.PREFIX + "secret.any", "vault:any/any");
    for (String part : new TreeSet<>(free)) {
      if (!operatorVault.containsKey(part) && List.of("address", "role").contains(part)) {
        annotations.put(
            PodPlan.PREFIX + "vault." + part, part.equals("role") ? "any" : "https://any");
      }
    }
    return parts(
        PodPlan.parse(annotations, operatorVault, variables)
            .flatMap(pod -> pod.plan().vault())
            .orElseThrow());
  }

  private static Map<String, String> parts(VaultSettings vault) {
    return Map.of(
        "address",
        vault.address().toString(),
        "namespace",
        vault.namespace().orElse(""),
        "ca",
        vault.ca().orElse("") + vault.caFile().orElse(""),
        "server-name",
        vault.serverName().orElse(""),
        "auth",
        method(vault.auth()) + vault.client(),
        "role",
        role(vault.auth()),
        "revoke",
        Boolean.toString(vault.revoke()),
        "timeout",
        vault.timeout().toString());
  }

  /** The method with all that belongs to it but the role. */
  private static String method(VaultAuth auth) {
    VaultAuth roleless =
        switch (auth) {
          case VaultAuth.Kubernetes k -> new VaultAuth.Kubernetes(k.mount(), "any", k.tokenFile());
          case VaultAuth.Jwt j -> new VaultAuth.Jwt(j.mount(), Optional.empty(), j.tokenFile());
          case VaultAuth.Cert c -> new VaultAuth.Cert(c.mount(), Optional.empty());
          case VaultAuth.AppRole a -> a;
          case VaultAuth.TokenFile t -> t;
        };
    return roleless.toString();
  }

  private static String role(VaultAuth auth) {
    return switch (auth) {
      case VaultAuth.Kubernetes k -> k.role();
      case VaultAuth.Jwt j -> j.role().orElse("");
      case VaultAuth.Cert c -> c.role().orElse("");
      case VaultAuth.AppRole _, VaultAuth.TokenFile _ -> "";
    };
  }
}
