package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class PlanTest {
  private static final String WHOLE =
      """
      vault:
        address: https://vault:8200
        namespace: team/a
        ca-file: /etc/ca.pem
        server-name: vault.example
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
        token: vault:secret/data/app?version=3&decode=base64#token
        app.conf: file:conf/app.conf
      """;

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
                Optional.of("vault.example")));
    assertThat(plan.secrets())
        .containsExactly(
            new SecretSpec(
                "db",
                Reference.parse("vault:database/creds/shop"),
                Format.JSON,
                Optional.of(Map.of("DB_USER", "username", "DB_PASSWORD", "password")),
                Map.of("db.user", "username"),
                PosixFilePermissions.fromString("r--r-----"),
                Optional.of(new Owner(1000, 2000)),
                Set.of("app", "worker"),
                Duration.ofMillis(1500),
                false),
            secret("token", "vault:secret/data/app?version=3&decode=base64#token", Format.RAW),
            secret("app.conf", "file:conf/app.conf", Format.RAW));
  }

  private static SecretSpec secret(String name, String from, Format format) {
    return new SecretSpec(
        name,
        Reference.parse(from),
        format,
        Optional.empty(),
        Map.of(),
        PosixFilePermissions.fromString("r--------"),
        Optional.empty(),
        Set.of(),
        Duration.ofSeconds(10),
        true);
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
                + " a letter or digit, and has no '..'",
            "secrets.a.format: raw is one field's bytes: name the field with '#key', or choose"
                + " another format",
            "secrets.a.env.PATH: this one decides which programs and libraries run: choose another"
                + " name");
  }

  @Test
  void aContainerSeesItsOwnSecretsAndThoseForAll() {
    Plan plan = Plan.parseYaml(WHOLE);
    assertThat(plan.visibleTo("app"))
        .extracting(SecretSpec::name)
        .containsExactly("db", "token", "app.conf");
    assertThat(plan.visibleTo("proxy"))
        .extracting(SecretSpec::name)
        .containsExactly("token", "app.conf");
    assertThat(plan.visibleTo("keyturn")).isEmpty();
  }

  static List<String> problems(ThrowingCallable code) {
    var found = new java.util.ArrayList<String>();
    assertThatThrownBy(code)
        .isInstanceOfSatisfying(
            PlanException.class, e -> e.problems().forEach(p -> found.add(p.toString())));
    return found;
  }
}
