package dev.keyturn.plan;

import dev.keyturn.template.Template;
import dev.keyturn.template.TemplateException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns a pod's annotations into the tree of a plan, each value marked with the annotation that it
 * was written in, and has the one reader understand it.
 */
final class Annotations {
  /** Files that the sidecar reads as itself. */
  private static final Set<String> FILE_KEYS =
      Set.of(
          "token-file",
          "role-id-file",
          "secret-id-file",
          "ca-file",
          "client-cert-file",
          "client-key-file");

  /** What stands before the operator's defaults that are of this section. */
  private static final String AWS = "aws.";

  private static final String DEFAULT_MOUNT = "/keyturn/secrets";

  private final Problems problems = new Problems();
  private final Map<String, String> own = new TreeMap<>();
  private final Map<String, String> vaultDefaults;
  private final Variables variables;
  private final Expose expose;

  /** The names that single annotations give to secrets. */
  private final List<String> singleSecrets = new ArrayList<>();

  private final Map<String, String> mountPaths = new TreeMap<>();
  private final Node.Mapping tree = new Node.Mapping();
  private final Node.Mapping vault = new Node.Mapping();
  private final Map<String, Node.Mapping> settings = new LinkedHashMap<>();
  private final Node.Mapping secrets = new Node.Mapping();

  Annotations(
      Map<String, String> annotations,
      Map<String, String> vaultDefaults,
      Map<String, String> variables,
      Expose expose) {
    this.expose = expose;
    for (var annotation : annotations.entrySet()) {
      if (annotation.getKey().startsWith(PodPlan.PREFIX)) {
        own.put(annotation.getKey().substring(PodPlan.PREFIX.length()), annotation.getValue());
      }
    }
    own.remove("status");
    for (String annotation : own.keySet()) {
      if (annotation.startsWith("secret.") || annotation.startsWith("template.")) {
        singleSecrets.add(annotation.substring(annotation.indexOf('.') + 1));
      }
    }
    this.vaultDefaults = vaultDefaults;
    this.variables = new Variables(variables);
  }

  Optional<PodPlan> read() {
    String inject = own.get("inject");
    if (own.isEmpty() || "false".equals(inject)) {
      return Optional.empty();
    }
    if (inject == null) {
      problems.add(
          place("inject"), "is missing, though the pod has other annotations: set it to \"true\"");
    } else if (!inject.equals("true")) {
      problems.add(place("inject"), "is neither \"true\" nor \"false\"");
    }
    addPlan();
    for (var annotation : own.entrySet()) {
      add(annotation.getKey(), annotation.getValue());
    }
    addVault();
    addAws();
    for (var section : settings.entrySet()) {
      String name = PodPlan.PREFIX + section.getKey();
      tree.entries()
          .put(section.getKey(), new Node.Written(Place.of(name, name + "."), section.getValue()));
    }
    tree.entries().put("secrets", new Node.Written(place("inject"), secrets));
    String mountPath = own.getOrDefault("mount-path", DEFAULT_MOUNT);
    boolean javaAgent = "true".equals(oneOf("java-agent", List.of("true", "false")));
    var agentContainers =
        new LinkedHashSet<>(PlanReader.split(own.getOrDefault("java-agent-containers", "")));
    String agentOptions = own.getOrDefault("java-agent-options", "");
    var sidecar = sidecar();
    boolean hibernate = "true".equals(oneOf("hibernate", List.of("true", "false")));
    Optional<Owner> runAs = runAs();
    var audience = Optional.ofNullable(own.get("audience"));
    Map<String, String> resources = resources();
    Map<String, String> files = files();
    PodPlan.check(problems, mountPath, javaAgent, agentContainers, agentOptions, runAs, audience);
    PodPlan.checkPaths(problems, secrets.entries().keySet(), mountPath, mountPaths);
    Plan plan = PlanReader.read(tree, variables, PlanReader.Use.POD, expose, problems);
    return Optional.of(
        new PodPlan(
            plan,
            mountPath,
            javaAgent,
            agentContainers,
            agentOptions,
            sidecar,
            hibernate,
            runAs,
            audience,
            mountPaths,
            resources,
            files));
  }

  private static Place place(String annotation) {
    String name = PodPlan.PREFIX + Place.shown(annotation);
    return Place.of(name, name + ", ");
  }

  /** Takes the plan annotation apart, so that single annotations can add to it. */
  private void addPlan() {
    String text = own.get("plan");
    if (text == null) {
      return;
    }
    Place place = place("plan");
    if (text.length() > Rules.MAX_DOCUMENT) {
      problems.add(place, "is longer than " + Rules.MAX_DOCUMENT + " characters");
      return;
    }
    Node plan;
    try {
      plan = YamlText.read(text, place, problems);
    } catch (PlanException _) {
      // The rest of the annotations is read all the same.
      return;
    }
    if (!(plan instanceof Node.Mapping(var entries))) {
      problems.add(place, "is no mapping; known: " + String.join(", ", Key.names(Key.PLAN)));
      return;
    }
    for (var entry : entries.entrySet()) {
      String key = entry.getKey();
      Place at = place.at(key);
      if (!(entry.getValue() instanceof Node.Mapping section)) {
        problems.add(at, "is no mapping");
      } else if (key.equals("vault")) {
        copy(section, at, vault);
      } else if (key.equals("secrets")) {
        copy(section, at, secrets);
      } else if (Settings.SECTIONS.containsKey(key)) {
        copy(section, at, section(key));
      } else {
        problems.add(at, "unknown key; " + Spelling.hint(key, Key.names(Key.PLAN)));
      }
    }
  }

  private Node.Mapping section(String name) {
    Node.Mapping section = settings.get(name);
    if (section == null) {
      section = new Node.Mapping();
      settings.put(name, section);
    }
    return section;
  }

  private static void copy(Node.Mapping from, Place place, Node.Mapping to) {
    for (var entry : from.entries().entrySet()) {
      String key = entry.getKey();
      to.entries().put(key, new Node.Written(place.at(key), entry.getValue()));
    }
  }

  /** Files a single annotation where a plan has it. */
  private void add(String annotation, String value) {
    int dot = annotation.indexOf('.');
    if (dot < 0) {
      if (!Key.names(Key.POD).contains(annotation)) {
        unknown(annotation, annotation);
      }
      return;
    }
    String head = annotation.substring(0, dot);
    String name = annotation.substring(dot + 1);
    var node = new Node.Written(place(annotation), new Node.Text(value));
    boolean settingsOfASource = Settings.SECTIONS.containsKey(head);
    if (head.equals("vault") || settingsOfASource) {
      List<String> known = settingsOfASource ? Settings.names(head) : Key.names(Key.VAULT);
      Node.Mapping section = settingsOfASource ? section(head) : vault;
      if (!known.contains(name)) {
        problems.add(place(annotation), "unknown annotation; " + Spelling.hint(name, known));
      } else if (section.entries().putIfAbsent(name, node) != null) {
        problems.add(place(annotation), "is in keyturn.dev/plan too: keep one");
      }
    } else if (head.equals("secret")) {
      addSecret(name, annotation, "from", node);
    } else if (head.equals("template")) {
      if (own.containsKey("secret." + name)) {
        problems.add(place(annotation), SecretSpec.FROM_OR_TEMPLATE);
      } else {
        addSecret(name, annotation, "template", node);
      }
    } else if (head.equals("mount-path")) {
      mountPaths.put(name, value);
      if (!secrets.entries().containsKey(name) && !isSingle(name)) {
        problems.add(place(annotation), orphan(name));
      }
    } else if (head.equals("from") || !Key.names(Key.SECRET).contains(head)) {
      unknown(annotation, head);
    } else if (!isSingle(name)) {
      problems.add(
          place(annotation),
          secrets.entries().containsKey(name)
              ? "is for a secret of keyturn.dev/plan: say it there"
              : orphan(name));
    }
  }

  /** Whether an annotation of its own makes the secret. */
  private boolean isSingle(String name) {
    return own.containsKey("secret." + name) || own.containsKey("template." + name);
  }

  private void addSecret(String name, String annotation, String made, Node.Written by) {
    var secret = new Node.Mapping();
    secret.entries().put(made, by);
    for (Key key : Key.SECRET) {
      String detail = key.name() + "." + name;
      String value = own.get(detail);
      if (value != null && !key.name().equals("from") && !key.name().equals("template")) {
        Node node = key.name().equals("on-change") ? list(value, detail) : new Node.Text(value);
        secret.entries().put(key.name(), new Node.Written(place(detail), node));
      }
    }
    var node = new Node.Written(place(annotation), secret);
    if (secrets.entries().putIfAbsent(name, node) != null) {
      problems.add(place(annotation), "is in keyturn.dev/plan too: keep one");
    }
  }

  /** What an annotation holds that is no plain text but YAML. */
  private Node list(String text, String annotation) {
    try {
      return YamlText.read(text, place(annotation), problems);
    } catch (PlanException _) {
      return new Node.Sequence(List.of());
    }
  }

  private void unknown(String annotation, String head) {
    var known = new ArrayList<>(Key.names(Key.POD));
    known.remove("status");
    known.add("secret");
    known.addAll(Key.names(Key.SECRET));
    known.remove("from");
    known.addAll(Key.names(Key.POD_SECRET));
    known.add("vault");
    known.addAll(Settings.SECTIONS.keySet());
    problems.add(place(annotation), "unknown annotation; " + Spelling.hint(head, known));
  }

  private String orphan(String name) {
    // With many names, looking at each for each would be a way to keep the webhook busy.
    boolean few = singleSecrets.size() <= 100 && !problems.isFull();
    String nearest = few ? Spelling.nearest(name, singleSecrets) : null;
    return nearest == null
        ? "is for no secret: add keyturn.dev/secret." + Place.shown(name)
        : "is for no secret; did you mean '" + Place.shown(nearest) + "'?";
  }

  /** Completes the pod's vault section from the operator's, where the pod needs one. */
  private void addVault() {
    var needed = !vault.entries().isEmpty();
    for (Node secret : secrets.entries().values()) {
      needed |= isInVault(secret);
    }
    if (!needed) {
      return;
    }
    checkFiles();
    for (var entry : VaultDefaults.kept(vaultDefaults, ownVault()).entrySet()) {
      String key = entry.getKey();
      if (key.startsWith(AWS)) {
        continue;
      }
      Place place =
          Place.of("vault." + Place.shown(key) + " (set by the operator or the namespace)", ", ");
      vault.entries().put(key, new Node.Written(place, new Node.Text(entry.getValue())));
    }
    tree.entries()
        .put(
            "vault",
            new Node.Written(Place.of(PodPlan.PREFIX + "vault", PodPlan.PREFIX + "vault."), vault));
  }

  /** Completes the pod's section of AWS from the operator's, where the pod needs one. */
  private void addAws() {
    var needed = settings.containsKey("aws");
    for (Node secret : secrets.entries().values()) {
      needed |= isInAws(secret);
    }
    for (var entry : vaultDefaults.entrySet()) {
      String key = entry.getKey();
      if (needed && key.startsWith(AWS)) {
        Place place = Place.of(Place.shown(key) + " (set by the operator)", ", ");
        section("aws")
            .entries()
            .putIfAbsent(
                key.substring(AWS.length()),
                new Node.Written(place, new Node.Text(entry.getValue())));
      }
    }
  }

  private boolean isInAws(Node node) {
    return switch (node) {
      case Node.Written(_, Node inner) -> isInAws(inner);
      case Node.Mapping(var entries) -> {
        Node made = entries.getOrDefault("from", entries.get("template"));
        yield made != null && isInAws(made);
      }
      case Node.Text(String text) -> isAnyInAws(Reference.split(text, variables));
      case Node.Sequence(var items) -> {
        boolean any = false;
        for (Node item : items) {
          any |= isInAws(item);
        }
        yield any;
      }
    };
  }

  private boolean isAnyInAws(List<String> references) {
    boolean any = false;
    for (String reference : references) {
      String opened = variables.open(reference);
      // In a template it is not at the start.
      any |=
          opened.contains(Source.AWS_SSM.prefix() + ":")
              || opened.contains(Source.AWS_SM.prefix() + ":");
    }
    return any;
  }

  /** The pod's own keys; what is no text has none, and is told by the reader. */
  private Map<String, String> ownVault() {
    var own = new TreeMap<String, String>();
    for (var entry : vault.entries().entrySet()) {
      own.put(
          entry.getKey(),
          entry.getValue() instanceof Node.Written(_, Node.Text(String text)) ? text : "");
    }
    return own;
  }

  private void checkFiles() {
    for (var entry : vault.entries().entrySet()) {
      if (FILE_KEYS.contains(entry.getKey())
          && entry.getValue() instanceof Node.Written(Place place, Node.Text(String path))) {
        problems.check(place, Rules.podIdentity(path));
      }
    }
  }

  private boolean isInVault(Node secret) {
    return switch (secret) {
      case Node.Written(_, Node inner) -> isInVault(inner);
      case Node.Mapping(var entries) -> {
        Node from = entries.get("from");
        yield from == null ? isMadeFromVault(entries) : isInVault(from);
      }
      case Node.Text(String text) -> isAnyInVault(Reference.split(text, variables));
      case Node.Sequence(var items) -> {
        boolean any = false;
        for (Node item : items) {
          any |= isInVault(item);
        }
        yield any;
      }
    };
  }

  private boolean isAnyInVault(List<String> references) {
    boolean any = false;
    for (String reference : references) {
      String opened = variables.open(reference);
      any |= opened.startsWith(Source.VAULT.prefix() + ":") || opened.contains("decrypt=");
    }
    return any;
  }

  /** Whether the template of a secret asks for anything; a bad one is told of elsewhere. */
  private static boolean isMadeFromVault(Map<String, Node> secret) {
    String text = text(secret.get("template"), "");
    try {
      return Template.parse(
              text,
              text(secret.get("left-delimiter"), TemplateSpec.LEFT),
              text(secret.get("right-delimiter"), TemplateSpec.RIGHT))
          .asksVault();
    } catch (TemplateException e) {
      return false;
    }
  }

  private static String text(@Nullable Node node, String fallback) {
    return switch (node) {
      case Node.Text(String text) -> text.isEmpty() ? fallback : text;
      case Node.Written(_, Node inner) -> text(inner, fallback);
      case null, default -> fallback;
    };
  }

  private @Nullable String oneOf(String annotation, List<String> known) {
    String value = own.get(annotation);
    if (value == null || known.contains(value)) {
      return value;
    }
    problems.add(place(annotation), "unknown value; " + Spelling.hint(value, known));
    return null;
  }

  private Optional<PodPlan.SidecarKind> sidecar() {
    var kinds = new LinkedHashMap<String, PodPlan.SidecarKind>();
    for (var kind : PodPlan.SidecarKind.values()) {
      kinds.put(kind.text(), kind);
    }
    String value = oneOf("sidecar", List.copyOf(kinds.keySet()));
    return value == null ? Optional.empty() : Optional.ofNullable(kinds.get(value));
  }

  private Map<String, String> resources() {
    var resources = new TreeMap<String, String>();
    for (String word : PlanReader.split(own.getOrDefault("resources", ""))) {
      int equals = word.indexOf('=');
      String name = word.substring(0, Math.max(equals, 0)).strip();
      String amount = word.substring(equals + 1).strip();
      if (!PodPlan.RESOURCES.contains(name)) {
        problems.add(
            place("resources"), "holds an unknown name; " + Spelling.hint(name, PodPlan.RESOURCES));
      } else if (resources.put(name, amount) != null) {
        problems.add(place("resources"), "holds " + name + " twice: keep one");
      }
      problems.check(place("resources"), Rules.quantity(amount));
    }
    return resources;
  }

  private Map<String, String> files() {
    var files = new TreeMap<String, String>();
    for (var kind : PodPlan.FILES.entrySet()) {
      String secret = own.get(kind.getKey());
      if (secret != null) {
        problems.check(place(kind.getKey()), Rules.object(secret));
        files.put(kind.getValue(), secret);
      }
    }
    return files;
  }

  /** A user, with its group or else the group of the same number. */
  private Optional<Owner> runAs() {
    String text = own.get("run-as");
    if (text == null) {
      return Optional.empty();
    }
    Owner owner = Owner.parse(text.indexOf(':') < 0 ? text + ":" + text : text);
    if (owner == null) {
      problems.add(place("run-as"), "is no user: one number, or two such as \"1000:1000\"");
    }
    return Optional.ofNullable(owner);
  }
}
