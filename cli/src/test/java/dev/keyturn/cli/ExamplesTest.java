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
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What users copy from {@code examples/} is right. */
class ExamplesTest {
  private static final Path EXAMPLES = Launched.ROOT.resolve("examples");
  private static final Path ENVIRONMENTS = EXAMPLES.resolve("environments");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static List<Path> examples() throws IOException {
    try (var directories = Files.list(EXAMPLES)) {
      return directories.filter(directory -> !directory.equals(ENVIRONMENTS)).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void the_manifests_of_an_example_would_be_admitted(Path example) {
    assertThat(keyturn("lint", "--strict", example.toString())).as(out::toString).isZero();
    assertThat(out.toString()).contains("with secrets, no problem");
  }

  @ParameterizedTest
  @ValueSource(strings = {"dev", "staging", "production"})
  void one_manifest_would_be_admitted_in_each_environment(String environment) {
    assertThat(
            keyturn(
                "lint",
                "--strict",
                "--profiles",
                ENVIRONMENTS.resolve("profiles.yaml").toString(),
                "--profile",
                environment,
                ENVIRONMENTS.resolve("orders.yaml").toString()))
        .as(out::toString)
        .isZero();
  }

  @Test
  void the_plan_of_that_manifest_runs_on_a_laptop(@TempDir Path to) throws IOException {
    String plan = Files.readString(ENVIRONMENTS.resolve("plan.yaml"));
    assertThat(Files.readString(ENVIRONMENTS.resolve("orders.yaml")))
        .contains("keyturn.dev/plan: |\n" + plan.indent(10));
    assertThat(
            keyturn(
                "render",
                "--plan",
                ENVIRONMENTS.resolve("plan.yaml").toString(),
                "--profiles",
                ENVIRONMENTS.resolve("laptop.yaml").toString(),
                "--to",
                to.toString()))
        .as(err::toString)
        .isZero();
    assertThat(to.resolve("password")).hasContent("only-for-development");
    assertThat(to.resolve("db")).hasContent("password=only-for-development\nusername=orders\n");
  }

  @Test
  void a_file_of_sops_is_in_the_config_map_that_the_pod_names(@TempDir Path directory)
      throws IOException {
    String right = Files.readString(EXAMPLES.resolve("sops/sops.yaml"));
    Path without = directory.resolve("without.yaml");
    Files.writeString(without, right.replaceFirst(".*sops-configmap.*\n", ""));
    assertThat(keyturn("lint", without.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains(
            "error: keyturn.dev/secret.password: is in /keyturn/sops/, where nothing is: name a"
                + " ConfigMap in keyturn.dev/sops-configmap");
    Path elsewhere = directory.resolve("elsewhere.yaml");
    Files.writeString(elsewhere, right.replace("sops:/keyturn/sops/", "sops:/etc/sops/"));
    assertThat(keyturn("lint", elsewhere.toString())).isEqualTo(1);
    assertThat(out.toString())
        .contains("error: keyturn.dev/secret.password: is none of the files that a pod has");
  }

  private int keyturn(String... args) {
    CommandLine line = Keyturn.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    return line.execute(args);
  }
}
