package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class LintCommandTest {

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void a_right_plan_has_no_problem_in_yaml_or_json() throws IOException {
    Path yaml = write("plan.yaml", "secrets: {a: 'file:a', b: 'file:b'}");
    Path json = write("plan.json", "{\"secrets\": {\"a\": \"file:a\"}}");

    assertThat(lint(yaml, json)).isZero();
    assertThat(out.toString().lines())
        .containsExactly(yaml + ": 2 secrets, no problem", json + ": 1 secret, no problem");
  }

  @Test
  void the_role_that_the_api_of_kubernetes_needs_is_printed() throws IOException {
    String rule =
        "{apiGroups: [\"\"], resources: [secrets], resourceNames: [db], verbs: [get, watch]}";
    Path plan =
        write("plan.yaml", "{kubernetes: {access: api}, secrets: {a: 'k8s:secret/db#password'}}");
    Path pod =
        write(
            "pod.yaml",
            """
            apiVersion: v1
            kind: Pod
            metadata:
              name: shop
              annotations:
                keyturn.dev/inject: "true"
                keyturn.dev/kubernetes.access: api
                keyturn.dev/secret.a: k8s:secret/db
            spec: {containers: [{name: app, image: app}]}
            """);

    assertThat(lint(plan, pod)).isZero();
    assertThat(out.toString().lines().filter(line -> line.contains("a Role with rules: [" + rule)))
        .hasSize(2);
  }

  @Test
  void every_problem_of_every_plan_is_a_line_with_its_file_and_key() throws IOException {
    Path first = write("first.yaml", "secrets: {a: {from: 'file:a', mod: '0400', format: ymal}}");
    Path second = write("second.yaml", "secrets: {b: 'valt:b'}");

    assertThat(lint(first, second)).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(3)
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(first + ":1:31: error: secrets.a.mod: ")
                    .contains("mode"))
        .anySatisfy(
            line ->
                assertThat(line)
                    .startsWith(first + ":1:44: error: secrets.a.format: ")
                    .contains("yaml"))
        .anySatisfy(
            line ->
                assertThat(line).startsWith(second + ":1:11: error: secrets.b").contains("vault"));
  }

  @Test
  void what_is_wrong_with_leases_certificates_and_actions_is_told_too() throws IOException {
    Path plan =
        write(
            "plan.yaml",
            """
            vault: {address: "https://vault", auth: cert, client-cert-file: /tls.crt, timeout: 2m}
            secrets:
              web:
                from: vault:pki/issue/web?commn_name=a&methd=POST#certificate
                format: pkcs12
                group: tls
                on-change:
                  - {signal: SIGHUP, process: nginx}
                  - {http: "http://example.com/reload"}
                  - {command: [reload]}
            """);

    assertThat(lint(plan)).isEqualTo(1);
    assertThat(out.toString().lines().map(line -> line.replaceFirst(".*: error: ", "")))
        .satisfiesExactlyInAnyOrder(
            line -> assertThat(line).startsWith("vault.client-key-file: is missing"),
            line -> assertThat(line).startsWith("vault.timeout: is not within 1s and 60s"),
            line -> assertThat(line).startsWith("secrets.web.from: ").contains("'method'?"),
            line ->
                assertThat(line).startsWith("secrets.web.on-change.1.signal: ").contains("'HUP'"),
            line ->
                assertThat(line).startsWith("secrets.web.on-change.2.http: ").contains("loopback"),
            line -> assertThat(line).startsWith("secrets.web.on-change.3.command: "));
  }

  @Test
  void a_file_that_cannot_be_read_is_wrong_use() {
    Path missing = directory.resolve("missing.yaml");

    assertThat(lint(missing)).isEqualTo(2);
    assertThat(err.toString()).contains(missing.toString(), "no such file");
  }

  private static final String DEPLOYMENT =
      """
      # a service
      apiVersion: v1
      kind: Service
      metadata: {name: shop}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: shop
      spec:
        template:
          metadata:
            annotations:
              keyturn.dev/inject: "true"
              keyturn.dev/secret.db: vault:secret/data/shop   # the database
          spec:
            containers:
              - name: app
                image: shop:1
            securityContext: {runAsUser: 1000}
      """;

  private static final String VAULT_AGENT =
      """
      apiVersion: v1
      kind: Pod
      metadata:
        name: shop
        annotations:
          example.com/first: "x"
          vault.hashicorp.com/agent-inject: "true"
          vault.hashicorp.com/agent-image: vault:1
          vault.hashicorp.com/agent-inject-secret-db: secret/data/shop
          vault.hashicorp.com/service: http://vault:8200
      spec:
        containers:
          - name: app
            image: shop:1
      """;

  @Test
  void annotations_of_vault_agent_injector_are_judged_and_a_note_says_by_what() throws IOException {
    Path pod = write("pod.yaml", VAULT_AGENT);

    assertThat(lint(pod)).isZero();
    assertThat(out.toString().lines())
        .satisfiesExactly(
            line ->
                assertThat(line)
                    .startsWith(pod + ":7:5: note: vault.hashicorp.com/agent-inject: is judged as"),
            line ->
                assertThat(line)
                    .startsWith(pod + ":8:5: warning: vault.hashicorp.com/agent-image: is ignored"),
            line ->
                assertThat(line)
                    .startsWith(
                        pod + ":10:5: warning: vault.hashicorp.com/service: vault.address"));

    out.getBuffer().setLength(0);
    Path settings = write("settings", "KEYTURN_VAULT_ANNOTATIONS=false\n");
    assertThat(lint("lint", "--settings", settings.toString(), pod.toString())).isZero();
    assertThat(out.toString()).isEqualTo(pod + ": 0 pods with secrets, no problem\n");
    out.getBuffer().setLength(0);
    settings = write("settings", "KEYTURN_VAULT_ANNOTATIONS=true\n");
    assertThat(lint("lint", "--settings", settings.toString(), pod.toString())).isZero();
    assertThat(out.toString()).doesNotContain("note:");
  }

  @Test
  void a_problem_is_at_the_line_of_its_annotation_or_of_one_that_asks() throws IOException {
    Path pod = write("pod.yaml", VAULT_AGENT.replace("agent-image: vault:1", "client-timeout: x"));
    assertThat(lint(pod)).isEqualTo(1);
    assertThat(out.toString()).contains(pod + ":8:5: error: vault.hashicorp.com/client-timeout: ");

    out.getBuffer().setLength(0);
    Path missing = write("missing.yaml", DEPLOYMENT.replaceFirst(" +keyturn.dev/inject.*\n", ""));
    assertThat(lint(missing)).isEqualTo(1);
    assertThat(out.toString()).contains(missing + ":14:9: error: keyturn.dev/inject: is missing");
  }

  @Test
  void the_pods_of_manifests_are_judged_as_the_webhook_judges_them() throws IOException {
    Path right = write("right.yaml", DEPLOYMENT);
    Path wrong = write("wrong.yaml", DEPLOYMENT.replace("secret.db", "secert.db"));

    assertThat(lint(right)).isZero();
    assertThat(out.toString()).isEqualTo(right + ": 1 pod with secrets, no problem\n");
    assertThat(lint(wrong)).isEqualTo(1);
    assertThat(out.toString())
        .contains(wrong + ":15:9: error: keyturn.dev/secert.db: unknown annotation; did you mean")
        .contains("'secret'?");
  }

  @Test
  void every_kind_of_workload_and_lists_of_them_are_looked_into() throws IOException {
    String pod = "{metadata: {annotations: {keyturn.dev/inject: 'yes'}}, spec: {containers: []}}";
    for (String manifest :
        List.of(
            "{kind: Pod, " + pod.substring(1),
            "{kind: StatefulSet, spec: {template: " + pod + "}}",
            "{kind: Rollout, apiVersion: argoproj.io/v1alpha1, spec: {template: " + pod + "}}",
            "{kind: CronJob, spec: {jobTemplate: {spec: {template: " + pod + "}}}}",
            "{kind: PodTemplate, template: " + pod + "}",
            "{kind: List, items: [{kind: Job, spec: {template: " + pod + "}}]}")) {
      assertThat(lint(write("one.yaml", manifest))).as(manifest).isEqualTo(1);
      assertThat(out.toString()).contains("error: keyturn.dev/inject: is neither");
      out.getBuffer().setLength(0);
    }
  }

  @Test
  void annotations_that_nobody_reads_are_found() throws IOException {
    Path file =
        write(
            "one.yaml",
            "kind: Deployment\nmetadata:\n  annotations:\n    keyturn.dev/inject: 'true'\n");
    assertThat(lint(file)).isEqualTo(1);
    assertThat(out.toString())
        .startsWith(file + ":4:5: error: keyturn.dev/inject: does nothing here")
        .contains("spec.template.metadata.annotations");
  }

  @Test
  void an_annotation_that_yaml_takes_for_no_text_needs_quotes() throws IOException {
    Path file = write("one.yaml", DEPLOYMENT.replace("\"true\"", "true"));
    assertThat(lint(file)).isEqualTo(1);
    assertThat(out.toString())
        .isEqualTo(
            file
                + ":14:9: error: keyturn.dev/inject: is no text, and an annotation must be: put"
                + " quotes around it\n");
  }

  @Test
  void warnings_are_errors_with_strict_alone() throws IOException {
    Path file = write("one.yaml", DEPLOYMENT);
    Files.writeString(
        file, DEPLOYMENT.replace("containers:", "shareProcessNamespace: true\n      containers:"));
    assertThat(lint("lint", file.toString())).isZero();
    assertThat(out.toString()).contains(": warning: keyturn.dev/inject: shareProcessNamespace");
    assertThat(lint("lint", "--strict", file.toString())).isEqualTo(1);
  }

  @Test
  void a_directory_is_searched_for_manifests_and_plans() throws IOException {
    Path right = write("b.yaml", DEPLOYMENT);
    Path wrong = write("a.yml", DEPLOYMENT.replace("\"true\"", "\"on\""));
    write("values.yaml", "secrets: {a: b}\nreplicas: 1");
    write("notes.txt", "a: [");
    Files.createDirectory(directory.resolve(".git"));
    write(".git/c.yaml", "a: [");

    assertThat(lint(directory)).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(2)
        .anySatisfy(line -> assertThat(line).startsWith(wrong + ":14:9: error: "))
        .contains(right + ": 1 pod with secrets, no problem");
  }

  @Test
  void a_profile_is_held_against_pods() throws IOException {
    Path file = write("one.yaml", DEPLOYMENT);
    Path profiles =
        write("profiles.txt", "prod: {limits: {references: ['vault:secret/data/prod/**']}}");

    assertThat(
            lint("lint", "--profiles", profiles.toString(), "--profile", "prod", file.toString()))
        .isEqualTo(1);
    assertThat(out.toString())
        .contains(file + ":15:9: error: keyturn.dev/secret.db: the profile 'prod'");
    assertThat(lint("lint", "--profiles", profiles.toString(), file.toString())).isZero();
    assertThat(lint("lint", "--profiles", profiles.toString(), "--profile", "x", file.toString()))
        .isEqualTo(2);
    assertThat(err.toString()).contains("has no profile 'x'; it has prod");
  }

  @Test
  void a_plan_is_read_with_the_variables_of_the_profile() throws IOException {
    Path plan = write("plan.yaml", "secrets: {a: '${store}/${environment}#b'}");
    Path profiles =
        write("profiles.txt", "dev: {environment: test, variables: {store: 'k8s:secret'}}");

    assertThat(lint("lint", "--profiles", profiles.toString(), "--profile", "dev", plan.toString()))
        .isZero();
    assertThat(lint(plan)).isEqualTo(1);
    assertThat(out.toString())
        .contains(
            plan + ":1:11: error: secrets.a: holds an unknown variable; known: namespace,",
            "a profile");
  }

  @Test
  void github_gets_a_command_for_each_finding() throws IOException {
    Path file = write("a,b.yaml", DEPLOYMENT.replace("\"true\"", "\"on\""));
    assertThat(lint("lint", "--format", "github", file.toString())).isEqualTo(1);
    assertThat(out.toString())
        .isEqualTo(
            "::error file="
                + file.toString().replace(",", "%2C")
                + ",line=14,col=9,title=keyturn%3A annotation::keyturn.dev/inject: is neither"
                + " \"true\" nor \"false\"\n");
  }

  @Test
  void sarif_has_a_result_for_each_finding() throws IOException {
    Path file = write("one.yaml", DEPLOYMENT.replace("\"true\"", "\"on\""));
    assertThat(lint("lint", "--format", "sarif", file.toString())).isEqualTo(1);
    JsonNode run = JsonMapper.shared().readTree(out.toString()).path("runs").path(0);
    assertThat(run.path("tool").path("driver").path("rules").toString())
        .isEqualTo("[{\"id\":\"annotation\"}]");
    JsonNode result = run.path("results").path(0);
    assertThat(result.path("ruleId").asString()).isEqualTo("annotation");
    assertThat(result.path("level").asString()).isEqualTo("error");
    JsonNode place = result.path("locations").path(0).path("physicalLocation");
    assertThat(place.path("artifactLocation").path("uri").asString()).isEqualTo(file.toString());
    assertThat(place.path("region").toString()).isEqualTo("{\"startLine\":14,\"startColumn\":9}");
  }

  @Test
  void what_is_no_yaml_is_told_with_its_line() throws IOException {
    Path file = write("one.yaml", "a:\n\tb: 1\n");
    assertThat(lint(file)).isEqualTo(1);
    assertThat(out.toString()).startsWith(file + ":2:1: error: file: this is not valid YAML");
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private int lint(Path... files) {
    String[] args = new String[files.length + 1];
    args[0] = "lint";
    for (int n = 0; n < files.length; n++) {
      args[n + 1] = files[n].toString();
    }
    return lint(args);
  }

  private int lint(String... args) {
    CommandLine line = Keyturn.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(args);
  }
}
