package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PlanTest {
  private static final String WHOLE =
      """
      vault:
        address: https://vault:8200
        namespace: team/a
        ca-file: /etc/ca.pem
        server-name: vault.example
        client-cert-file: /c.pem
        client-key-file: /k.pem
        revoke: false
        timeout: 2500ms
        auth: kubernetes
        auth-mount: k8s/prod
        role: shop
      secrets:
        db:
          from: vault:database/creds/shop
          format: json
          env: {DB_USER: username, DB_PASSWORD: password}
          properties: {db.user: username}
          mode: 0440
          owner: "1000:2000"
          containers: [app, worker]
          refresh: 1500ms
          required: false
          group: tls
          on-change:
            - {signal: HUP, process: nginx}
            - {signal: USR1, port: 8080, timeout: 60s}
            - {http: "http://127.0.0.1:8080/reload?a=b", method: PUT}
            - {http: "https://localhost"}
            - {command: [/bin/reload, "", "now #1"], timeout: 1s}
          expose: stand-in
          hosts: [api.example.com, "*.example.org:8443", 10.0.0.1]
        token: vault:secret/data/app?version=3&decode=base64#token
        app.conf: file:conf/app.conf
        web:
          from: vault:pki/issue/web?common_name=web.example
          format: pkcs12
          store-password: opensesame
          group: tls
      """;

  @Test
  void aSecretMayNameSeveralPlaces() {
    Plan plan =
        Plan.parseYaml(
            """
            vault: {address: 'https://v', role: r}
            secrets:
              a: {from: ['vault:a/b#c', 'k8s:secret/b#d']}
              b: 'vault:a/b | c | k8s:secret/b'
            """);
    assertThat(plan.secrets().get(0).references())
        .containsExactly(Reference.parse("vault:a/b#c"), Reference.parse("k8s:secret/b#d"));
    assertThat(plan.secrets().get(1).origin()).isEqualTo("vault:a/b | c | k8s:secret/b");
    assertThat(plan.secrets().get(1).fallbacks()).hasSize(1);
    assertThat(plan.paths(Source.K8S)).containsExactly("secret/b");
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        "{secrets: {a: 'k8s:secret/a#b | k8s:secret/c', b: {from: []}, c: 'file:c |"
                            + " vault:a/b?x=y'}}")))
        .anyMatch(problem -> problem.contains("has one field here"))
        .anyMatch(problem -> problem.contains("secrets.b.from: is no list of references"))
        .anyMatch(problem -> problem.contains("has a fallback with what is made"))
        .anyMatch(problem -> problem.contains("vault.address: is missing"));
  }

  @Test
  void aSectionSetsASourceUp() {
    Plan plan = Plan.parseYaml("{kubernetes: {access: volume}, secrets: {a: 'k8s:secret/app'}}");
    assertThat(plan.setting("kubernetes", "access")).contains("volume");
    assertThat(plan.setting("kubernetes", "other")).isEmpty();
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        "{kubernetes: {acess: api, access: ftp}, secrets: {a: 'file:a'}}")))
        .anyMatch(problem -> problem.contains("did you mean 'access'?"))
        .anyMatch(problem -> problem.contains("kubernetes.access: is one of api and volume"));
  }

  @Test
  void everyKeyOfAPlanIsRead() {
    Plan plan = Plan.parseYaml(WHOLE);
    assertThat(plan.vault())
        .contains(
            new VaultSettings(
                URI.create("https://vault:8200"),
                new VaultAuth.Kubernetes("k8s/prod", "shop", "/keyturn/identity/token"),
                Optional.of("team/a"),
                Optional.empty(),
                Optional.of("/etc/ca.pem"),
                Optional.of("vault.example"),
                Optional.of(new ClientCertificate("/c.pem", "/k.pem")),
                false,
                Duration.ofMillis(2500)));
    assertThat(plan.secrets())
        .containsExactly(
            new SecretSpec(
                "db",
                Optional.of(Reference.parse("vault:database/creds/shop")),
                Optional.empty(),
                Format.JSON,
                Optional.of(Map.of("DB_USER", "username", "DB_PASSWORD", "password")),
                Map.of("db.user", "username"),
                Optional.of(PosixFilePermissions.fromString("r--r-----")),
                Optional.of(new Owner(1000, 2000)),
                Set.of("app", "worker"),
                Optional.of(Duration.ofMillis(1500)),
                false,
                List.of(
                    new Action.Signal(
                        "HUP", new Action.Target.ProcessName("nginx"), Duration.ofSeconds(10)),
                    new Action.Signal(
                        "USR1", new Action.Target.PortOwner(8080), Duration.ofSeconds(60)),
                    new Action.Http(
                        URI.create("http://127.0.0.1:8080/reload?a=b"),
                        "PUT",
                        Duration.ofSeconds(10)),
                    new Action.Http(
                        URI.create("https://localhost"), "POST", Duration.ofSeconds(10)),
                    new Action.Command(
                        List.of("/bin/reload", "", "now #1"), Duration.ofSeconds(1))),
                Optional.of("tls"),
                "changeit",
                Expose.STAND_IN,
                List.of("api.example.com", "*.example.org:8443", "10.0.0.1")),
            secret("token", "vault:secret/data/app?version=3&decode=base64#token", Format.RAW),
            secret("app.conf", "file:conf/app.conf", Format.RAW),
            new SecretSpec(
                "web",
                Optional.of(Reference.parse("vault:pki/issue/web?common_name=web.example")),
                Optional.empty(),
                Format.PKCS12,
                Optional.empty(),
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Set.of(),
                Optional.empty(),
                true,
                List.of(),
                Optional.of("tls"),
                "opensesame",
                Expose.VALUE,
                List.of()));
  }

  private static SecretSpec secret(String name, String from, Format format) {
    return new SecretSpec(
        name,
        Optional.of(Reference.parse(from)),
        Optional.empty(),
        format,
        Optional.empty(),
        Map.of(),
        Optional.empty(),
        Optional.empty(),
        Set.of(),
        Optional.empty(),
        true,
        List.of(),
        Optional.empty(),
        "changeit",
        Expose.VALUE,
        List.of());
  }

  @Test
  void aSecretMayGoToThirtyTwoHosts() {
    String hosts = IntStream.range(0, 32).mapToObj(i -> "h" + i).collect(Collectors.joining(","));
    assertThat(Plan.parseYaml("secrets: {a: {from: 'file:a', hosts: '" + hosts + "'}}").secrets())
        .singleElement()
        .satisfies(secret -> assertThat(secret.hosts()).hasSize(32).startsWith("h0", "h1"));
    String more = "secrets: {a: {from: 'file:a', hosts: '" + hosts + ",*.h'}}";
    assertThat(problems(() -> Plan.parseYaml(more)))
        .containsExactly("secrets.a.hosts: has more than 32 hosts");
  }

  @Test
  void jsonReadsBackToAnEqualPlan() {
    Plan plan = Plan.parseYaml(WHOLE);
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
  }

  @Test
  void allProblemsOfAPlanAreToldTogether() {
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        """
                        vualt: {}
                        secrets:
                          db: {form: vault:a/b, format: jsno, refresh: 500ms, mode: 0777}
                          db: vault:a/b
                          ../x: file:a/../b
                          a: {from: "vault:secret/data/a", format: raw, env: {PATH: x}}
                        """)))
        .containsExactly(
            "secrets.db: is there twice: keep one",
            "vualt: unknown key; did you mean 'vault'?",
            "secrets.db.form: unknown key; did you mean 'from'?",
            "secrets.db.from: is missing: say where the secret is: vault:secret/data/app#password",
            "secrets.db.format: unknown format; did you mean 'json'?",
            "secrets.db.mode: lets a secret be executed: a mode is at most 0664",
            "secrets.db.refresh: is not within 1s and 24h",
            "secrets.../x: the path has a '.' or '..' segment: write it out",
            "secrets.../x: a secret's name is 1 to 50 letters, digits, '.', '_' and '-', starts with"
                + " a letter, a digit or one '.', and has no '..'",
            "secrets.a.format: raw is one field's bytes: name the field with '#key', or choose"
                + " another format",
            "secrets.a.env.PATH: this one decides which programs and libraries run: choose another"
                + " name",
            "vault.address: is missing, though a secret is in vault: say where the server is:"
                + " https://vault:8200");
  }

  @Test
  void aContainerSeesItsOwnSecretsAndThoseForAll() {
    Plan plan = Plan.parseYaml(WHOLE);
    assertThat(plan.visibleTo("app"))
        .extracting(SecretSpec::name)
        .containsExactly("db", "token", "app.conf", "web");
    assertThat(plan.visibleTo("proxy"))
        .extracting(SecretSpec::name)
        .containsExactly("token", "app.conf", "web");
    assertThat(plan.visibleTo("keyturn")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "format | jsno | did you mean 'json'?",
        "format | '' | is empty",
        "format | [json] | is no text",
        "mode | 400 | write four octal digits",
        "mode | 0o400 | write four octal digits",
        "mode | 01400 | write four octal digits",
        "mode | 4400 | write four octal digits",
        "mode | 0900 | write four octal digits",
        "mode | 0500 | lets a secret be executed",
        "mode | 0446 | lets everybody write",
        "mode | '0000' | lets nobody read",
        "mode | 0200 | lets nobody read",
        "owner | 1000 | is no owner",
        "owner | app:app | is no owner",
        "owner | '1:2147483648' | is no owner",
        "owner | '-1:0' | is no owner",
        "containers | [App] | a container's name is",
        "containers | [keyturn-init] | Keyturn adds itself",
        "containers | {app: x} | is a mapping",
        "containers | [[app]] | an item that is no text",
        "refresh | 10 | is no duration",
        "refresh | 1.5s | is no duration",
        "refresh | 10d | is no duration",
        "refresh | 500ms | is not within 1s and 24h",
        "refresh | 25h | is not within 1s and 24h",
        "required | yes | is neither true nor false",
        "env | [DB] | is a list",
        "env | DB_USER | is no list of NAME=key",
        "env | \"A=a,A=b\" | env.A: is there twice",
        "env | {1DB: a} | an environment name is",
        "env | {DB-USER: a} | an environment name is",
        "env | {JAVA_TOOL_OPTIONS: a} | the JVM reads this one itself",
        "env | {JDK_JAVA_OPTIONS: a} | the JVM reads this one itself",
        "env | {PATH: a} | decides which programs",
        "env | {LD_PRELOAD: a} | decides which programs",
        "env | {KEYTURN_PLAN: a} | Keyturn's own settings",
        "env | {DB: [a]} | is no text",
        "properties | {java.home: a} | the JVM's own settings",
        "properties | {keyturn.mount: a} | Keyturn's own settings",
        "properties | {a b: a} | a property's name is",
        "fromat | json | did you mean 'format'?",
        "on-change | {signal: HUP} | is no list",
        "on-change | HUP | is no list",
        "on-change | [HUP] | on-change.1: is no mapping; known: signal",
        "on-change | [{}] | on-change.1: says nothing to do",
        "on-change | [{process: nginx}] | on-change.1: says nothing to do",
        "on-change | [{signal: HUP}] | on-change.1: is for no process, or for two",
        "on-change | [{signal: HUP, process: a, port: 1}] | on-change.1: is for no process, or for two",
        "on-change | [{signal: SIGHUP, port: 1}] | on-change.1.signal: unknown signal; did you mean 'HUP'?",
        "on-change | [{signal: usr2, port: 1}] | did you mean 'USR2'?",
        "on-change | [{signal: KILL, port: 1}] | known: HUP, INT, QUIT, USR1, USR2, TERM, WINCH",
        "on-change | [{signal: HUP, port: 0}] | on-change.1.port: is no port",
        "on-change | [{signal: HUP, port: 65536}] | on-change.1.port: is no port",
        "on-change | [{signal: HUP, port: http}] | on-change.1.port: is no port",
        "on-change | [{signal: HUP, process: /usr/bin/nginx}] | on-change.1.process: is a path",
        "on-change | [{signal: HUP, process: ''}] | on-change.1.process: is empty",
        "on-change | [{signal: HUP, process: a, http: 'http://localhost'}] | on-change.1.http: is not for a signal",
        "on-change | [{signal: HUP, process: a, timeout: 61s}] | on-change.1.timeout: is not within 1s and 60s",
        "on-change | [{signal: HUP, process: a, timeout: 900ms}] | on-change.1.timeout: is not within 1s and 60s",
        "on-change | [{signal: HUP, process: a, timeout: soon}] | on-change.1.timeout: is no duration",
        "on-change | [{signl: HUP, signal: HUP, process: a}] | on-change.1.signl: unknown key; did you mean 'signal'?",
        "on-change | [{http: 'http://example.com/'}] | on-change.1.http: is not on loopback",
        "on-change | [{http: 'http://127.0.0.1.example.com/'}] | is not on loopback",
        "on-change | [{http: 'http://127.evil.com/'}] | is not on loopback",
        "on-change | [{http: 'http://localhost.example.com/'}] | is not on loopback",
        "on-change | [{http: 'http://0.0.0.0/'}] | is not on loopback",
        "on-change | [{http: 'http://10.0.0.1/'}] | is not on loopback",
        "on-change | [{http: 'http://[::]/'}] | is not on loopback",
        "on-change | [{http: 'http://[::ffff:10.0.0.1]/'}] | is not on loopback",
        "on-change | [{http: 'http://2130706433/'}] | is not on loopback",
        "on-change | [{http: 'http:///reload'}] | is not on loopback",
        "on-change | [{http: 'http://localhost:0/'}] | has a port",
        "on-change | [{http: 'http://localhost:70000/'}] | has a port",
        "on-change | [{http: 'http://user:word@localhost/'}] | holds a user or a password",
        "on-change | [{http: 'http://localhost@example.com/'}] | holds a user or a password",
        "on-change | [{http: 'http://localhost/#a'}] | has a '#'",
        "on-change | [{http: 'http://localhost/é'}] | is not ASCII",
        "on-change | [{http: 'http://local host/'}] | is no URL",
        "on-change | [{http: 'ftp://localhost/'}] | starts with neither",
        "on-change | [{http: /reload}] | starts with neither",
        "on-change | [{http: 'http://localhost/', method: post}] | on-change.1.method: unknown method; known: POST, GET, PUT",
        "on-change | [{http: 'http://localhost/', port: 1}] | on-change.1.port: is not for an HTTP call",
        "on-change | [{command: /bin/reload}] | on-change.1.command: is no list",
        "on-change | [{command: []}] | on-change.1.command: is empty",
        "on-change | [{command: [reload]}] | on-change.1.command: starts with no absolute path",
        "on-change | [{command: [/bin/../reload]}] | '.' or '..' segment",
        "on-change | [{command: [/bin/x, [a]]}] | on-change.1.command: has a word that is no text",
        "on-change | [{command: [/bin/x, \"a\\nb\"]}] | on-change.1.command: has a word with a control",
        "on-change | [{command: [/bin/x], method: GET}] | on-change.1.method: is not for a command",
        "group | db | secrets.db.group: is no other secret's",
        "group | a/b | secrets.db.group: a group's name is",
        "store-password | opensesame | is for the formats pkcs12 and jks",
        "store-password | changeit | is for the formats pkcs12 and jks",
        "expose | standin | did you mean 'stand-in'?",
        "expose | true | known: value, stand-in",
        "expose | [value] | is no text",
        "hosts | {a: b} | is a mapping",
        "hosts | [[a]] | an item that is no text",
        "hosts | \"*\" | a host is a name",
        "hosts | \"*.\" | a host is a name",
        "hosts | \"a,\" | a host is a name",
        "hosts | API.example.com | a host is a name",
        "hosts | \"api.*.com\" | a host is a name",
        "hosts | \"https://api.example.com\" | a host is a name",
        "hosts | api.example.com/v1 | a host is a name",
        "hosts | \"-api.example.com\" | a host is a name",
        "hosts | \"api..example.com\" | a host is a name",
        "hosts | \"api.example.com.\" | a host is a name",
        "hosts | \"api.example.com:\" | a host is a name",
        "hosts | \"api.example.com:0\" | a host is a name",
        "hosts | \"api.example.com:65536\" | a host is a name",
        "hosts | \"api.example.com:080\" | a host is a name",
        "hosts | \"api.example.com:https\" | a host is a name",
        "hosts | \"user@example.com\" | a host is a name",
        "zzzz | x | known: from, template",
      })
  void whatIsWrongWithASecretIsSaid(String key, String value, String message) {
    String text = "secrets: {db: {from: 'file:a.json', %s: %s}}".formatted(key, value);
    assertThat(problems(() -> Plan.parseYaml(text)))
        .singleElement()
        .asString()
        .startsWith("secrets.db." + key)
        .contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "vault} | vault.address: starts with neither",
        "'https://vault:8200/v1'} | vault.address: has more than host and port",
        "'https://vault?x=y'} | vault.address: has more than host and port",
        "'https://user:word@vault'} | vault.address: holds a user or a password",
        "'https://va ult'} | vault.address: is no URL",
        "'https://'} | vault.address: ",
        "'https://vault:99999'} | vault.address: has a port",
        "'file:///etc'} | vault.address: starts with neither",
        "'https://v', namespace: /a} | vault.namespace: the path starts with '/'",
        "'https://v', ca: nonsense} | vault.ca: is no certificate in PEM",
        "'https://v', ca: '-----BEGIN PRIVATE KEY-----'} | vault.ca: holds a private key",
        "'https://v', server-name: 'a/b'} | vault.server-name: is no host name",
        "'https://v', auth: kubernets} | vault.auth: unknown method; did you mean 'kubernetes'?",
        "'https://v', auth: token} | vault.role: is not for this auth method",
        "'https://v', secret-id-file: x} | vault.secret-id-file: is not for this auth method",
        "'https://v', token-file: a/../b} | vault.token-file: the path has a",
        "'https://v', auth-mount: '../sys'} | vault.auth-mount: the path has a",
        "'https://v', adress: x} | vault.adress: unknown key; did you mean 'address'?",
        "'https://v', timeout: 500ms} | vault.timeout: is not within 1s and 60s",
        "'https://v', timeout: 2m} | vault.timeout: is not within 1s and 60s",
        "'https://v', revoke: no} | vault.revoke: is neither true nor false",
        "'https://v', client-cert-file: a} | vault.client-key-file: is missing",
        "'https://v', client-key-file: a} | vault.client-cert-file: is missing",
        "'https://v', client-key-file: a, client-cert-file: ../b} | vault.client-cert-file: the path has",
        "'https://v', auth: cert} | vault.client-cert-file: is missing: auth 'cert' logs in with",
        "'https://v', auth: cert, client-key-file: a} | vault.client-cert-file: is missing: name the file",
        "'https://v', wrapped: true} | vault.wrapped: is not for this auth method",
      })
  void whatIsWrongWithTheVaultSectionIsSaid(String address, String problem) {
    String text = "{secrets: {a: 'vault:a/b'}, vault: {role: r, address: %s}".formatted(address);
    assertThat(problems(() -> Plan.parseYaml(text))).first().asString().contains(problem);
  }

  @Test
  void whatIsWrongWithACertificateIsSaidOnce() {
    for (String keys : List.of("auth: cert", "auth: cert, client-key-file: a")) {
      assertThat(problems(() -> auth(keys))).as(keys).hasSize(1);
    }
  }

  @Test
  void aWrappedIdentityIsASecretIdOrAToken() {
    assertThat(auth("auth: approle, role-id-file: r, secret-id-file: s, wrapped: true"))
        .isEqualTo(new VaultAuth.AppRole("approle", "r", Optional.of("s"), true));
    assertThat(auth("auth: token, token-file: t, wrapped: true"))
        .isEqualTo(new VaultAuth.TokenFile("t", true));
    assertThat(problems(() -> auth("auth: approle, role-id-file: r, wrapped: true")))
        .containsExactly("vault.wrapped: is for a secret id: name its file in secret-id-file");
  }

  @Test
  void aCertificateNeedsNoRole() {
    String files = "client-cert-file: c, client-key-file: k";
    assertThat(auth("auth: cert, " + files))
        .isEqualTo(new VaultAuth.Cert("cert", Optional.empty()));
    assertThat(auth("auth: cert, auth-mount: tls, role: web, " + files))
        .isEqualTo(new VaultAuth.Cert("tls", Optional.of("web")));
  }

  @Test
  void aServerMayBeShownACertificateWhicheverTheMethod() {
    String text =
        "{vault: {address: 'https://v', role: r, client-cert-file: c, client-key-file: k},"
            + " secrets: {a: 'vault:a/b'}}";
    VaultSettings vault = Plan.parseYaml(text).vault().orElseThrow();
    assertThat(vault.client()).contains(new ClientCertificate("c", "k"));
    assertThat(vault.revoke()).isTrue();
    assertThat(vault.timeout()).isEqualTo(Duration.ofSeconds(10));
  }

  @Test
  void allProblemsOfAnActionAreToldTogether() {
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        """
                        secrets:
                          a:
                            from: file:a.json
                            on-change:
                              - {signal: HPU, port: 0, timeout: 2m, method: GET}
                              - {http: "http://v/", method: HEAD, timeout: 0s}
                              - {command: [x], timeout: 1}
                        """)))
        .containsExactly(
            "secrets.a.on-change.1.timeout: is not within 1s and 60s",
            "secrets.a.on-change.1.method: is not for a signal: remove it",
            "secrets.a.on-change.1.signal: unknown signal; did you mean 'HUP'?",
            "secrets.a.on-change.1.port: is no port: a number from 1 to 65535",
            "secrets.a.on-change.2.timeout: is not within 1s and 60s",
            "secrets.a.on-change.2.method: unknown method; known: POST, GET, PUT",
            "secrets.a.on-change.2.http: is not on loopback: a call goes to localhost, 127.0.0.1 or"
                + " [::1] alone",
            "secrets.a.on-change.3.timeout: is no duration: a whole number and ms, s, m or h, such"
                + " as 10s",
            "secrets.a.on-change.3.command: starts with no absolute path: there is no shell to look"
                + " the program up");
  }

  @Test
  void aGroupIsToldToBeOfOneSecretOnlyIfItIs() {
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        """
                        secrets:
                          a: {from: file:a, group: one}
                          b: {from: file:b, group: two}
                          c: {from: file:c, group: two, mode: x}
                        """)))
        .containsExactly(
            "secrets.c.mode: is no mode: write four octal digits, the first a zero, in quotes:"
                + " \"0400\"",
            "secrets.a.group: is no other secret's: write it alike in all that change together");
    assertThat(
            Plan.parseYaml(
                "secrets: {a: {from: 'file:a', group: g}, b: {from: 'file:b', group: g}}"))
        .extracting(plan -> plan.secrets().getLast().group().orElseThrow())
        .isEqualTo("g");
  }

  @Test
  void aSecretHasAtMostEightActions() {
    String eight = "{signal: HUP, port: 1}" + ", {signal: HUP, port: 1}".repeat(7);
    String plan = "secrets: {a: {from: 'file:a', on-change: [%s]}}";
    assertThat(Plan.parseYaml(plan.formatted(eight)).secrets().getFirst().onChange()).hasSize(8);
    assertThat(problems(() -> Plan.parseYaml(plan.formatted(eight + ", {command: [/x]}"))))
        .containsExactly("secrets.a.on-change: has more than 8 actions");
  }

  @Test
  void aCommandIsNoScript() {
    Duration second = Duration.ofSeconds(1);
    List<String> words = new ArrayList<>(Collections.nCopies(64, "x"));
    words.set(0, "/x");
    words.set(1, "y".repeat(1024));
    assertThat(new Action.Command(words, second).arguments()).hasSize(64);
    words.set(1, "y".repeat(1025));
    assertThat(problems(() -> new Action.Command(words, second)))
        .containsExactly("command: has a word of more than 1024 characters");
    words.add("x");
    assertThat(problems(() -> new Action.Command(words, second)))
        .containsExactly("command: has more than 64 words: put them in a script");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "format: pem, from: 'vault:a/b#c' | secrets.db.format: this needs a certificate",
        "format: pkcs12, from: 'file:a.pem' | secrets.db.format: this needs a certificate",
        "format: jks, from: 'vault:a/b#c' | secrets.db.format: this needs a certificate",
        "format: pem, from: 'vault:a/b', env: {A: certificate} | env.A: a pem file is not taken",
        "format: jks, from: 'vault:a/b', env: {A: ''} | env.A: a key store is no text",
        "format: pkcs12, from: 'vault:a/b', properties: a.b= | a.b: a key store is no text",
        "format: jks, from: 'vault:a/b', store-password: short | is not 6 to 64 visible ASCII",
        "format: jks, from: 'vault:a/b', store-password: 'with blank' | is not 6 to 64 visible",
        "format: jks, from: 'vault:a/b', store-password: ключикключик | is not 6 to 64 visible",
        "format: pem, from: 'vault:a/b', store-password: opensesame | is for the formats pkcs12",
      })
  void whatIsWrongWithACertificatesFileIsSaid(String keys, String message) {
    String text = "{vault: {address: 'https://v', role: r}, secrets: {db: {%s}}}".formatted(keys);
    assertThat(problems(() -> Plan.parseYaml(text)))
        .singleElement()
        .asString()
        .startsWith("secrets.db.")
        .contains(message);
  }

  @Test
  void aStoresPasswordIsForStores() {
    assertThat(
            problems(
                () ->
                    new SecretSpec(
                        "a",
                        Optional.of(Reference.parse("file:a")),
                        Optional.empty(),
                        Format.RAW,
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        Set.of(),
                        Optional.empty(),
                        true,
                        List.of(),
                        Optional.empty(),
                        "opensesame",
                        Expose.VALUE,
                        List.of())))
        .singleElement()
        .asString()
        .endsWith("store-password: is for the formats pkcs12 and jks: remove it");
  }

  @Test
  void aSecretWithoutARefreshHasOneAllTheSame() {
    SecretSpec secret = Plan.parseYaml("secrets: {a: 'file:a'}").secrets().getFirst();
    assertThat(secret.givenRefresh()).isEmpty();
    assertThat(secret.refresh()).isEqualTo(Duration.ofSeconds(10));
    assertThat(
            new SecretSpec(
                    "a",
                    secret.from(),
                    secret.template(),
                    secret.format(),
                    secret.env(),
                    secret.properties(),
                    secret.givenMode(),
                    secret.owner(),
                    secret.containers(),
                    Optional.of(Duration.ofMinutes(1)),
                    true,
                    List.of(),
                    Optional.empty(),
                    "changeit",
                    Expose.VALUE,
                    List.of())
                .refresh())
        .isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void eachAuthMethodHasItsDefaultsAndItsNeeds() {
    assertThat(auth("role: r"))
        .isEqualTo(new VaultAuth.Kubernetes("kubernetes", "r", "/keyturn/identity/token"));
    assertThat(auth("auth: jwt, token-file: jwt"))
        .isEqualTo(new VaultAuth.Jwt("jwt", Optional.empty(), "jwt"));
    assertThat(auth("auth: approle, role-id-file: /r, secret-id-file: s, auth-mount: a/b"))
        .isEqualTo(new VaultAuth.AppRole("a/b", "/r", Optional.of("s"), false));
    assertThat(auth("auth: token, token-file: t")).isEqualTo(new VaultAuth.TokenFile("t", false));
    assertThat(problems(() -> auth("auth: kubernetes"))).first().asString().contains("vault.role");
    assertThat(problems(() -> auth("auth: jwt"))).first().asString().contains("vault.token-file");
    assertThat(problems(() -> auth("auth: approle")))
        .first()
        .asString()
        .contains("vault.role-id-file");
    assertThat(problems(() -> auth("auth: token"))).first().asString().contains("vault.token-file");
  }

  private static VaultAuth auth(String keys) {
    String text = "{vault: {address: 'https://v', %s}, secrets: {a: 'vault:a/b'}}".formatted(keys);
    return Plan.parseYaml(text).vault().orElseThrow().auth();
  }

  @Test
  void aMissingVaultIsToldBesideOtherProblems() {
    assertThat(problems(() -> Plan.parseYaml("secrets: {a: {from: 'vault:a/b', required: maybe}}")))
        .containsExactly(
            "secrets.a.required: is neither true nor false",
            "vault.address: is missing, though a secret is in vault: say where the server is:"
                + " https://vault:8200");
  }

  @Test
  void aTrailingSlashOfTheAddressIsForgiven() {
    assertThat(
            Plan.parseYaml("{vault: {address: 'http://v:1/', role: r}, secrets: {a: 'vault:a/b'}}")
                .vault()
                .orElseThrow()
                .address())
        .isEqualTo(URI.create("http://v:1"));
  }

  @Test
  void oneContainerCannotHaveANameFromTwoSecrets() {
    assertThat(
            problems(
                () ->
                    Plan.parseYaml(
                        """
                        secrets:
                          a: {from: "file:a.json", env: {X: x}, containers: [one]}
                          b: {from: "file:b.json", env: {X: x}, containers: [two]}
                          c: {from: "file:c.json", env: {X: x}, properties: {p: x}}
                          d: {from: "file:d.json", properties: {p: x}}
                        """)))
        .containsExactly(
            "secrets.c.env.X: secret 'a' has this name already: choose another",
            "secrets.d.properties.p: secret 'c' has this name already: choose another");
  }

  @Test
  void inARawFileANameStandsForTheWhole() {
    Plan plan =
        Plan.parseYaml(
            """
            secrets:
              a: {from: "file:a.json#key", env: {A: key, B: ""}, properties: p=key}
              b: {from: "file:b", env: "C=value,D="}
            """);
    assertThat(plan.secrets().get(0).env()).contains(Map.of("A", "", "B", ""));
    assertThat(plan.secrets().get(0).properties()).isEqualTo(Map.of("p", ""));
    assertThat(plan.secrets().get(1).env()).contains(Map.of("C", "", "D", ""));
    assertThat(problems(() -> Plan.parseYaml("secrets: {a: {from: file:a, env: {A: other}}}")))
        .containsExactly(
            "secrets.a.env.A: the secret is one field, and this names another: leave it empty");
  }

  @Test
  void variablesAreFilledInWhereTheyAreGiven() {
    String text =
        "{vault: {address: 'http://v', role: '${serviceaccount}', namespace: '${environment}'},"
            + " secrets: {a: 'vault:secret/${namespace}/${serviceaccount}-x',"
            + " b: 'vault:pki/issue/web?common_name=web.${namespace}.svc&alt_names=%24{namespace}'}}";
    Plan plan =
        Plan.parseYaml(
            text, Map.of("namespace", "shop", "serviceaccount", "web", "environment", "prod"));
    assertThat(plan.secrets().getFirst().from().orElseThrow())
        .hasToString("vault:secret/shop/web-x");
    assertThat(plan.secrets().getLast().from().orElseThrow().parameters())
        .isEqualTo(Map.of("common_name", "web.shop.svc", "alt_names", "${namespace}"));
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
    assertThat(plan.vault().orElseThrow().namespace()).contains("prod");
    assertThat(plan.vault().orElseThrow().auth())
        .isEqualTo(new VaultAuth.Kubernetes("kubernetes", "web", "/keyturn/identity/token"));
    assertThat(
            problems(() -> Plan.parseYaml(text, Map.of("namespace", "..", "environment", "a/b"))))
        .containsExactlyInAnyOrder(
            "vault.role: ${serviceaccount} has no value here: write it out, or ask the cluster's"
                + " operator",
            "vault.namespace: the value of ${environment} is not one word of letters, digits, '.',"
                + " '_' and '-'",
            "secrets.a: the value of ${namespace} is not one word of letters, digits, '.', '_' and"
                + " '-'",
            "secrets.a: ${serviceaccount} has no value here: write it out, or ask the cluster's"
                + " operator",
            "secrets.b: the value of ${namespace} is not one word of letters, digits, '.', '_' and"
                + " '-'");
    assertThat(problems(() -> Plan.parseYaml(text)))
        .hasSize(5)
        .allMatch(p -> p.contains("outside of a pod"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "~", "[]", "text", "{}", "secrets:", "secrets: {}", "secrets: [a]"})
  void aPlanWithoutSecretsIsRefused(String text) {
    assertThat(problems(() -> Plan.parseYaml(text))).hasSize(1);
  }

  @Test
  void aPlanHasAtMostAThousandSecrets() {
    var text = new StringBuilder("secrets:\n");
    for (int i = 1; i <= 1000; i++) {
      text.append("  s").append(i).append(": file:a\n");
    }
    assertThat(Plan.parseYaml(text.toString()).secrets()).hasSize(1000);
    text.append("  more: file:a\n");
    assertThat(problems(() -> Plan.parseYaml(text.toString())))
        .containsExactly("secrets: has more than 1000 secrets: split the plan");
  }

  @Test
  void aHundredProblemsAreEnough() {
    var text = new StringBuilder("secrets:\n");
    for (int i = 1; i <= 500; i++) {
      text.append("  s").append(i).append(": {from: 'vault:a', mode: x}\n");
    }
    assertThat(problems(() -> Plan.parseYaml(text.toString())))
        .hasSize(101)
        .last()
        .isEqualTo("more: there are more problems: correct these first");
  }

  @Test
  void typesRefuseWhatThePlanWouldRefuse() {
    SecretSpec good = secret("a", "file:a", Format.RAW);
    assertThat(problems(() -> new Plan(Optional.empty(), List.of()))).hasSize(1);
    assertThat(problems(() -> new Plan(Optional.empty(), List.of(good, good))))
        .containsExactly("secrets.a: is there twice: keep one");
    assertThat(
            problems(
                () -> new Plan(Optional.empty(), List.of(secret("a", "vault:a/b#c", Format.RAW)))))
        .first()
        .asString()
        .startsWith("vault.address");
    assertThat(problems(() -> secret("../a", "file:a", Format.RAW))).hasSize(1);
    assertThat(problems(() -> secret("a", "file:a", Format.JKS))).hasSize(1);
    Duration never = Duration.ofDays(1);
    Action.Target target = new Action.Target.PortOwner(1);
    assertThat(problems(() -> new Action.Signal("KILL", target, never))).hasSize(2);
    assertThat(problems(() -> new Action.Target.PortOwner(-1))).hasSize(1);
    assertThat(problems(() -> new Action.Target.ProcessName("a/b"))).hasSize(1);
    assertThat(problems(() -> new Action.Http(URI.create("http://a"), "HEAD", never))).hasSize(3);
    assertThat(problems(() -> new Action.Command(List.of(), Duration.ofNanos(1_000_000_001))))
        .hasSize(2);
    assertThat(problems(() -> new ClientCertificate("..", "/a//b"))).hasSize(2);
    assertThat(problems(() -> new VaultAuth.Cert("/", Optional.of("")))).hasSize(2);
    assertThat(
            problems(
                () ->
                    new VaultSettings(
                        URI.create("https://v"),
                        new VaultAuth.Cert("cert", Optional.empty()),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.empty(),
                        true,
                        never)))
        .hasSize(2);
    assertThat(problems(() -> secret("a", "file:a.json", Format.RAW)))
        .first()
        .asString()
        .startsWith("format: raw is one field");
    assertThat(problems(() -> new Owner(-1, 0))).hasSize(1);
    assertThat(problems(() -> new VaultAuth.Kubernetes("..", "", "/../x"))).hasSize(3);
    assertThat(problems(() -> new VaultAuth.Jwt("a", Optional.of(" x"), "\n"))).hasSize(2);
    assertThat(problems(() -> new VaultAuth.AppRole("/a", "", Optional.of(".."), false)))
        .hasSize(3);
    assertThat(problems(() -> new VaultAuth.TokenFile("a//b", false))).hasSize(1);
    assertThat(
            problems(
                () ->
                    new Reference(Source.VAULT, "a/../b", Map.of("1", "y"), Optional.of("\u0007"))))
        .hasSize(3);
  }

  static List<String> problems(ThrowingCallable code) {
    var found = new ArrayList<String>();
    assertThatThrownBy(code)
        .isInstanceOfSatisfying(
            PlanException.class, e -> e.problems().forEach(p -> found.add(p.toString())));
    return found;
  }
}
