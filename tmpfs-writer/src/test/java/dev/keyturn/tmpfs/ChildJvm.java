package dev.keyturn.tmpfs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A {@code main} of the tests in a JVM of its own, quick to start. */
final class ChildJvm {
  private ChildJvm() {}

  static List<String> command(Class<?> main, String... arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xmx32m",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  static Process start(Class<?> main, String... arguments) throws IOException {
    return new ProcessBuilder(command(main, arguments))
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  /** Runs a command to its end; fails with its output unless it exits with 0. */
  static void run(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      fail("still running after a minute: " + command);
    }
    assertThat(process.exitValue()).as("%s%n%s", command, output).isZero();
  }

  /**
   * Runs a {@code main} with a tmpfs mounted at {@code mount}, in a mount namespace that ends with
   * it. Needs no root, but user namespaces.
   *
   * @param options of the tmpfs, as for mount(8)
   */
  static void runOnTmpfs(String options, Path mount, Class<?> main)
      throws IOException, InterruptedException {
    String script =
        "mount -t tmpfs -o \"$1\" tmpfs \"$2\" || { echo 'cannot mount a tmpfs'; exit 1; };"
            + " shift 2; exec \"$@\"";
    List<String> command =
        new ArrayList<>(
            List.of(
                "unshare",
                "--map-root-user",
                "--mount",
                "sh",
                "-c",
                script,
                "sh",
                options,
                mount.toString()));
    command.addAll(command(main, mount.toString()));
    run(command);
  }
}
