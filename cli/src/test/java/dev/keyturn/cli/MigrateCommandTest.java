package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MigrateCommandTest {

  private static final String DEPLOYMENT =
      """
      # the shop
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: shop # stays
      spec:
        template:
          metadata:
            annotations:
              example.com/kept: "yes"
              vault.hashicorp.com/agent-inject: "true"
              vault.hashicorp.com/role: shop
              vault.hashicorp.com/agent-image: hashicorp/vault:1.18.5
              vault.hashicorp.com/agent-inject-secret-db.env: database/creds/shop
              vault.hashicorp.com/agent-inject-template-db.env: |
                {{- with secret "database/creds/shop" }}
                export DB_USER={{ .Data.username }}
                {{- end }}
              vault.hashicorp.com/agent-share-process-namespace: "true"
              vault.hashicorp.com/agent-inject-command-db.env: pkill -HUP shop
          spec:
            containers:
              - name: app
                image: shop:1 # the newest
      """;

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void a_manifest_says_the_same_in_keyturns_annotations() throws IOException {
    assertThat(migrate(DEPLOYMENT)).isZero();
    assertThat(out.toString())
        .isEqualTo(
            """
            # the shop
            apiVersion: apps/v1
            kind: Deployment
            metadata:
              name: shop # stays
            spec:
              template:
                metadata:
                  annotations:
                    example.com/kept: "yes"
                    keyturn.dev/inject: "true"
                    keyturn.dev/mount-path: /vault/secrets
                    keyturn.dev/audience: ""
                    keyturn.dev/vault.role: shop
                    keyturn.dev/template.db.env: |
                      {{- with secret "database/creds/shop" }}
                      export DB_USER={{ .Data.username }}
                      {{- end }}
                    keyturn.dev/mode.db.env: "0644"
                    keyturn.dev/on-change.db.env: "[{signal: HUP, process: \\"shop\\"}]"
                spec:
                  containers:
                    - name: app
                      image: shop:1 # the newest
                  shareProcessNamespace: true
            """);
    assertThat(err.toString())
        .contains("vault.hashicorp.com/role: becomes keyturn.dev/vault.role")
        .contains(
            "vault.hashicorp.com/agent-image: is ignored: the sidecar is Keyturn's own image");
  }

  @Test
  void what_was_migrated_is_left_alone_and_the_webhook_takes_it() throws IOException {
    assertThat(migrate(DEPLOYMENT)).isZero();
    String once = out.toString();
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    assertThat(migrate(once)).isZero();
    assertThat(out.toString()).isEqualTo(once);
    assertThat(err.toString()).isEmpty();

    Path settings =
        Files.writeString(
            directory.resolve("settings"),
            "KEYTURN_IMAGE=keyturn:1\nKEYTURN_VAULT_ADDRESS=https://vault.example:8200\n");
    Path manifest = Files.writeString(directory.resolve("once.yaml"), once);
    assertThat(run("lint", "--settings", settings.toString(), manifest.toString()))
        .as(out.toString())
        .isZero();
  }

  @Test
  void what_cannot_be_done_is_told_with_its_line_and_nothing_is_printed() throws IOException {
    String wrong =
        DEPLOYMENT
            .replace("pkill -HUP shop", "/app/reload")
            .replace("agent-image", "agent-configmap");
    assertThat(migrate(wrong)).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString().lines())
        .hasSize(2)
        .anyMatch(line -> line.contains(":13:") && line.contains("agent-configmap: "))
        .anyMatch(line -> line.contains(":20:") && line.contains("agent-inject-command-db.env: "));
  }

  private int migrate(String manifest) throws IOException {
    Path file = Files.writeString(directory.resolve("manifest.yaml"), manifest);
    return run("migrate", "-f", file.toString());
  }

  private int run(String... args) {
    CommandLine line = Keyturn.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(args);
  }
}
