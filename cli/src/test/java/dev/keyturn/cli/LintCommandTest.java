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
  void every_problem_of_every_plan_is_a_line_with_its_file_and_key() throws IOException {
    Path first = write("first.yaml", "secrets: {a: {from: 'file:a', mod: '0400', format: ymal}}");
    Path second = write("second.yaml", "secrets: {b: 'valt:b'}");

    assertThat(lint(first, second)).isEqualTo(1);
    assertThat(out.toString().lines())
        .hasSize(3)
        .anySatisfy(
            line -> assertThat(line).startsWith(first + ": secrets.a.mod: ").contains("mode"))
        .anySatisfy(
            line -> assertThat(line).startsWith(first + ": secrets.a.format: ").contains("yaml"))
        .anySatisfy(line -> assertThat(line).startsWith(second + ": secrets.b").contains("vault"));
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
    assertThat(out.toString().lines().map(line -> line.substring(plan.toString().length() + 2)))
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

  private Path write(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text);
  }

  private int lint(Path... files) {
    CommandLine line = Keyturn.commandLine();
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    String[] args = new String[files.length + 1];
    args[0] = "lint";
    for (int n = 0; n < files.length; n++) {
      args[n + 1] = files[n].toString();
    }
    return line.execute(args);
  }
}
