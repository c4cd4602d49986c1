package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The agent of OpenBao, which renders templates as Vault Agent does. */
final class BaoAgent {
  private BaoAgent() {}

  /**
   * Renders templates into a directory; its login is the app role of {@link OpenBao#appRole}.
   *
   * @param files where that role's two files are
   */
  static void render(OpenBao bao, Path files, Map<String, String> templates, Path into)
      throws Exception {
    StringBuilder config =
        new StringBuilder(
            """
            exit_after_auth = true
            vault { address = "%s" }
            auto_auth {
              method "approle" {
                config = {
                  role_id_file_path = "%s"
                  secret_id_file_path = "%s"
                  remove_secret_id_file_after_reading = false
                }
              }
            }
            """
                .formatted(bao.address(), files.resolve("role-id"), files.resolve("secret-id")));
    for (var template : templates.entrySet()) {
      String text = template.getValue();
      Path source =
          Files.writeString(
              files.resolve(template.getKey() + ".ctmpl"),
              text.endsWith("\n") ? text : text + "\n");
      config.append(
          "template {\n source = \"%s\"\n destination = \"%s\"\n}\n"
              .formatted(source, into.resolve(template.getKey())));
    }
    Path file = Files.writeString(files.resolve("agent.hcl"), config);
    Path output = files.resolve("agent.log");
    Process agent =
        new ProcessBuilder(OpenBao.program().toString(), "agent", "-config=" + file)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertThat(agent.waitFor(30, TimeUnit.SECONDS)).as(() -> read(output)).isTrue();
      assertThat(agent.exitValue()).as(() -> read(output)).isZero();
    } finally {
      agent.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
