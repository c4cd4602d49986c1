package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** What holds for any input, not only for the ones that somebody thought of. */
class PlanPropertiesTest {

  @Property(tries = 300)
  void aPlanReadsBackFromItsJson(@ForAll("plans") Plan plan) {
    String json = plan.toJson();
    assertThat(Plan.parseJson(json)).isEqualTo(plan);
    assertThat(Plan.parseYaml(json)).as("JSON is YAML").isEqualTo(plan);
    assertThat(Plan.parseJson(json).toJson()).as("order is kept").isEqualTo(json);
  }

  @Property(tries = 1000)
  void anyTextIsRefusedOrAHarmlessPlan(@ForAll("texts") String text) {
    List<Plan> plans = new ArrayList<>();
    try {
      plans.add(Plan.parseYaml(text));
    } catch (PlanException e) {
      assertThat(e.problems()).isNotEmpty();
    }
    try {
      plans.add(Plan.parseJson(text));
    } catch (PlanException e) {
      assertThat(e.problems()).isNotEmpty();
    }
    for (Plan plan : plans) {
      assertHarmless(plan);
    }
  }

  @Property(tries = 1000)
  void anyAnnotationsAreRefusedOrAHarmlessPlan(
      @ForAll("annotations") Map<String, String> annotations,
      @ForAll("vaultDefaults") Map<String, String> vaultDefaults) {
    try {
      Optional<PodPlan> pod =
          PodPlan.parse(annotations, vaultDefaults, Map.of("namespace", "shop"));
      pod.ifPresent(
          p -> {
            assertHarmless(p.plan());
            assertThat(p.mountPath()).matches("/[A-Za-z0-9._/-]+").doesNotContain("..");
          });
    } catch (PlanException e) {
      assertThat(e.problems())
          .isNotEmpty()
          .allMatch(
              problem ->
                  problem.key().startsWith("keyturn.dev/")
                      || problem.key().contains("(set by the operator or the namespace)")
                      || problem.key().equals("more"));
    }
  }

  private static void assertHarmless(Plan plan) {
    for (SecretSpec secret : plan.secrets()) {
      assertThat(secret.name()).matches("[A-Za-z0-9][A-Za-z0-9._-]{0,49}").doesNotContain("..");
      assertThat(secret.from().orElseThrow().path().split("/", -1)).doesNotContain("..", ".");
      assertThat(secret.from().orElseThrow().toString().codePoints())
          .noneMatch(Character::isISOControl);
      for (Action action : secret.onChange()) {
        assertThat(action.timeout()).isBetween(Duration.ofSeconds(1), Duration.ofMinutes(1));
        if (action instanceof Action.Http(URI url, _, _)) {
          assertThat(url.getHost()).matches("localhost|127\\.[0-9.]+|\\[::1]");
        }
        if (action instanceof Action.Command(List<String> arguments, _)) {
          assertThat(arguments.getFirst()).startsWith("/").doesNotContain("..");
        }
      }
      assertThat(secret.hosts()).allMatch(host -> host.matches("(\\*\\.)?[a-z0-9.-]+(:[0-9]+)?"));
      assertThat(secret.env().orElse(Map.of()).keySet())
          .allMatch(name -> name.matches("[A-Za-z_][A-Za-z0-9_]*"))
          .noneMatch(name -> name.startsWith("LD_"));
      assertThat(secret.mode())
          .doesNotContain(
              PosixFilePermission.OTHERS_WRITE,
              PosixFilePermission.OWNER_EXECUTE,
              PosixFilePermission.GROUP_EXECUTE,
              PosixFilePermission.OTHERS_EXECUTE);
    }
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
  }

  @Provide
  Arbitrary<Plan> plans() {
    Arbitrary<VaultAuth> auths =
        Arbitraries.of(
            new VaultAuth.Kubernetes("kubernetes", "shop", "/keyturn/identity/token"),
            new VaultAuth.Kubernetes("k8s/é", "a role", "token"),
            new VaultAuth.Jwt("jwt", Optional.empty(), "/run/jwt"),
            new VaultAuth.Jwt("ci", Optional.of("r"), "jwt"),
            new VaultAuth.AppRole("approle", "/r", Optional.empty(), false),
            new VaultAuth.AppRole("approle", "r", Optional.of("s"), false),
            new VaultAuth.AppRole("approle", "r", Optional.of("s"), true),
            new VaultAuth.Cert("cert", Optional.of("web")),
            new VaultAuth.Cert("c", Optional.empty()),
            new VaultAuth.TokenFile("/token", false),
            new VaultAuth.TokenFile("/token", true));
    String ca = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n";
    Arbitrary<VaultSettings> vaults =
        Combinators.combine(
                Arbitraries.of("https://vault:8200", "http://[::1]:8200", "https://v.example"),
                auths,
                Arbitraries.of("a", "a/b").optional(),
                Arbitraries.integers().between(0, 2),
                Arbitraries.of("vault.example", "10.0.0.1").optional(),
                Arbitraries.of(true, false),
                Arbitraries.integers().between(1000, 60_000))
            .as(
                (address, auth, namespace, trust, serverName, flag, timeout) ->
                    new VaultSettings(
                        URI.create(address),
                        auth,
                        namespace,
                        trust == 1 ? Optional.of(ca) : Optional.empty(),
                        trust == 2 ? Optional.of("/etc/ca.pem") : Optional.empty(),
                        serverName,
                        flag || auth instanceof VaultAuth.Cert
                            ? Optional.of(new ClientCertificate("/c", "k"))
                            : Optional.empty(),
                        flag,
                        Duration.ofMillis(timeout)));
    Arbitrary<List<SecretSpec>> secrets =
        secrets().list().ofMinSize(1).ofMaxSize(5).uniqueElements(SecretSpec::name);
    return Combinators.combine(vaults, secrets)
        .as((vault, list) -> new Plan(Optional.of(vault), withoutClashes(list)));
  }

  /** Names for the agent are the secret's own, so that no two secrets clash. */
  private static List<SecretSpec> withoutClashes(List<SecretSpec> secrets) {
    var result = new ArrayList<SecretSpec>();
    for (SecretSpec s : secrets) {
      int number = result.size();
      result.add(
          new SecretSpec(
              s.name(),
              s.from(),
              s.template(),
              s.format(),
              s.env().map(env -> numbered(env, number)),
              numbered(s.properties(), number),
              s.givenMode(),
              s.owner(),
              s.containers(),
              s.givenRefresh(),
              s.required(),
              s.onChange(),
              s.group()
                  .filter(
                      g -> secrets.stream().filter(o -> o.group().equals(s.group())).count() > 1),
              s.storePassword(),
              s.expose(),
              s.hosts()));
    }
    return result;
  }

  private static Map<String, String> numbered(Map<String, String> names, int number) {
    var result = new HashMap<String, String>();
    names.forEach((name, key) -> result.put(name + "_" + number, key));
    return result;
  }

  private static Arbitrary<SecretSpec> secrets() {
    Arbitrary<String> names =
        Arbitraries.strings()
            .withChars("abcXYZ019._-")
            .ofMinLength(1)
            .ofMaxLength(50)
            .filter(name -> Character.isLetterOrDigit(name.charAt(0)) && !name.contains(".."));
    Arbitrary<Map<String, String>> agentNames =
        Arbitraries.maps(
                Arbitraries.of("A", "DB_PASSWORD", "_x", "e9"),
                Arbitraries.of("", "key", "a \"key\"", "ключ"))
            .ofMaxSize(3);
    Arbitrary<Duration> refreshes =
        Arbitraries.longs().between(1000, 24 * 3600 * 1000).map(Duration::ofMillis);
    Arbitrary<Set<PosixFilePermission>> modes =
        Arbitraries.of(
                PosixFilePermission.OWNER_WRITE,
                PosixFilePermission.GROUP_READ,
                PosixFilePermission.GROUP_WRITE,
                PosixFilePermission.OTHERS_READ)
            .set()
            .map(
                set -> {
                  set.add(PosixFilePermission.OWNER_READ);
                  return set;
                });
    Arbitrary<Owner> owners =
        Combinators.combine(
                Arbitraries.integers().greaterOrEqual(0), Arbitraries.integers().greaterOrEqual(0))
            .as(Owner::new);
    return Combinators.combine(
            names,
            Combinators.combine(ReferenceTest.references(), Arbitraries.of(Format.class))
                .as(Map::entry),
            agentNames.optional(),
            agentNames,
            Combinators.combine(modes.optional(), owners.optional()).as(Map::entry),
            Combinators.combine(
                    Arbitraries.of("app", "worker", "a-1").set().ofMaxSize(2),
                    Arbitraries.of("a", "*.b.example", "c-1.example:8443", "10.0.0.1")
                        .set()
                        .ofMaxSize(4))
                .as(Map::entry),
            Combinators.combine(refreshes.optional(), Arbitraries.of(true, false)).as(Map::entry),
            Combinators.combine(
                    actions().list().ofMaxSize(8), Arbitraries.of("g", "tls.1").optional())
                .as(Map::entry))
        .as(
            (name, what, env, properties, file, where, time, change) -> {
              Reference from = what.getKey();
              boolean one = from.isOneField();
              Format format =
                  switch (what.getValue()) {
                    case RAW -> one ? Format.RAW : Format.YAML;
                    case PEM, PKCS12, JKS -> one ? Format.ENV : what.getValue();
                    case PROPERTIES, ENV, JSON, YAML -> what.getValue();
                  };
              return new SecretSpec(
                  name,
                  Optional.of(from),
                  Optional.empty(),
                  format,
                  env.map(names_ -> agentNames(names_, one, format)),
                  agentNames(properties, one, format),
                  file.getKey(),
                  file.getValue(),
                  where.getKey(),
                  time.getKey(),
                  time.getValue(),
                  change.getKey(),
                  change.getValue(),
                  format.isStore() ? "open-\"sesame\"" : "changeit",
                  time.getValue() ? Expose.VALUE : Expose.STAND_IN,
                  List.copyOf(where.getValue()));
            });
  }

  private static Arbitrary<Action> actions() {
    Arbitrary<Duration> timeouts =
        Arbitraries.integers().between(1000, 60_000).map(Duration::ofMillis);
    Arbitrary<Action.Target> targets =
        Arbitraries.oneOf(
            Arbitraries.of("nginx", "a b", "ключ").map(Action.Target.ProcessName::new),
            Arbitraries.integers().between(1, 65_535).map(Action.Target.PortOwner::new));
    Arbitrary<Action> signals =
        Combinators.combine(Arbitraries.of("HUP", "WINCH"), targets, timeouts)
            .as(Action.Signal::new);
    Arbitrary<Action> calls =
        Combinators.combine(
                Arbitraries.of("http://localhost/%20?a=b", "https://[::1]:1", "http://127.9.0.1/"),
                Arbitraries.of("GET", "POST", "PUT"),
                timeouts)
            .as((url, method, timeout) -> new Action.Http(URI.create(url), method, timeout));
    Arbitrary<Action> commands =
        Combinators.combine(Arbitraries.of("", "{", "#", "é", "a b").list().ofMaxSize(5), timeouts)
            .as(
                (words, timeout) -> {
                  var arguments = new ArrayList<>(List.of("/bin/x"));
                  arguments.addAll(words);
                  return new Action.Command(arguments, timeout);
                });
    return Arbitraries.oneOf(signals, calls, commands);
  }

  private static Map<String, String> agentNames(
      Map<String, String> names, boolean oneField, Format format) {
    return switch (format) {
      case PKCS12, JKS -> Map.of();
      case PEM -> emptied(names);
      case RAW, PROPERTIES, ENV, JSON, YAML -> oneField ? emptied(names) : names;
    };
  }

  private static Map<String, String> emptied(Map<String, String> names) {
    var result = new HashMap<String, String>();
    names.forEach((name, key) -> result.put(name, ""));
    return result;
  }

  /** Texts near a plan: its words and its punctuation, in any order. */
  @Provide
  Arbitrary<String> texts() {
    Arbitrary<String> pieces =
        Arbitraries.frequencyOf(
            Tuple.of(
                12,
                Arbitraries.of(
                    "{",
                    "}",
                    "[",
                    "]",
                    ": ",
                    ", ",
                    "\n",
                    "  ",
                    "- ",
                    "\"",
                    "'",
                    "&a ",
                    "*a",
                    "!t ",
                    "|\n ",
                    "---\n",
                    "? ",
                    "# ",
                    "%YAML 1.2\n",
                    "\t",
                    "~",
                    "secrets",
                    "vault",
                    "from",
                    "env",
                    "mode",
                    "0400",
                    "file:a",
                    "vault:a/b#c",
                    "..",
                    "${namespace}")),
            Tuple.of(1, Arbitraries.strings().ofMaxLength(5)));
    Arbitrary<String> soup = pieces.list().ofMaxSize(30).map(list -> String.join("", list));
    return Arbitraries.oneOf(soup, soup.flatMap(PlanPropertiesTest::inserted));
  }

  private static Arbitrary<String> inserted(String soup) {
    String plan =
        """
        {"vault": {"address": "https://v", "role": "r"},
         "secrets": {"a": {"from": "vault:a/b#c", "env": {"A": "c"}, "mode": "0440",
                           "on-change": [{"signal": "HUP", "port": 80}]},
                     "b": "file:/x/y.json", "c": "vault:a/b?c=d%20"}}
        """;
    String short_ = soup.substring(0, Math.min(6, soup.length()));
    return Combinators.combine(
            Arbitraries.integers().between(0, plan.length()), Arbitraries.integers().between(0, 4))
        .as(
            (at, removed) ->
                plan.substring(0, at)
                    + short_
                    + plan.substring(Math.min(plan.length(), at + removed)));
  }

  @Provide
  Arbitrary<Map<String, String>> annotations() {
    Arbitrary<String> keys =
        Arbitraries.oneOf(
            Arbitraries.of(
                "inject",
                "plan",
                "secret.a",
                "secret.b",
                "secret.a..b",
                "secret.",
                "format.a",
                "env.a",
                "env.c",
                "properties.b",
                "mode.a",
                "owner.a",
                "containers.b",
                "refresh.a",
                "required.a",
                "on-change.a",
                "group.a",
                "group.b",
                "store-password.a",
                "expose.a",
                "hosts.a",
                "vault.wrapped",
                "vault.client-cert-file",
                "vault.client-key-file",
                "vault.timeout",
                "vault.address",
                "vault.auth",
                "vault.role",
                "vault.token-file",
                "vault.ca",
                "java-agent",
                "java-agent-containers",
                "java-agent-options",
                "mount-path",
                "sidecar",
                "run-as",
                "audience",
                "status",
                "from.a",
                "."),
            Arbitraries.strings().withCharRange('a', 'z').withChars(".-").ofMaxLength(10));
    Arbitrary<String> values =
        Arbitraries.oneOf(
            Arbitraries.of(
                "true",
                "false",
                "vault:a/${namespace}",
                "vault:a/b#c",
                "vault:a/b?c=${namespace}%20",
                "[{signal: HUP, process: nginx}, {http: 'http://localhost/'}]",
                "[{command: [/a, b], timeout: 5s}]",
                "pkcs12",
                "pem",
                "cert",
                "file:/a/b.json",
                "file:a",
                "json",
                "raw",
                "A=b",
                "A=b,B=c",
                "0440",
                "1:1",
                "0",
                "5",
                "app,worker",
                "10s",
                "https://v",
                "kubernetes",
                "approle",
                "/keyturn/x",
                "/etc",
                "/srv/s",
                "init",
                ""),
            texts());
    return Arbitraries.maps(keys.map(key -> "keyturn.dev/" + key), values)
        .ofMaxSize(8)
        .map(
            map -> {
              var injected = new HashMap<>(map);
              injected.putIfAbsent("keyturn.dev/inject", "true");
              injected.put("example.com/other", "x");
              return injected;
            });
  }

  @Provide
  Arbitrary<Map<String, String>> vaultDefaults() {
    return Arbitraries.of(
        Map.of(),
        Map.of("address", "https://v", "role", "${serviceaccount}"),
        Map.of("address", "https://v", "role", "shop", "ca-file", "/etc/ca.pem"),
        Map.of("adress", "nonsense"));
  }
}
