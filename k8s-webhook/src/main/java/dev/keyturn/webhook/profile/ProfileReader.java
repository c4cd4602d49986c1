package dev.keyturn.webhook.profile;

import dev.keyturn.plan.Expose;
import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import dev.keyturn.plan.Source;
import dev.keyturn.plan.Spelling;
import dev.keyturn.plan.Variables;
import dev.keyturn.plan.VaultDefaults;
import dev.keyturn.webhook.yaml.MalformedYamlException;
import dev.keyturn.webhook.yaml.YamlDocument;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Understands what an operator has written, and collects every problem. Used once. */
final class ProfileReader {
  /** A label's value (Kubernetes, "Labels and Selectors"). */
  private static final Pattern NAME =
      Pattern.compile("[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?");

  private static final Pattern NAMESPACES = Pattern.compile("[a-z0-9*-]{1,63}");
  private static final Pattern ENVIRONMENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
  private static final Pattern AUDIENCE = Pattern.compile("[!-~]{1,255}");
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{[^}]*}?");
  private static final Set<String> VARIABLES =
      Set.of("${namespace}", "${serviceaccount}", "${environment}");

  /** Enough for any cluster; each pod is held against one. */
  private static final int MAX_PROFILES = 1000;

  private static final int MAX_ITEMS = 256;
  private static final int MAX_TEXT = 1024;

  /** Certificates are the one long text. */
  private static final int MAX_VAULT_TEXT = 64 * 1024;

  private final Map<String, String> vault;
  private final List<Problem> problems = new ArrayList<>();

  ProfileReader(Map<String, String> vault) {
    this.vault = vault;
  }

  Profiles read(String yaml) {
    var profiles = new LinkedHashMap<String, Profile>();
    try {
      List<YamlDocument> documents = YamlDocument.read(yaml);
      if (documents.size() > 1) {
        problems.add(new Problem("profiles", "has a second document: write one"));
      } else if (!documents.isEmpty()) {
        ObjectNode all = mapping(documents.getFirst().json(), "profiles");
        if (all.size() > MAX_PROFILES) {
          problems.add(new Problem("profiles", "has more than " + MAX_PROFILES + " profiles"));
        }
        for (var entry : all.properties()) {
          profiles.put(entry.getKey(), profile(entry.getKey(), entry.getValue()));
        }
      }
    } catch (MalformedYamlException e) {
      problems.add(
          new Problem(
              "profiles",
              e.getMessage()
                  + " at line "
                  + e.position().line()
                  + ", column "
                  + e.position().column()));
    }
    if (!problems.isEmpty()) {
      throw new PlanException(problems);
    }
    return new Profiles(profiles);
  }

  private Profile profile(String name, JsonNode node) {
    if (!NAME.matcher(name).matches()) {
      problems.add(
          new Problem(
              "profiles",
              "a profile's name is what a label can say: up to 63 letters, digits,"
                  + " '-', '_' and '.'"));
      return Profile.NONE;
    }
    int before = problems.size();
    ObjectNode profile = mapping(node, name);
    refuseUnknown(profile, name, names(ProfileKey.PROFILE));
    Map<String, String> own = vault(profile, name);
    Optional<String> environment =
        text(profile, name, "environment", ENVIRONMENT, "is no word of letters, digits, '.', '_'");
    Map<String, String> variables = variables(profile, name);
    Limits limits = limits(mapping(profile.path("limits"), name + ".limits"), name + ".limits");
    var read =
        new Profile(
            name,
            list(profile, name, "namespaces", NAMESPACES, "has what is in no namespace's name")
                .orElse(List.of()),
            own,
            environment,
            variables,
            text(profile, name, "audience", AUDIENCE, "is no audience, such as vault"),
            text(profile, name, "sidecar").flatMap(s -> one(name + ".sidecar", s, SIDECARS)),
            resources(profile, name),
            limits,
            Map.of());
    if (problems.size() == before) {
      tryOut(read);
    }
    return read;
  }

  /** Has the profile serve a pod that says nothing itself, so that its operator hears first. */
  private void tryOut(Profile profile) {
    Set<String> free = profile.limits().vault().orElse(Set.copyOf(Limits.VAULT_PARTS));
    var variables = new LinkedHashMap<>(Map.of("namespace", "any", "serviceaccount", "any"));
    // Where it is not the profile's, the webhook's own settings may have it.
    variables.put("environment", profile.environment().orElse("any"));
    try {
      Map<String, String> defaults = VaultDefaults.over(vault, profile.vault());
      Limits.operators(free, defaults, variables);
      // What is wrong with the section of AWS shows in a pod that needs it.
      PodPlan.parse(
          Map.of(PodPlan.PREFIX + "inject", "true", PodPlan.PREFIX + "secret.any", "aws-sm:any"),
          defaults,
          variables);
    } catch (PlanException e) {
      for (Problem problem : e.problems()) {
        problems.add(new Problem(profile.name(), problem.toString()));
      }
    }
  }

  private Map<String, String> variables(ObjectNode profile, String name) {
    String place = name + ".variables";
    ObjectNode section = mapping(profile.path("variables"), place);
    var variables = new LinkedHashMap<String, String>();
    if (section.size() > MAX_ITEMS) {
      problems.add(new Problem(place, "has more than " + MAX_ITEMS + " variables"));
      return variables;
    }
    for (var entry : section.properties()) {
      String variable = entry.getKey();
      if (!entry.getValue().isString()) {
        problems.add(new Problem(place, "has a value that is no text"));
        continue;
      }
      String problem = Variables.problem(variable, entry.getValue().asString());
      if (problem == null) {
        variables.put(variable, entry.getValue().asString());
      } else {
        boolean named = Variables.problem(variable, "any") == null;
        problems.add(new Problem(named ? place + "." + variable : place, problem));
      }
    }
    return variables;
  }

  private Map<String, String> vault(ObjectNode profile, String name) {
    var texts = new LinkedHashMap<String, String>();
    texts.putAll(texts(profile, name, "vault", "", names(ProfileKey.VAULT)));
    texts.putAll(texts(profile, name, "aws", Limits.AWS, names(ProfileKey.AWS)));
    return texts;
  }

  /** The texts of a section, each by its key behind what tells the sections apart. */
  private Map<String, String> texts(
      ObjectNode profile, String name, String of, String prefix, List<String> keys) {
    String place = name + "." + of;
    ObjectNode section = mapping(profile.path(of), place);
    refuseUnknown(section, place, keys);
    var texts = new LinkedHashMap<String, String>();
    for (String key : keys) {
      String text = section.path(key).asString("");
      if (section.has(key) && (!section.path(key).isString() || text.isBlank())) {
        problems.add(new Problem(place + "." + key, "is no text"));
      } else if (text.length() > MAX_VAULT_TEXT) {
        problems.add(new Problem(place + "." + key, "is too long"));
      } else if (section.has(key)) {
        texts.put(prefix + key, text);
      }
    }
    return texts;
  }

  private Limits limits(ObjectNode limits, String place) {
    refuseUnknown(limits, place, names(ProfileKey.LIMITS));
    return new Limits(
        words(limits, place, "vault", Limits.VAULT_PARTS),
        words(limits, place, "aws", Limits.AWS_PARTS),
        words(
            limits, place, "sources", Arrays.stream(Source.values()).map(Source::prefix).toList()),
        references(limits, place),
        choices(limits, place, "expose", EXPOSE),
        words(limits, place, "on-change", Limits.ACTIONS),
        choices(limits, place, "sidecars", SIDECARS),
        list(limits, place, "audiences", AUDIENCE, "has what is no audience")
            .map(LinkedHashSet::new),
        words(limits, place, "resources", PodPlan.RESOURCES));
  }

  private Optional<List<String>> references(ObjectNode limits, String place) {
    Optional<List<String>> patterns =
        list(limits, place, "references", Pattern.compile(".+"), "has an empty text");
    String at = place + ".references";
    for (String pattern : patterns.orElse(List.of())) {
      boolean known =
          Arrays.stream(Source.values()).anyMatch(s -> pattern.startsWith(s.prefix() + ":"));
      if (!known) {
        problems.add(new Problem(at, "a pattern starts with its source: vault:secret/data/**"));
      }
      var variable = VARIABLE.matcher(pattern);
      while (variable.find()) {
        if (!VARIABLES.contains(variable.group())) {
          problems.add(
              new Problem(at, "has an unknown variable; known: " + String.join(", ", VARIABLES)));
        }
      }
    }
    return patterns;
  }

  // ---- kinds of values -----------------------------------------------------------------------

  private static final Map<String, SidecarKind> SIDECARS =
      Arrays.stream(SidecarKind.values())
          .collect(Collectors.toMap(SidecarKind::text, Function.identity()));

  private static final Map<String, Expose> EXPOSE =
      Arrays.stream(Expose.values()).collect(Collectors.toMap(Expose::text, Function.identity()));

  private static List<String> names(List<ProfileKey> keys) {
    return keys.stream().map(ProfileKey::name).toList();
  }

  private void refuseUnknown(ObjectNode section, String place, List<String> known) {
    for (String key : section.propertyNames()) {
      if (!known.contains(key)) {
        problems.add(new Problem(place, "has an unknown key; " + Spelling.hint(key, known)));
      }
    }
  }

  private ObjectNode mapping(JsonNode node, String place) {
    if (node instanceof ObjectNode mapping) {
      return mapping;
    }
    if (!node.isMissingNode() && !node.isNull()) {
      problems.add(new Problem(place, "is no mapping"));
    }
    return JsonNodeFactory.instance.objectNode();
  }

  private Optional<String> text(ObjectNode section, String place, String key) {
    return text(section, place, key, Pattern.compile(".+"), "is empty");
  }

  private Optional<String> text(
      ObjectNode section, String place, String key, Pattern pattern, String message) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    String text = section.path(key).asString("");
    if (!section.path(key).isString()) {
      problems.add(new Problem(place + "." + key, "is no text"));
      return Optional.empty();
    }
    if (text.length() > MAX_TEXT || !pattern.matcher(text).matches()) {
      problems.add(new Problem(place + "." + key, message));
    }
    return Optional.of(text);
  }

  private Optional<List<String>> list(
      ObjectNode section, String place, String key, Pattern pattern, String message) {
    if (!section.has(key)) {
      return Optional.empty();
    }
    var items = new ArrayList<String>();
    if (!(section.path(key) instanceof ArrayNode list) || list.size() > MAX_ITEMS) {
      problems.add(
          new Problem(
              place + "." + key, "is no list of up to " + MAX_ITEMS + " texts: [one, two]"));
      return Optional.of(items);
    }
    for (JsonNode item : list) {
      String text = item.asString("");
      if (!item.isString() || text.length() > MAX_TEXT || !pattern.matcher(text).matches()) {
        problems.add(new Problem(place + "." + key, message));
      } else {
        items.add(text);
      }
    }
    return Optional.of(items);
  }

  /** A list of known words. */
  private Optional<Set<String>> words(
      ObjectNode section, String place, String key, List<String> known) {
    return choices(
        section,
        place,
        key,
        known.stream().collect(Collectors.toMap(Function.identity(), Function.identity())));
  }

  private <T> Optional<Set<T>> choices(
      ObjectNode section, String place, String key, Map<String, T> known) {
    Optional<List<String>> items =
        list(section, place, key, Pattern.compile(".+"), "has an item that is no text");
    if (items.isEmpty()) {
      return Optional.empty();
    }
    var chosen = new LinkedHashSet<T>();
    for (String item : items.get()) {
      one(place + "." + key, item, known).ifPresent(chosen::add);
    }
    return Optional.of(chosen);
  }

  private <T> Optional<T> one(String place, String text, Map<String, T> known) {
    T choice = known.get(text);
    if (choice == null) {
      List<String> words = known.keySet().stream().sorted().toList();
      problems.add(new Problem(place, "has an unknown word; " + Spelling.hint(text, words)));
    }
    return Optional.ofNullable(choice);
  }

  private Optional<ObjectNode> resources(ObjectNode profile, String place) {
    if (!profile.has("resources")) {
      return Optional.empty();
    }
    Optional<ObjectNode> resources = Resources.of(profile.path("resources"));
    if (resources.isEmpty()) {
      problems.add(
          new Problem(
              place + ".resources",
              "is no {requests: {cpu: 10m, memory: 64Mi}, limits: {memory: 128Mi}}, with quotes"
                  + " around plain numbers"));
    }
    return resources;
  }
}
