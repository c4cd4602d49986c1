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

class InjectCommandTest {
  private static final String MANIFESTS =
      """
      # Shop.
      apiVersion: v1
      kind: Service
      metadata: {name: shop, labels: {app: "shop"}}
      ---
      apiVersion: apps/v1
      kind: Deployment
      metadata:
        name: shop
      spec:
        replicas: 0x2 # as it was
        template:
          metadata:
            annotations:
              keyturn.dev/inject: "true"
              # the database
              keyturn.dev/secret.db: vault:secret/data/shop
              keyturn.dev/vault.role: shop
          spec:
            containers:
              - name: app # ours
                image: 'shop:1'
                command:
                  - sh
                  - -c
                  - |
                    exec shop
                volumeMounts:
                  - {name: data, mountPath: /data}
            volumes: [{name: data, emptyDir: {}}]
      """;

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @Test
  void what_was_written_stays_as_it_is_and_what_is_injected_stands_beside_it() throws IOException {
    Path file = Files.writeString(directory.resolve("a.yaml"), MANIFESTS);
    Path settings =
        Files.writeString(
            directory.resolve("settings"),
            "# ours\nKEYTURN_IMAGE=example.com/keyturn:1\nKEYTURN_VAULT_ADDRESS=https://v:8200\n");

    assertThat(inject("--settings", settings.toString(), "-f", file.toString())).isZero();

    // The list of volumes is on one line, which has grown.
    var lines = out.toString().lines().toList();
    assertThat(lines)
        .containsSubsequence(MANIFESTS.lines().filter(l -> !l.contains("volumes:")).toList());
    assertThat(out.toString())
        .contains("      keyturn.dev/status: injected\n")
        .contains("      initContainers:\n        - name: keyturn\n")
        .contains("          image: \"example.com/keyturn:1\"\n")
        .contains("mountPath: /keyturn/secrets");
    assertThat(err.toString())
        .contains("a.yaml:17:9: warning: keyturn.dev/secret.db: secrets such as");

    Path injected = Files.writeString(directory.resolve("b.yaml"), out.toString());
    out.getBuffer().setLength(0);
    assertThat(inject("--settings", settings.toString(), "-f", injected.toString())).isZero();
    assertThat(out.toString()).as("once more").isEqualTo(Files.readString(injected));
  }

  @Test
  void a_pod_that_would_be_refused_prints_no_manifest() throws IOException {
    Path file =
        Files.writeString(directory.resolve("a.yaml"), MANIFESTS.replace("secret.db", "secert.db"));
    assertThat(inject("--image", "keyturn:1", "-f", file.toString())).isEqualTo(1);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString()).contains("a.yaml:17:9: error: keyturn.dev/secert.db: unknown");
  }

  @Test
  void without_an_image_it_is_told_what_is_missing() throws IOException {
    Path file = Files.writeString(directory.resolve("a.yaml"), MANIFESTS);
    assertThat(inject("-f", file.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("KEYTURN_IMAGE");
  }

  @Test
  void what_stands_for_several_places_is_not_changed_for_all_of_them() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("a.yaml"),
            MANIFESTS
                .replace("        spec:", "        spec: &spec")
                .replace("    spec:\n", "    spec: &spec\n"));
    assertThat(
            inject(
                "--image", "keyturn:1", "-f", file.toString(), "--profiles", profiles().toString()))
        .isEqualTo(1);
    assertThat(err.toString()).contains("has an anchor");
  }

  private Path profiles() throws IOException {
    return Files.writeString(
        directory.resolve("profiles"), "default: {vault: {address: 'https://v:8200'}}");
  }

  private int inject(String... options) {
    CommandLine line = Keyturn.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    String[] args = new String[options.length + 1];
    args[0] = "inject";
    System.arraycopy(options, 0, args, 1, options.length);
    return line.execute(args);
  }
}
