package dev.keyturn.plan;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Understands a tree as a plan, whichever notation it came in, and collects every problem. Plain
 * loops and no streams: the sidecar runs this at its start.
 */
final class PlanReader {
  /** Where the webhook mounts the projected service-account token; see {@code docs/plan.md}. */
  private static final String IDENTITY_TOKEN = "/keyturn/identity/token";

  private static final String WRONG_METHOD =
      "is not for this auth method: remove it, or correct 'auth'";

  private static final String NO_TEMPLATE = "is for a template: remove it";

  private static final List<String> METHODS =
      List.of("kubernetes", "jwt", "approle", "cert", "token");

  /** Who wrote the plan, and so what it may name. */
  enum Use {
    /** Whoever runs Keyturn. */
    ANYWHERE,
    /** The author of a pod, whose plan is carried out by a container with files of its own. */
    POD
  }

  private final Variables variables;
  private final Use use;
  private final Expose expose;
  private final Problems problems;
  private boolean inVault;
  private final List<String> groups = new ArrayList<>();

  private PlanReader(Variables variables, Use use, Expose expose, Problems problems) {
    this.variables = variables;
    this.use = use;
    this.expose = expose;
    this.problems = problems;
  }

  /**
   * @param expose of a secret that does not say
   * @param problems those of the notation; those of the plan are added
   * @throws PlanException with all of them, if there are any
   */
  static Plan read(Node tree, Variables variables, Use use, Expose expose, Problems problems) {
    return new PlanReader(variables, use, expose, problems).plan(tree);
  }

  private Plan plan(Node tree) {
    Place place = Place.root();
    var plan = new Section(tree, place, Key.names(Key.PLAN));
    Node vaultNode = plan.nodes.get("vault");
    VaultSettings vault = vaultNode == null ? null : vault(vaultNode, place.at("vault"));
    var settings = new LinkedHashMap<String, Map<String, String>>();
    for (String name : Settings.SECTIONS.keySet()) {
      Node node = plan.nodes.get(name);
      if (node != null) {
        settings.put(name, settings(name, new Section(node, place.at(name), Settings.names(name))));
      }
    }
    var secrets = new ArrayList<SecretSpec>();
    Node secretsNode = plan.nodes.get("secrets");
    if (secretsNode instanceof Node.Mapping mapping && !mapping.entries().isEmpty()) {
      var section = new Section(mapping, place.at("secrets"), null);
      if (section.nodes.size() > Rules.MAX_SECRETS) {
        problems.add(section.place, Plan.TOO_MANY);
        throw problems.exception();
      }
      for (var entry : section.nodes.entrySet()) {
        SecretSpec secret = secret(entry.getKey(), entry.getValue(), section.at(entry.getKey()));
        if (secret != null) {
          secrets.add(secret);
        }
      }
    } else if (plan.readable) {
      problems.add(
          place.at("secrets"),
          use == Use.POD
              ? "asks for no secret: add one, such as keyturn.dev/secret.db:"
                  + " \"vault:secret/data/app\""
              : "names no secret: add one, such as {db: \"vault:secret/data/app\"}");
    }
    if (vaultNode == null && inVault) {
      problems.add(place.at("vault").at("address"), Plan.NO_VAULT);
    }
    Plan.check(problems, place, secrets, groups);
    problems.throwIfAny();
    return new Plan(Optional.ofNullable(vault), settings, secrets);
  }

  private Map<String, String> settings(String name, Section section) {
    var settings = new LinkedHashMap<String, String>();
    for (String key : List.copyOf(section.nodes.keySet())) {
      String value = filled(section, key);
      if (value != null) {
        problems.check(section.at(key), Settings.problem(name, key, value));
        if (use == Use.POD) {
          problems.check(section.at(key), Settings.podProblem(name, key, value));
        }
        settings.put(key, value);
      }
    }
    return settings;
  }

  private @Nullable VaultSettings vault(Node node, Place place) {
    var section = new Section(node, place, Key.names(Key.VAULT));
    if (!section.readable) {
      return null;
    }
    int before = problems.count();
    URI address = address(section);
    VaultAuth auth = auth(section);
    Optional<ClientCertificate> client = client(section);
    boolean revoke = flag(section, "revoke", true);
    Duration timeout = interval(section, "timeout");
    try {
      var settings =
          new VaultSettings(
              address == null ? URI.create("https://localhost") : address,
              auth == null ? new VaultAuth.TokenFile("token", false) : auth,
              Optional.ofNullable(filled(section, "namespace")),
              Optional.ofNullable(section.text("ca")),
              Optional.ofNullable(section.text("ca-file")),
              Optional.ofNullable(section.text("server-name")),
              client,
              revoke,
              timeout == null ? VaultSettings.DEFAULT_TIMEOUT : timeout);
      return problems.count() > before ? null : settings;
    } catch (PlanException e) {
      addAll(e, place);
      return null;
    }
  }

  private String orOperator() {
    return use == Use.POD ? "; or have the cluster's operator set it for all" : "";
  }

  private @Nullable URI address(Section section) {
    String text =
        section.needed("address", "say where the server is: https://vault:8200" + orOperator());
    if (text == null) {
      return null;
    }
    try {
      return new URI(text.endsWith("/") ? text.substring(0, text.length() - 1) : text);
    } catch (URISyntaxException e) {
      problems.add(section.at("address"), "is no URL: https://vault.example:8200");
      return null;
    }
  }

  private @Nullable VaultAuth auth(Section section) {
    String method = section.text("auth");
    if (method == null) {
      method = "kubernetes";
    }
    String mount = section.text("auth-mount");
    if (mount == null) {
      mount = method;
    }
    try {
      return switch (method) {
        case "kubernetes" -> kubernetes(section, mount);
        case "jwt" -> jwt(section, mount);
        case "approle" -> appRole(section, mount);
        case "cert" -> cert(section, mount);
        case "token" -> token(section);
        default -> {
          problems.add(section.at("auth"), "unknown method; " + Spelling.hint(method, METHODS));
          yield null;
        }
      };
    } catch (PlanException e) {
      addAll(e, section.place);
      return null;
    }
  }

  /** The two files, of which none is good for anything without the other. */
  private Optional<ClientCertificate> client(Section section) {
    if (!section.nodes.containsKey("client-cert-file")
        && !section.nodes.containsKey("client-key-file")) {
      return Optional.empty();
    }
    String certFile = section.needed("client-cert-file", "name the file with the certificate");
    String keyFile = section.needed("client-key-file", "name the file with the certificate's key");
    try {
      return Optional.of(
          new ClientCertificate(
              certFile == null ? "cert" : certFile, keyFile == null ? "key" : keyFile));
    } catch (PlanException e) {
      addAll(e, section.place);
      return Optional.of(new ClientCertificate("cert", "key"));
    }
  }

  private @Nullable VaultAuth kubernetes(Section section, String mount) {
    section.refuse(WRONG_METHOD, "role-id-file", "secret-id-file", "wrapped");
    if (!section.nodes.containsKey("role")) {
      problems.add(
          section.at("role"), "is missing: auth 'kubernetes' logs in with a role" + orOperator());
    }
    String role = filled(section, "role");
    String tokenFile = section.text("token-file");
    return role == null
        ? null
        : new VaultAuth.Kubernetes(mount, role, tokenFile == null ? IDENTITY_TOKEN : tokenFile);
  }

  private @Nullable VaultAuth jwt(Section section, String mount) {
    section.refuse(WRONG_METHOD, "role-id-file", "secret-id-file", "wrapped");
    Optional<String> role = Optional.ofNullable(filled(section, "role"));
    boolean projected = use == Use.POD && !section.nodes.containsKey("token-file");
    String tokenFile =
        projected ? IDENTITY_TOKEN : section.needed("token-file", "name the file with the JWT");
    return tokenFile == null ? null : new VaultAuth.Jwt(mount, role, tokenFile);
  }

  private @Nullable VaultAuth appRole(Section section, String mount) {
    section.refuse(WRONG_METHOD, "role", "token-file");
    String roleIdFile = section.needed("role-id-file", "name the file with the role id");
    Optional<String> secretIdFile = Optional.ofNullable(section.text("secret-id-file"));
    boolean wrapped = flag(section, "wrapped", false);
    return roleIdFile == null
        ? null
        : new VaultAuth.AppRole(mount, roleIdFile, secretIdFile, wrapped);
  }

  private @Nullable VaultAuth cert(Section section, String mount) {
    section.refuse(WRONG_METHOD, "token-file", "role-id-file", "secret-id-file", "wrapped");
    Optional<String> role = Optional.ofNullable(filled(section, "role"));
    return new VaultAuth.Cert(mount, role);
  }

  private @Nullable VaultAuth token(Section section) {
    section.refuse(WRONG_METHOD, "role", "auth-mount", "role-id-file", "secret-id-file");
    String tokenFile = section.needed("token-file", "name the file with the token");
    boolean wrapped = flag(section, "wrapped", false);
    return tokenFile == null ? null : new VaultAuth.TokenFile(tokenFile, wrapped);
  }

  /** A text with its variables filled in. */
  private @Nullable String filled(Section section, String key) {
    String text = section.text(key);
    return text == null ? null : variables.fill(text, section.at(key), problems);
  }

  private void addAll(PlanException e, Place place) {
    for (Problem problem : e.problems()) {
      problems.add(place.at(problem.key()), problem.message());
    }
  }

  private @Nullable SecretSpec secret(String name, Node node, Place place) {
    if (node instanceof Node.Text) {
      var mapping = new Node.Mapping();
      mapping.entries().put("from", new Node.Written(place, node));
      node = mapping;
    }
    var section = new Section(node, place, Key.names(Key.SECRET));
    if (!section.readable) {
      problems.check(place, Rules.name(name));
      return null;
    }
    int before = problems.count();
    boolean made = section.nodes.containsKey("template");
    var references = new ArrayList<Reference>();
    if (!made) {
      from(section, references);
    }
    Reference from = references.isEmpty() ? null : references.getFirst();
    List<Reference> fallbacks =
        references.isEmpty() ? List.of() : references.subList(1, references.size());
    TemplateSpec template = made ? template(section) : null;
    if (!made) {
      section.refuse(NO_TEMPLATE, "left-delimiter", "right-delimiter", "error-on-missing-key");
    }
    for (Reference reference : references) {
      inVault |= reference.asksVault();
      if (use == Use.POD) {
        problems.check(section.at("from"), reference.podProblem());
      }
    }
    if (use == Use.POD && template != null) {
      for (Reference reference : template.elsewhere()) {
        problems.check(section.at("template"), reference.podProblem());
      }
    }
    inVault |= template != null && template.template().asksVault();
    Format format = made ? Format.RAW : format(section, from);
    Node envNode = section.nodes.get("env");
    Optional<Map<String, String>> env =
        envNode == null ? Optional.empty() : Optional.of(pairs(envNode, section.at("env")));
    Node propertiesNode = section.nodes.get("properties");
    Map<String, String> properties =
        propertiesNode == null ? Map.of() : pairs(propertiesNode, section.at("properties"));
    Node containersNode = section.nodes.get("containers");
    Set<String> containers =
        containersNode == null ? Set.of() : words(containersNode, section.at("containers"));
    Optional<Set<PosixFilePermission>> mode = mode(section);
    Optional<Duration> refresh = Optional.ofNullable(interval(section, "refresh"));
    Owner owner = owner(section);
    boolean required = flag(section, "required", true);
    List<Action> onChange = actions(section);
    Optional<String> group = Optional.ofNullable(section.text("group"));
    if (group.isPresent()) {
      groups.add(group.get());
    }
    String password = section.text("store-password");
    if (password != null && !format.isStore()) {
      problems.add(section.at("store-password"), SecretSpec.NO_STORE);
      password = null;
    }
    Expose expose = expose(section);
    Node hostsNode = section.nodes.get("hosts");
    Set<String> hosts = hostsNode == null ? Set.of() : words(hostsNode, section.at("hosts"));
    SecretSpec.check(
        problems,
        place,
        name,
        from,
        fallbacks,
        made,
        format,
        env,
        properties,
        mode,
        containers,
        refresh,
        onChange,
        group,
        password == null ? SecretSpec.DEFAULT_STORE_PASSWORD : password,
        hosts);
    return problems.count() > before
        ? null
        : new SecretSpec(
            name,
            Optional.ofNullable(from),
            fallbacks,
            Optional.ofNullable(template),
            format,
            env,
            properties,
            mode,
            Optional.ofNullable(owner),
            containers,
            refresh,
            required,
            onChange,
            group,
            password == null ? SecretSpec.DEFAULT_STORE_PASSWORD : password,
            expose,
            List.copyOf(hosts));
  }

  /** One reference or several, the best first, as a list or with bars between them. */
  private void from(Section section, List<Reference> references) {
    var texts = new ArrayList<String>();
    if (section.nodes.get("from") instanceof Node.Sequence(var items)) {
      for (Node item : items) {
        if (item instanceof Node.Text(String text)) {
          texts.add(text);
        }
      }
      if (texts.isEmpty() || texts.size() < items.size()) {
        problems.add(section.at("from"), "is no list of references: [vault:..., k8s:...]");
        return;
      }
    } else {
      String text =
          section.needed("from", "say where the secret is: vault:secret/data/app#password");
      if (text == null) {
        return;
      }
      texts.addAll(Reference.split(text, variables));
    }
    var read = new ArrayList<Reference>();
    for (String text : texts) {
      Reference reference = Reference.read(text, variables, section.at("from"), problems);
      if (reference != null) {
        read.add(reference);
      }
    }
    if (read.size() == texts.size()) {
      references.addAll(read);
    }
  }

  private @Nullable TemplateSpec template(Section section) {
    section.refuse(SecretSpec.FROM_OR_TEMPLATE, "from");
    section.refuse("is not for a template, whose text is the file: remove it", "format");
    String text = section.text("template");
    String left = section.text("left-delimiter");
    String right = section.text("right-delimiter");
    boolean strict = flag(section, "error-on-missing-key", false);
    if (text == null) {
      return null;
    }
    left = left == null ? TemplateSpec.LEFT : left;
    right = right == null ? TemplateSpec.RIGHT : right;
    int before = problems.count();
    TemplateSpec.check(problems, section.at("template"), text, left, right);
    return problems.count() > before ? null : new TemplateSpec(text, left, right, strict);
  }

  private Expose expose(Section section) {
    String text = section.text("expose");
    if (text == null) {
      return expose;
    }
    var known = new ArrayList<String>();
    for (Expose expose : Expose.values()) {
      if (expose.text().equals(text)) {
        return expose;
      }
      known.add(expose.text());
    }
    problems.add(section.at("expose"), "unknown value; " + Spelling.hint(text, known));
    return expose;
  }

  private Format format(Section section, @Nullable Reference from) {
    Format fallback = from != null && from.isOneField() ? Format.RAW : Format.PROPERTIES;
    String text = section.text("format");
    if (text == null) {
      return fallback;
    }
    var known = new ArrayList<String>();
    for (Format format : Format.values()) {
      if (format.text().equals(text)) {
        return format;
      }
      known.add(format.text());
    }
    problems.add(section.at("format"), "unknown format; " + Spelling.hint(text, known));
    return fallback;
  }

  private Optional<Set<PosixFilePermission>> mode(Section section) {
    String text = section.text("mode");
    Set<PosixFilePermission> mode = text == null ? null : Mode.parse(text);
    if (text != null && mode == null) {
      problems.add(
          section.at("mode"),
          "is no mode: write four octal digits, the first a zero, in quotes: \"0400\"");
    }
    return Optional.ofNullable(mode);
  }

  /** Null where there is none, or after a problem. */
  private @Nullable Duration interval(Section section, String key) {
    String text = section.text(key);
    Duration interval = text == null ? null : Interval.parse(text);
    if (text != null && interval == null) {
      problems.add(
          section.at(key), "is no duration: a whole number and ms, s, m or h, such as 10s");
    }
    return interval;
  }

  private List<Action> actions(Section secret) {
    var actions = new ArrayList<Action>();
    Node node = secret.nodes.get("on-change");
    if (node instanceof Node.Sequence(var items)) {
      for (int i = 0; i < items.size(); i++) {
        Place place = secret.at("on-change").at(Integer.toString(i + 1));
        Action action = action(new Section(items.get(i), place, Key.names(Key.ACTION)));
        if (action != null) {
          actions.add(action);
        }
      }
    } else if (node != null) {
      problems.add(
          secret.at("on-change"), "is no list: write one, such as [{signal: HUP, process: nginx}]");
    }
    return actions;
  }

  private @Nullable Action action(Section section) {
    if (!section.readable) {
      return null;
    }
    int before = problems.count();
    Duration given = interval(section, "timeout");
    Duration timeout = given == null ? ActionRules.DEFAULT_TIMEOUT : given;
    problems.check(section.at("timeout"), Rules.timeout(timeout));
    if (section.nodes.containsKey("signal")) {
      return signal(section, timeout, before);
    }
    if (section.nodes.containsKey("http")) {
      return http(section, timeout, before);
    }
    if (section.nodes.containsKey("command")) {
      return command(section, timeout, before);
    }
    problems.add(section.place, "says nothing to do: write signal, http or command");
    return null;
  }

  private @Nullable Action signal(Section section, Duration timeout, int before) {
    section.refuse("is not for a signal: remove it", "http", "method", "command");
    String signal = section.text("signal");
    if (signal != null) {
      problems.check(section.at("signal"), ActionRules.signal(signal));
    }
    if (section.nodes.containsKey("process") == section.nodes.containsKey("port")) {
      problems.add(section.place, "is for no process, or for two: write either process or port");
    }
    String process = section.text("process");
    if (process != null) {
      problems.check(section.at("process"), ActionRules.process(process));
    }
    String text = section.text("port");
    int port = text == null ? 0 : Owner.number(text);
    if (text != null) {
      problems.check(section.at("port"), ActionRules.port(port));
    }
    return problems.count() > before || signal == null
        ? null
        : new Action.Signal(
            signal,
            process == null
                ? new Action.Target.PortOwner(port)
                : new Action.Target.ProcessName(process),
            timeout);
  }

  private @Nullable Action http(Section section, Duration timeout, int before) {
    section.refuse("is not for an HTTP call: remove it", "process", "port", "command");
    String given = section.text("method");
    String method = given == null ? ActionRules.DEFAULT_METHOD : given;
    problems.check(section.at("method"), ActionRules.method(method));
    String text = section.text("http");
    URI url = null;
    try {
      url = text == null ? null : new URI(text);
    } catch (URISyntaxException e) {
      problems.add(section.at("http"), "is no URL: http://localhost:8080/reload");
    }
    if (url != null) {
      problems.check(section.at("http"), ActionRules.url(url));
    }
    return problems.count() > before || url == null ? null : new Action.Http(url, method, timeout);
  }

  private @Nullable Action command(Section section, Duration timeout, int before) {
    section.refuse("is not for a command: remove it", "process", "port", "method");
    if (!(section.nodes.get("command") instanceof Node.Sequence(var items))) {
      problems.add(
          section.at("command"), "is no list: write the program and its words, [/bin/reload, now]");
      return null;
    }
    var arguments = new ArrayList<String>();
    for (Node item : items) {
      if (item instanceof Node.Text(String argument)) {
        arguments.add(argument);
      } else {
        problems.add(section.at("command"), "has a word that is no text");
        return null;
      }
    }
    problems.check(section.at("command"), ActionRules.command(arguments));
    return problems.count() > before ? null : new Action.Command(arguments, timeout);
  }

  private @Nullable Owner owner(Section section) {
    String text = section.text("owner");
    Owner owner = text == null ? null : Owner.parse(text);
    if (text != null && owner == null) {
      problems.add(
          section.at("owner"), "is no owner: two numbers in quotes, such as \"1000:1000\"");
    }
    return owner;
  }

  private boolean flag(Section section, String key, boolean fallback) {
    String text = section.text(key);
    if (text == null || text.equals("true") || text.equals("false")) {
      return text == null ? fallback : text.equals("true");
    }
    problems.add(section.at(key), "is neither true nor false");
    return fallback;
  }

  /** Names and keys, as a mapping or as a text: {@code DB_USER=username,DB_PASSWORD=password}. */
  private Map<String, String> pairs(Node node, Place place) {
    var pairs = new LinkedHashMap<String, String>();
    if (node instanceof Node.Mapping(var entries)) {
      for (var entry : entries.entrySet()) {
        if (entry.getValue() instanceof Node.Text(String key)) {
          pairs.put(entry.getKey(), key);
        } else {
          problems.add(place.at(entry.getKey()), "is no text: name the secret's key");
        }
      }
    } else if (node instanceof Node.Text(String text)) {
      for (String word : split(text)) {
        int equals = word.indexOf('=');
        if (equals < 0) {
          problems.add(place, "is no list of NAME=key: DB_USER=username,DB_PASSWORD=password");
          continue;
        }
        String name = word.substring(0, equals).strip();
        if (pairs.put(name, word.substring(equals + 1).strip()) != null) {
          problems.add(place.at(name), "is there twice: keep one");
        }
      }
    } else {
      problems.add(place, "is a list: write names and keys, such as {DB_USER: username}");
    }
    return pairs;
  }

  /** Words, as a list or as a text with commas. */
  private Set<String> words(Node node, Place place) {
    var words = new LinkedHashSet<String>();
    if (node instanceof Node.Sequence(var items)) {
      for (Node item : items) {
        if (item instanceof Node.Text(String word)) {
          words.add(word);
        } else {
          problems.add(place, "has an item that is no text");
        }
      }
    } else if (node instanceof Node.Text(String text)) {
      words.addAll(split(text));
    } else {
      problems.add(place, "is a mapping: write a list, such as [app, worker]");
    }
    return words;
  }

  /** What stands between the commas; nothing for a blank text. */
  static List<String> split(String text) {
    var words = new ArrayList<String>();
    int start = 0;
    while (start <= text.length() && !text.isBlank()) {
      int comma = text.indexOf(',', start);
      int end = comma < 0 ? text.length() : comma;
      words.add(text.substring(start, end).strip());
      start = end + 1;
    }
    return words;
  }

  /** A mapping's entries, each with its place. */
  private final class Section {
    final Place place;
    final Map<String, Node> nodes = new LinkedHashMap<>();
    final boolean readable;

    /**
     * @param known the keys that it may have; null for any
     */
    Section(Node node, Place place, @Nullable List<String> known) {
      this.place = place;
      this.readable = node instanceof Node.Mapping;
      if (!(node instanceof Node.Mapping(var entries))) {
        problems.add(
            place,
            known == null ? "is no mapping" : "is no mapping; known: " + String.join(", ", known));
        return;
      }
      for (var entry : entries.entrySet()) {
        String key = entry.getKey();
        Node value = entry.getValue();
        if (value instanceof Node.Written(Place written, Node inner)) {
          place.rename(key, written);
          value = inner;
        }
        if (known == null || known.contains(key)) {
          nodes.put(key, value);
        } else {
          problems.add(place.at(key), "unknown key; " + Spelling.hint(key, known));
        }
      }
    }

    Place at(String key) {
      return place.at(key);
    }

    /** The text of a key; null where it is absent, or after a problem. */
    @Nullable String text(String key) {
      Node node = nodes.get(key);
      if (node == null) {
        return null;
      }
      if (node instanceof Node.Text(String text) && !text.isBlank()) {
        return text;
      }
      problems.add(at(key), node instanceof Node.Text ? "is empty" : "is no text");
      // Said once: whoever asks again finds it absent.
      nodes.remove(key);
      return null;
    }

    @Nullable String needed(String key, String advice) {
      if (!nodes.containsKey(key)) {
        problems.add(at(key), "is missing: " + advice);
      }
      return text(key);
    }

    void refuse(String message, String... keys) {
      for (String key : keys) {
        if (nodes.containsKey(key)) {
          problems.add(at(key), message);
        }
      }
    }
  }
}
