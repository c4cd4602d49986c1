package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RenderCommandTest {
  @TempDir private Path directory;
  private final StringWriter err = new StringWriter();

  private int render(String plan, String... arguments) throws IOException {
    Path file = Files.writeString(directory.resolve("plan.yaml"), plan);
    CommandLine line = Keyturn.commandLine();
    line.setErr(new PrintWriter(err, true));
    List<String> all = new ArrayList<>(List.of("render", "--plan", file.toString()));
    all.addAll(List.of(arguments));
    return line.execute(all.toArray(String[]::new));
  }

  private String rendered(String plan, String... arguments) throws IOException {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      assertThat(render(plan, arguments)).as(err::toString).isZero();
    } finally {
      System.setOut(before);
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void one_file_is_printed_as_it_is_and_several_with_their_names() throws IOException {
    Files.writeString(directory.resolve("source"), "canary");
    String plan = "secrets: {a: {template: '{{ add 1 2 }}é'}, b: 'file:source'}";
    assertThat(rendered(plan, "a")).isEqualTo("3é");
    assertThat(rendered(plan)).isEqualTo("==> a <==\n3é\n==> b <==\ncanary\n");
  }

  @Test
  void variables_are_those_of_a_profile() throws IOException {
    Files.writeString(directory.resolve("shop.properties"), "password=canary");
    Path profiles =
        Files.writeString(
            directory.resolve("profiles.yaml"),
            "default: {variables: {store: 'file:shop.properties'}}");
    String plan = "secrets: {a: '${store}#password'}";
    assertThat(rendered(plan, "--profiles", profiles.toString())).isEqualTo("canary");
    assertThat(render("secrets: {a: 'vault:a/${namespace}'}")).isEqualTo(2);
    assertThat(err.toString())
        .contains("secrets.a: ${namespace} has no value outside of a pod")
        .contains("--profiles");
  }

  @Test
  void files_go_to_a_directory_for_their_owner_alone() throws IOException {
    Path to = directory.resolve("out");
    assertThat(render("secrets: {a: {template: x}}", "--to", to.toString())).isZero();
    assertThat(to.resolve("a")).hasContent("x");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(to.resolve("a"))))
        .isEqualTo("rw-------");
  }

  @Test
  void a_template_in_a_file_of_its_own_takes_the_place_of_the_plans_secrets() throws IOException {
    Path template = Files.writeString(directory.resolve("t.tmpl"), "{{ \"x\" | toUpper }}\n");
    assertThat(rendered("secrets: {a: 'file:nowhere'}", "--template", template.toString()))
        .isEqualTo("X\n");
  }

  @Test
  void what_is_wrong_is_told_with_its_place() throws IOException {
    Path template = Files.writeString(directory.resolve("t.tmpl"), "a\n{{ nope }}\n");
    assertThat(render("secrets: {a: 'file:a'}", "--template", template.toString())).isEqualTo(2);
    assertThat(err.toString()).contains("t.tmpl: ", "line 2, column 4: there is no such function");
    assertThat(render("secrets: {a: 'file:a'}", "b")).isEqualTo(2);
    assertThat(render("secrets: {a: {template: '{{ index \"a\" 5 }}'}}")).isEqualTo(125);
    assertThat(err.toString()).contains("line 1, column 4: the index 5 is out of range");
    assertThat(render("secrets: {a: 'file:nowhere'}", "--wait", "1")).isEqualTo(125);
  }
}
