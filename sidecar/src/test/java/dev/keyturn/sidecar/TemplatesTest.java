package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.PodFacts;
import dev.keyturn.plan.Translation;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemplatesTest {
  private static final Duration AT_MOST = Duration.ofSeconds(20);

  @TempDir Path files;
  private Memory mount;
  private OpenBao bao;
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();

  @BeforeEach
  void startServer() throws Exception {
    mount = new Memory();
    bao = OpenBao.start(files);
    bao.allow(
        "secret/data/*", "read",
        "secret/metadata/*", "list",
        "kv1/*", "read",
        "pki/issue/*", "update",
        "transit/*", "update");
    bao.appRole(files, "");
  }

  @AfterEach
  void stopServer() throws Exception {
    bao.close();
    mount.close();
  }

  private Sidecar start(Map<String, String> templates, String more) {
    StringBuilder secrets = new StringBuilder();
    templates.forEach(
        (name, text) ->
            secrets
                .append("  ")
                .append(name)
                .append(":\n    refresh: 1s\n    template: |2\n")
                .append((text.endsWith("\n") ? text : text + "\n").indent(6)));
    String plan =
        """
        vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
        secrets:
        %s%s
        """
            .formatted(
                bao.address(),
                files.resolve("role-id"),
                files.resolve("secret-id"),
                secrets,
                more.indent(2));
    return Sidecar.start(
        new SidecarConfig(
            Plan.parseYaml(plan),
            files,
            List.of(new MountTarget(mount.directory(), List.of())),
            Optional.empty(),
            false),
        log);
  }

  private String log() {
    return log.toString(StandardCharsets.UTF_8);
  }

  private void assertReady(Sidecar sidecar) throws InterruptedException {
    assertThat(sidecar.awaitReady(AT_MOST)).as(() -> sidecar.troubles() + log()).isTrue();
  }

  private static Map<String, String> templates(String... namesAndTexts) {
    Map<String, String> templates = new LinkedHashMap<>();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      templates.put(namesAndTexts[i], namesAndTexts[i + 1]);
    }
    return templates;
  }

  @Test
  void files_are_byte_for_byte_what_the_agent_of_openbao_renders() throws Exception {
    bao.put(
        "app",
        """
        {"user":"app","password":"canary-\\"<&>'é\\n","port":5432,"ratio":1e21,"flags":{"b":true,"a":null},
         "list":["x","y"],"lines":"one\\ntwo\\n","store":"/+8AAQ=="}\
        """);
    bao.put("other", "{\"path\":\"app\",\"names\":\"user,password\"}");
    bao.call("POST", "sys/mounts/kv1", "{\"type\":\"kv\"}");
    bao.call("POST", "kv1/old", "{\"key\":\"canary-old\",\"n\":7}");
    bao.call("POST", "sys/mounts/transit", "{\"type\":\"transit\"}");
    bao.call("POST", "transit/keys/app", "{}");
    Map<String, String> templates =
        templates(
            "app.conf",
            """
            {{- with secret "secret/data/app" }}
            [db]
            user = {{ .Data.data.user }}
            password = {{ .Data.data.password | toJSON }}
            port = {{ .Data.data.port }} {{ .Data.data.ratio }}
            {{- range $k, $v := .Data.data.flags }}
            {{ $k }} = {{ $v }}
            {{- end }}
            version = {{ .Data.metadata.version }}
            {{- end }}
            """,
            "without-data",
            "{{ with secret \"secret/app\" }}{{ .Data.data | toJSONPretty }}{{ .Data.data | toYAML"
                + " }}{{ end }}",
            "computed",
            """
            {{ with $o := secret "secret/data/other" }}{{ range split "," $o.Data.data.names -}}
            {{ . }}
            {{ end }}{{ with secret (print "secret/data/" $o.Data.data.path) }}{{ .Data.data.lines | indent 2 }}{{ end }}{{ end }}
            """,
            "kv1",
            "{{ with secret \"kv1/old\" }}{{ .Data.key }}{{ .Data.n }}{{ .Renewable }}{{ end }}",
            "names",
            "{{ range secrets \"secret/\" }}{{ . }} {{ end }}{{ range secrets"
                + " \"secret/metadata/nope/\" }}{{ . }}{{ else }}none{{ end }}",
            "store",
            "{{ with secret \"secret/data/app\" }}{{ base64Decode .Data.data.store }}{{ end }}",
            "written",
            "{{ with secret \"transit/hash/sha2-256\" \"input=YWJj\" \"format=base64\" }}{{"
                + " .Data.sum }}{{ end }}",
            "map1",
            defaultTemplate("kv1/old", "map"),
            "map2",
            defaultTemplate("secret/data/app", "map"),
            "json2",
            defaultTemplate("secret/data/app", "json"),
            "missing",
            "{{ with secret \"secret/data/app\" }}{{ .Data.data.nope }}{{ or .Data.data.nope \"d\""
                + " }}{{ .Data.data.password | sha256Hex }}{{ end }}");
    Path rendered = Files.createDirectory(files.resolve("agent"));
    BaoAgent.render(bao, files, templates, rendered);
    try (Sidecar sidecar = start(templates, "")) {
      assertReady(sidecar);
      for (String name : templates.keySet()) {
        assertThat(Files.readAllBytes(mount.directory().resolve(name)))
            .as(name)
            .isEqualTo(Files.readAllBytes(rendered.resolve(name)));
      }
    }
    assertThat(log()).doesNotContain("canary").contains("vault:secret/data/app");
  }

  /** What pods written for Vault Agent Injector get where they say no template. */
  private static String defaultTemplate(String path, String kind) {
    String prefix = "vault.hashicorp.com/agent-inject-";
    return Translation.of(
            Map.of(prefix + "secret-x", path, prefix + "default-template", kind),
            new PodFacts(List.of(), List.of("app"), OptionalInt.empty(), Map.of()))
        .annotations()
        .get("keyturn.dev/template.x");
  }

  @Test
  void a_path_that_a_template_works_out_is_told_nowhere() throws Exception {
    bao.put("app", "{\"path\":\"canary-path\",\"name\":\"canary_name\"}");
    try (Sidecar sidecar =
        start(
            templates(
                "good", "{{ with secret \"secret/data/app\" }}{{ .Data.data.path }}{{ end }}"),
            """
            missing: {required: false, template: '{{ with secret "secret/data/app" }}{{ with secret (print "secret/data/" .Data.data.path) }}{{ . }}{{ end }}{{ end }}'}
            forbidden: {required: false, template: '{{ with secret "secret/data/app" }}{{ with secret (print .Data.data.path "/x") }}{{ . }}{{ end }}{{ end }}'}
            named: {required: false, template: '{{ with secret "secret/data/app" }}{{ with secret "transit/hash" (printf "%s=a" .Data.data.name) "format=hex" }}{{ . }}{{ end }}{{ end }}'}
            listed: {required: false, template: '{{ with secret "secret/data/app" }}{{ range secrets .Data.data.path }}{{ . }}{{ end }}{{ end }}'}
            """)) {
      assertReady(sidecar);
      Memory.await("the troubles", () -> sidecar.troubles().size() == 4);
      assertThat(sidecar.troubles().toString())
          .contains("vault:(computed) at", "nothing is there", "its path")
          .contains("vault:transit/hash with (computed), format")
          .doesNotContain("canary");
    }
    assertThat(log())
        .contains("vault:secret/data/app", "vault:(computed)")
        .doesNotContain("canary");
  }

  @Test
  void a_change_of_what_it_is_made_from_is_rendered() throws Exception {
    bao.put("app", "{\"password\":\"canary-1\"}");
    try (Sidecar sidecar =
        start(
            templates(
                "app.conf",
                "p={{ with secret \"secret/data/app\" }}{{ .Data.data.password }}{{ end }}"),
            "")) {
      assertReady(sidecar);
      assertThat(mount.read("app.conf")).isEqualTo("p=canary-1\n");
      bao.put("app", "{\"password\":\"canary-2\"}");
      Memory.await("the rotation", () -> mount.read("app.conf").equals("p=canary-2\n"));
      assertThat(mount.read("..data/..manifest")).contains("file.0.reference=template");
    }
  }

  @Test
  void a_template_that_fails_keeps_the_last_good_file_and_says_where_and_why() throws Exception {
    bao.put("app", "{\"port\":\"1\"}");
    try (Sidecar sidecar =
        start(
            templates(
                "ports",
                "first\n"
                    + "{{ with secret \"secret/data/app\" }}{{ .Data.data.port | parseInt | add 1"
                    + " }}{{ end }}",
                "plain",
                "nothing {{ \"asked\" }}"),
            "")) {
      assertReady(sidecar);
      assertThat(mount.read("ports")).isEqualTo("first\n2\n");
      assertThat(mount.read("plain")).isEqualTo("nothing asked\n");
      bao.put("app", "{\"port\":\"canary\"}");
      // What is published is told a moment later: until then it is "not fetched yet".
      Memory.await(
          "the trouble",
          () ->
              sidecar
                  .troubles()
                  .toString()
                  .contains(
                      "the template fails at line 2, column 57: 'parseInt': this is no whole"
                          + " number: correct it"));
      assertThat(mount.read("ports")).isEqualTo("first\n2\n");
      bao.put("app", "{\"port\":\"7\"}");
      Memory.await("the recovery", () -> mount.read("ports").equals("first\n8\n"));
      Memory.await("no trouble", () -> sidecar.troubles().isEmpty());
    }
    assertThat(log()).doesNotContain("canary");
  }

  @Test
  void a_template_waits_for_what_is_not_there_and_holds_no_other_back() throws Exception {
    bao.put("app", "{\"a\":\"1\"}");
    try (Sidecar sidecar =
        start(
            templates("good", "{{ with secret \"secret/data/app\" }}{{ .Data.data.a }}{{ end }}"),
            """
            bad: {required: false, template: '{{ with secret "secret/data/later" }}{{ .Data.data.b }}{{ end }}'}
            odd: {required: false, template: '{{ secret "a/../b" }}'}
            """)) {
      assertReady(sidecar);
      assertThat(mount.read("good")).isEqualTo("1\n");
      assertThat(sidecar.troubles().toString())
          .contains("vault:secret/data/later at", "nothing is there")
          .contains("the template asks for what can't be");
      bao.put("later", "{\"b\":\"2\"}");
      Memory.await("the late one", () -> Files.exists(mount.directory().resolve("bad")));
      assertThat(mount.read("bad")).isEqualTo("2");
    }
  }

  @Test
  void a_certificate_is_issued_once_for_all_templates_and_replaced_in_time() throws Exception {
    bao.call("POST", "sys/mounts/pki", "{\"type\":\"pki\"}");
    bao.call("POST", "pki/root/generate/internal", "{\"common_name\":\"root\",\"ttl\":\"1h\"}");
    bao.call("POST", "pki/roles/web", "{\"allow_any_name\":true,\"max_ttl\":\"1h\"}");
    String ask = "{{ with pkiCert \"pki/issue/web\" \"common_name=a.test\" \"ttl=6s\" }}";
    try (Sidecar sidecar =
        start(
            templates(
                "tls.crt", ask + "{{ .Cert }}{{ .CA }}{{ end }}",
                "tls.key", ask + "{{ .Data.Key }}{{ end }}"),
            "")) {
      assertReady(sidecar);
      String first = mount.read("tls.crt");
      assertThat(certificates(first)).isEqualTo(2);
      assertThat(mount.read("tls.key")).startsWith("-----BEGIN RSA PRIVATE KEY-----");
      int issued = issued();
      assertThat(issued).isEqualTo(2); // with the root's own
      Memory.await("the next", () -> !mount.read("tls.crt").equals(first));
    }
    assertThat(log())
        .contains("vault:pki/issue/web with common_name, ttl")
        .doesNotContain("a.test");
  }

  private int issued() throws Exception {
    Matcher serials =
        Pattern.compile("\"[0-9a-f]{2}(:[0-9a-f]{2})+\"")
            .matcher(bao.call("LIST", "pki/certs", ""));
    return (int) serials.results().count();
  }

  private static int certificates(String pem) {
    return pem.split("-----BEGIN CERTIFICATE-----", -1).length - 1;
  }
}
