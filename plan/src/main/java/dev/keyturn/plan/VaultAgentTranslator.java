package dev.keyturn.plan;

import dev.keyturn.plan.VaultAgentAnnotation.Suffix;
import dev.keyturn.plan.VaultAgentAnnotation.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Says in Keyturn's annotations what those of Vault Agent Injector ask for. Facts about the latter
 * are of vault-k8s 1.7 and its documentation ("Vault Agent Injector annotations").
 */
final class VaultAgentTranslator {
  private static final String PREFIX = VaultAgentAnnotation.PREFIX;
  private static final String DEFAULT_DIRECTORY = "/vault/secrets";

  /** What Vault Agent gives to a file whose mode nobody says (consul-template, "perms"). */
  private static final String DEFAULT_MODE = "0644";

  /** A mode's bits that no secret has here: execution, and writing by everybody. */
  private static final int REFUSED_BITS = 0113;

  /** The group that the agent has where only its user is said, and the other way round. */
  private static final String DEFAULT_USER = "100";

  private static final String DEFAULT_GROUP = "1000";

  /** Where the agent's container has the files of the two Secrets, and where they are here. */
  private static final Map<String, String> FILES =
      Map.of("/vault/tls/", "/keyturn/tls/", "/vault/custom/", "/keyturn/extra/");

  private static final Set<String> ACCOUNT_DIRECTORIES =
      Set.of(
          "/var/run/secrets/kubernetes.io/serviceaccount/",
          "/run/secrets/kubernetes.io/serviceaccount/");

  /** A secret that is asked for with parameters is written. */
  private static final Pattern MADE = Pattern.compile("secret\\s+(\"[^\"]*\"|`[^`]*`)\\s+[\"`(]");

  private static final Map<String, String> RESOURCES =
      Map.of(
          "agent-limits-cpu", "limits.cpu",
          "agent-limits-mem", "limits.memory",
          "agent-limits-ephemeral", "limits.ephemeral-storage",
          "agent-requests-cpu", "requests.cpu",
          "agent-requests-mem", "requests.memory",
          "agent-requests-ephemeral", "requests.ephemeral-storage");

  /** By the agent's method, ours; and by its parameters, our keys. */
  private static final Map<String, String> METHODS =
      Map.of(
          "kubernetes", "kubernetes",
          "jwt", "jwt",
          "approle", "approle",
          "cert", "cert",
          "token_file", "token");

  private final Map<String, String> own = new TreeMap<>();
  private final PodFacts facts;
  private final Problems problems = new Problems();
  private final List<Problem> warnings = new ArrayList<>();
  private final Map<String, String> result = new LinkedHashMap<>();
  private final Map<String, String> origins = new HashMap<>();

  VaultAgentTranslator(Map<String, String> annotations, PodFacts facts) {
    annotations.forEach(
        (name, value) -> {
          if (name.startsWith(PREFIX)) {
            own.put(name.substring(PREFIX.length()), value);
          }
        });
    this.facts = facts;
  }

  /** As the agent's own reader of truth values has it (strconv.ParseBool). */
  static boolean isTrue(String value) {
    return Set.of("1", "t", "T", "TRUE", "true", "True").contains(value);
  }

  Translation translate() {
    put("inject", "true", "agent-inject");
    sortOut();
    putPod();
    putVault();
    var names = new TreeMap<String, String>();
    for (String raw : rawSecrets()) {
      putSecret(raw, names);
    }
    if (flag("agent-inject-token", false)) {
      put("secret.token", "vault:auth/token/lookup-self#id", "agent-inject-token");
      putContainers("token");
    }
    origins.putIfAbsent(PodPlan.PREFIX + "vault.address", PREFIX + "service");
    origins.putIfAbsent(PodPlan.PREFIX + "vault.role", PREFIX + "role");
    origins.putIfAbsent(PodPlan.PREFIX + "vault.auth", PREFIX + "auth-type");
    boolean shareProcessNamespace = flag("agent-share-process-namespace", false);
    return new Translation(result, origins, warnings, problems.list(), shareProcessNamespace);
  }

  private void put(String annotation, String value, String origin) {
    result.put(PodPlan.PREFIX + annotation, value);
    origins.put(PodPlan.PREFIX + annotation, PREFIX + origin);
  }

  private void copy(String from, String to) {
    String value = own.get(from);
    if (value != null && !value.isBlank()) {
      put(to, value.strip(), from);
    }
  }

  private static Place place(String annotation) {
    return Place.of(PREFIX + Place.shown(annotation), "");
  }

  private void warn(String annotation, String text) {
    warnings.add(new Problem(PREFIX + Place.shown(annotation), text));
  }

  private boolean flag(String annotation, boolean fallback) {
    String value = own.get(annotation);
    if (value == null || value.isEmpty()) {
      return fallback;
    }
    if (!isTrue(value) && !Set.of("0", "f", "F", "FALSE", "false", "False").contains(value)) {
      problems.add(place(annotation), "is neither \"true\" nor \"false\"");
    }
    return isTrue(value);
  }

  /** Tells of what is ignored, refused and unknown. */
  private void sortOut() {
    for (var entry : own.entrySet()) {
      String name = entry.getKey();
      Written written = VaultAgentAnnotation.read(name);
      if (written == null) {
        String nearest =
            name.length() > Rules.MAX_LABEL ? null : Spelling.nearest(name, nearby(name));
        warn(
            name,
            "is unknown, and so ignored"
                + (nearest == null ? "" : "; did you mean '" + Place.shown(nearest) + "'?"));
        continue;
      }
      String value = entry.getValue();
      VaultAgentAnnotation of = written.of();
      boolean asksForNothing =
          value.isBlank() || value.strip().toLowerCase(Locale.ROOT).equals(of.harmless());
      switch (of.treatment()) {
        case HONOURED -> {}
        case IGNORED -> {
          if (!asksForNothing) {
            warn(name, "is ignored: " + of.text());
          }
        }
        case REFUSED -> {
          if (!asksForNothing && !isIdle(of, written.suffix())) {
            problems.add(place(name), of.text());
          }
        }
      }
    }
  }

  /** Whether a refused annotation does nothing, as another one says. */
  private boolean isIdle(VaultAgentAnnotation of, String suffix) {
    return switch (of.name()) {
      case "agent-cache-use-auto-auth-token" ->
          !flag("agent-cache-enable", false)
              || own.getOrDefault(of.name(), "").strip().equalsIgnoreCase("false");
      case "agent-inject-template-file" ->
          !own.getOrDefault("agent-inject-template-" + suffix, "").isBlank();
      default -> false;
    };
  }

  /** The names among which the one that was meant is; with a secret's name, where it has one. */
  private List<String> nearby(String name) {
    var near = new ArrayList<String>(VaultAgentAnnotation.names());
    for (String raw : rawSecrets()) {
      if (name.endsWith("-" + raw)) {
        for (VaultAgentAnnotation annotation : VaultAgentAnnotation.ALL) {
          if (annotation.suffix() == Suffix.NAMES_A_SECRET) {
            near.add(annotation.name() + "-" + raw);
          }
        }
        break;
      }
    }
    return near;
  }

  // ---- the pod -------------------------------------------------------------------------------

  private void putPod() {
    put("mount-path", directory("secret-volume-path", ""), "secret-volume-path");
    if (flag("agent-pre-populate-only", false)) {
      put("sidecar", PodPlan.SidecarKind.INIT.text(), "agent-pre-populate-only");
    }
    flag("agent-init-first", false);
    putUser();
    var resources = new ArrayList<String>();
    String first = "";
    for (var resource : new TreeMap<>(RESOURCES).entrySet()) {
      String amount = own.get(resource.getKey());
      if (amount != null) {
        String problem = Rules.quantity(amount.strip());
        if (problem != null) {
          problems.add(place(resource.getKey()), problem);
        } else {
          resources.add(resource.getValue() + "=" + amount.strip());
          first = first.isEmpty() ? resource.getKey() : first;
        }
      }
    }
    if (!resources.isEmpty()) {
      put("resources", String.join(",", resources), first);
    }
    copy("tls-secret", "tls-secret");
    copy("agent-extra-secret", "extra-secret");
    String volume = own.getOrDefault("agent-service-account-token-volume-name", "").strip();
    if (volume.isEmpty()) {
      put("audience", "", "auth-type");
    } else if (facts.tokens().containsKey(volume)) {
      put(
          "audience",
          facts.tokens().getOrDefault(volume, ""),
          "agent-service-account-token-volume-name");
    } else {
      problems.add(
          place("agent-service-account-token-volume-name"),
          "names no volume of the pod with a service account's token in it");
    }
  }

  private void putUser() {
    String user = own.getOrDefault("agent-run-as-user", "").strip();
    String group = own.getOrDefault("agent-run-as-group", "").strip();
    if (flag("agent-run-as-same-user", false)) {
      if (facts.firstUser().isEmpty() || facts.firstUser().getAsInt() == 0) {
        problems.add(
            place("agent-run-as-same-user"),
            "the pod does not say that its first container runs as a user that is not root: set"
                + " its runAsUser, or remove this");
        return;
      }
      String same = Integer.toString(facts.firstUser().getAsInt());
      put("run-as", group.isEmpty() ? same : same + ":" + group, "agent-run-as-same-user");
    } else if (user.equals("0")) {
      warn(
          "agent-run-as-user",
          "is ignored: the sidecar is never root, and need not be: remove it, or name the"
              + " application's user");
    } else if (!user.isEmpty()) {
      put("run-as", user + ":" + (group.isEmpty() ? DEFAULT_GROUP : group), "agent-run-as-user");
    } else if (!group.isEmpty()) {
      put("run-as", DEFAULT_USER + ":" + group, "agent-run-as-group");
    }
  }

  /** A directory that an annotation names, written in the one way that Keyturn takes. */
  private String directory(String annotation, String below) {
    String base = own.getOrDefault(annotation, "").strip();
    var parts = new ArrayList<String>();
    for (String part : ((base.isEmpty() ? DEFAULT_DIRECTORY : base) + "/" + below).split("/", -1)) {
      if (!part.isEmpty() && !part.equals(".")) {
        parts.add(part);
      }
    }
    return "/" + String.join("/", parts);
  }

  // ---- Vault ---------------------------------------------------------------------------------

  private void putVault() {
    String address = own.getOrDefault("service", "").strip();
    if (!address.isEmpty()) {
      put("vault.address", address, "service");
    }
    String namespace = trimmed(own.getOrDefault("namespace", ""));
    if (!namespace.isEmpty()) {
      put("vault.namespace", namespace, "namespace");
    }
    copy("tls-server-name", "vault.server-name");
    putFile("ca-cert", "vault.ca-file");
    putFile("client-cert", "vault.client-cert-file");
    putFile("client-key", "vault.client-key-file");
    if (own.containsKey("agent-revoke-on-shutdown")) {
      put(
          "vault.revoke",
          Boolean.toString(flag("agent-revoke-on-shutdown", false)),
          "agent-revoke-on-shutdown");
    }
    Duration timeout = duration("client-timeout", Duration.ofSeconds(1), Duration.ofSeconds(60));
    if (timeout != null) {
      put("vault.timeout", Interval.format(timeout), "client-timeout");
    }
    putAuth();
  }

  private static String trimmed(String path) {
    String text = path.strip();
    while (text.startsWith("/")) {
      text = text.substring(1);
    }
    while (text.endsWith("/")) {
      text = text.substring(0, text.length() - 1);
    }
    return text;
  }

  private void putAuth() {
    String type = own.getOrDefault("auth-type", "").strip();
    String method = METHODS.get(type.isEmpty() ? "kubernetes" : type);
    if (method == null) {
      problems.add(
          place("auth-type"),
          "is no method that the sidecar has: use one of "
              + String.join(", ", new TreeSet<>(METHODS.keySet())));
      // What is said for it may be right, and is not judged by another method's rules.
      put("vault.role", "unknown", "auth-type");
      return;
    }
    if (!type.isEmpty()) {
      put("vault.auth", method, "auth-type");
    }
    String mount = trimmed(own.getOrDefault("auth-path", ""));
    mount = mount.startsWith("auth/") ? mount.substring("auth/".length()) : mount;
    if (!mount.isEmpty()) {
      put("vault.auth-mount", mount, "auth-path");
    }
    boolean hasRole = method.equals("kubernetes") || method.equals("jwt");
    for (var entry : own.entrySet()) {
      Written written = VaultAgentAnnotation.read(entry.getKey());
      if (written != null && written.of().name().equals("auth-config")) {
        putParameter(entry.getKey(), written.suffix().replace('_', '-'), method);
      }
    }
    String role = own.getOrDefault("role", "").strip();
    if (!role.isEmpty()) {
      if (hasRole) {
        put("vault.role", role, "role");
      } else {
        warn("role", "is ignored: auth-type " + type + " has none");
      }
    }
  }

  /** One {@code auth-config-NAME}. */
  private void putParameter(String annotation, String parameter, String method) {
    switch (method + " " + parameter) {
      case "kubernetes role", "jwt role", "cert name" -> copy(annotation, "vault.role");
      case "kubernetes token-path", "jwt path", "token token-file-path" ->
          putFile(annotation, "vault.token-file");
      case "approle role-id-file-path" -> putFile(annotation, "vault.role-id-file");
      case "approle secret-id-file-path" -> putFile(annotation, "vault.secret-id-file");
      case "approle secret-id-response-wrapping-path" -> put("vault.wrapped", "true", annotation);
      case "approle remove-secret-id-file-after-reading",
          "jwt remove-jwt-after-reading",
          "token remove-token-file-after-reading" -> {
        if (isTrue(own.getOrDefault(annotation, "true"))) {
          warn(annotation, "is ignored: the files of a Secret can't be removed");
        }
      }
      case "cert ca-cert" -> putFile(annotation, "vault.ca-file");
      case "cert client-cert" -> putFile(annotation, "vault.client-cert-file");
      case "cert client-key" -> putFile(annotation, "vault.client-key-file");
      default -> warn(annotation, "is ignored: the sidecar has no such setting for its method");
    }
  }

  private void putFile(String annotation, String to) {
    String path = own.getOrDefault(annotation, "").strip();
    if (path.isEmpty()) {
      return;
    }
    for (var directory : FILES.entrySet()) {
      if (path.startsWith(directory.getKey())) {
        put(to, directory.getValue() + path.substring(directory.getKey().length()), annotation);
        return;
      }
    }
    for (String directory : ACCOUNT_DIRECTORIES) {
      if (path.equals(directory + "ca.crt") || path.equals(directory + "token")) {
        put(to, "/keyturn/identity/" + path.substring(directory.length()), annotation);
        return;
      }
    }
    boolean token = to.equals("vault.token-file");
    if (token && own.containsKey("agent-service-account-token-volume-name")) {
      put(to, "/keyturn/identity/token", annotation);
      return;
    }
    problems.add(
        place(annotation),
        "the sidecar has no such file: put it into the Secret of tls-secret (/vault/tls) or"
            + " agent-extra-secret (/vault/custom)");
    // So that nobody says that it is missing, too.
    put(to, "/keyturn/tls/unknown", annotation);
  }

  // ---- secrets -------------------------------------------------------------------------------

  /** The names of all secrets as they are written: what has a path or a template. */
  private Set<String> rawSecrets() {
    var raw = new TreeSet<String>();
    for (var entry : own.entrySet()) {
      Written written = VaultAgentAnnotation.read(entry.getKey());
      if (written != null
          && !entry.getValue().isBlank()
          && Set.of("agent-inject-secret", "agent-inject-template").contains(written.of().name())) {
        raw.add(written.suffix());
      }
    }
    return raw;
  }

  private String of(String annotation, String raw) {
    return own.getOrDefault(annotation + "-" + raw, "");
  }

  /**
   * @param names of the files so far, each with the annotation that it comes from
   */
  private void putSecret(String raw, Map<String, String> names) {
    String path = trimmed(of("agent-inject-secret", raw));
    String text = of("agent-inject-template", raw);
    boolean hasTemplate = !text.isBlank();
    String origin = (hasTemplate ? "agent-inject-template-" : "agent-inject-secret-") + raw;
    String file = fileOf(raw);
    String base = own.containsKey("secret-volume-path-" + raw) ? "-" + raw : "";
    String whole = directory("secret-volume-path" + base, file);
    String name = whole.substring(whole.lastIndexOf('/') + 1);
    String nameOrigin = own.containsKey("agent-inject-file-" + raw) ? "agent-inject-file-" : "";
    String told = nameOrigin.isEmpty() ? origin : nameOrigin + raw;
    if (Rules.name(name) != null || file.contains("..")) {
      problems.add(
          place(told),
          "a file's name is 1 to "
              + Rules.MAX_NAME
              + " letters, digits, '.', '_' and '-', and has no '..': set agent-inject-file-NAME");
      return;
    }
    String before = names.putIfAbsent(name, told);
    if (before != null) {
      problems.add(
          place(told),
          "makes a file of the same name as "
              + PREFIX
              + Place.shown(before)
              + ", in whatever directory: choose another name");
      return;
    }
    if (!hasTemplate) {
      text = defaultTemplate(path, origin);
    }
    put("template." + name, text, origin);
    if (hasTemplate) {
      copySecret("agent-template-left-delim", raw, "left-delimiter", name);
      copySecret("agent-template-right-delim", raw, "right-delimiter", name);
    }
    if (flag("error-on-missing-key-" + raw, false)) {
      put("error-on-missing-key." + name, "true", "error-on-missing-key-" + raw);
    }
    String parent = whole.substring(0, whole.lastIndexOf('/'));
    if (!parent.equals(directory("secret-volume-path", ""))) {
      put("mount-path." + name, parent, base.isEmpty() ? told : "secret-volume-path" + base);
    }
    putMode(raw, name);
    putContainers(name);
    if (!flag("agent-pre-populate", true)) {
      put("required." + name, "false", "agent-pre-populate");
    }
    Duration interval =
        duration(
            "template-static-secret-render-interval", Duration.ofSeconds(1), Duration.ofHours(24));
    if (interval != null && !isMade(text)) {
      put("refresh." + name, Interval.format(interval), "template-static-secret-render-interval");
    }
    putCommand(raw, name);
  }

  private String fileOf(String raw) {
    String file = of("agent-inject-file", raw).strip();
    boolean asWritten =
        own.containsKey("preserve-secret-case-" + raw)
            ? flag("preserve-secret-case-" + raw, false)
            : flag("preserve-secret-case", false);
    return !file.isEmpty() ? file : asWritten ? raw : raw.toLowerCase(Locale.ROOT);
  }

  private void copySecret(String from, String raw, String to, String name) {
    String value = of(from, raw);
    if (!value.isBlank()) {
      put(to + "." + name, value, from + "-" + raw);
    }
  }

  /** What the agent makes of a secret without a template. */
  private String defaultTemplate(String path, String origin) {
    if (path.indexOf('"') >= 0 || path.indexOf('\\') >= 0) {
      problems.add(place(origin), "holds a quote or a backslash, which no path has");
    }
    String kind = own.getOrDefault("agent-inject-default-template", "").strip();
    return switch (kind.toLowerCase(Locale.ROOT)) {
      case "", "map" ->
          "{{ with secret \""
              + path
              + "\" }}{{ range $key, $value := .Data }}{{ $key }}: {{ $value }}\n"
              + "{{ end }}{{ end }}";
      case "json" -> "{{ with secret \"" + path + "\" }}{{ toJSON .Data }}\n{{ end }}";
      default -> {
        problems.add(place("agent-inject-default-template"), "is neither map nor json");
        yield "any";
      }
    };
  }

  /** Whether a template has something made, which must not be made again at each look. */
  private static boolean isMade(String text) {
    return text.contains("pkiCert") || MADE.matcher(text).find();
  }

  private void putMode(String raw, String name) {
    String perms = of("agent-inject-perms", raw).strip();
    if (perms.isEmpty()) {
      put("mode." + name, DEFAULT_MODE, "agent-inject-perms-" + raw);
      return;
    }
    int bits = -1;
    if (perms.length() <= 6) {
      try {
        bits = Integer.parseInt(perms, 8);
      } catch (NumberFormatException e) {
        // said below
      }
    }
    if (bits <= 0 || bits > 0777) {
      problems.add(place("agent-inject-perms-" + raw), "is no mode: three or four octal digits");
      return;
    }
    if ((bits & REFUSED_BITS) != 0) {
      warn(
          "agent-inject-perms-" + raw,
          "is made "
              + octal(bits & ~REFUSED_BITS)
              + ": nobody executes a secret, and not everybody writes one; source a script with '.'"
              + " or give it to sh");
    }
    put("mode." + name, octal(bits & ~REFUSED_BITS), "agent-inject-perms-" + raw);
  }

  private static String octal(int bits) {
    return String.format(Locale.ROOT, "%04o", bits);
  }

  /** The containers that are named, and all init containers, which there have every secret. */
  private void putContainers(String name) {
    String named = own.get("agent-inject-containers");
    if (named == null || named.isBlank()) {
      return;
    }
    var containers = new ArrayList<String>();
    for (String container : PlanReader.split(named)) {
      if (facts.containers().contains(container)) {
        containers.add(container);
      } else if (result.keySet().stream().noneMatch(k -> k.contains("containers."))) {
        warn(
            "agent-inject-containers",
            "names '" + Place.shown(container) + "', which is no container of the pod");
      }
    }
    containers.addAll(facts.initContainers());
    put("containers." + name, String.join(",", containers), "agent-inject-containers");
  }

  private void putCommand(String raw, String name) {
    String command = of("agent-inject-command", raw);
    String annotation = "agent-inject-command-" + raw;
    switch (AgentCommand.read(command)) {
      case AgentCommand.Done(String onChange) -> {
        if (flag("agent-pre-populate-only", false)) {
          warn(annotation, "is ignored: with agent-pre-populate-only nothing changes later on");
        } else {
          put("on-change." + name, onChange, annotation);
        }
      }
      case AgentCommand.NotNeeded _ -> {
        if (!command.isBlank()) {
          warn(
              annotation,
              "is ignored: the sidecar has no shell; the file's mode is set by agent-inject-perms");
        }
      }
      case AgentCommand.Unknown _ ->
          problems.add(
              place(annotation),
              "needs a shell or a program that the sidecar does not have: a signal (kill -HUP"
                  + " $(pidof NAME)) or a local call (curl -X POST http://localhost:8080/reload)"
                  + " works, and so does keyturn.dev/on-change");
    }
  }

  /** A duration as Go and Vault write it, brought within bounds; null where there is none. */
  private @Nullable Duration duration(String annotation, Duration least, Duration most) {
    String text = own.getOrDefault(annotation, "").strip();
    if (text.isEmpty()) {
      return null;
    }
    long millis = millis(text);
    if (millis < 0) {
      problems.add(place(annotation), "is no duration, such as 30s, 5m or 1h30m");
      return null;
    }
    Duration given = Duration.ofMillis(millis);
    return given.compareTo(least) < 0 ? least : given.compareTo(most) > 0 ? most : given;
  }

  /** A number of seconds, or numbers with their units; -1 where it is neither. */
  private static long millis(String text) {
    long millis = 0;
    int at = 0;
    while (at < text.length()) {
      int digits = at;
      while (digits < text.length() && digits - at < 9 && Rules.isDigit(text.charAt(digits))) {
        digits++;
      }
      int end = digits;
      while (end < text.length() && Rules.isLetter(text.charAt(end))) {
        end++;
      }
      boolean seconds = at == 0 && end == digits && end == text.length();
      Duration part =
          digits == at ? null : Interval.parse(text.substring(at, end) + (seconds ? "s" : ""));
      if (part == null) {
        return -1;
      }
      millis += part.toMillis();
      at = end;
    }
    return millis;
  }
}
