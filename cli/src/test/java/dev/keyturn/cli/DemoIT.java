package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/demo} as users run it, on what this build has packaged. */
class DemoIT {

  /** As the demo makes its values. */
  private static final Pattern VALUE = Pattern.compile("[0-9a-f]{24}");

  @TempDir private Path directory;

  @Test
  void the_demo_shows_the_secret_its_rotation_and_where_it_is_not_and_cleans_up() throws Exception {
    Launched demo = demo();

    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.out().lines().filter(line -> line.startsWith("   ok  "))).hasSize(6);
    assertThat(demo.out().lines().filter(line -> line.contains("the same process"))).hasSize(2);
    assertNoValue(demo);
    assertNothingIsLeft(demo);
  }

  @Test
  void the_demo_with_openbao_does_the_same() throws Exception {
    Launched demo = demo("--openbao");

    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isZero();
    assertThat(demo.out()).contains("vault:secret/keyturn-demo#password");
    assertThat(demo.out().lines().filter(line -> line.startsWith("   ok  "))).hasSize(6);
    assertNoValue(demo);
    assertNothingIsLeft(demo);
  }

  @Test
  void control_c_ends_the_demo_and_leaves_nothing() throws Exception {
    Launched demo = demo();
    demo.awaitLine("1. ");

    // The demo leads its own process group (setsid): this is what a terminal does.
    new ProcessBuilder("kill", "-INT", "--", "-" + demo.process().pid()).start().waitFor();

    assertThat(demo.exitCode()).as(demo.out() + demo.err()).isEqualTo(130);
    assertNoValue(demo);
    assertNothingIsLeft(demo);
  }

  private Launched demo(String... args) throws IOException {
    List<String> command = new ArrayList<>(List.of("setsid", "bin/demo"));
    command.addAll(Arrays.asList(args));
    ProcessBuilder builder = new ProcessBuilder(command).directory(Launched.ROOT.toFile());
    builder.environment().put("KEYTURN_BUILT", "1");
    List.of("BAO_ADDR", "VAULT_ADDR", "BAO_TOKEN", "VAULT_TOKEN")
        .forEach(builder.environment()::remove);
    return Launched.start(directory, builder);
  }

  private static void assertNoValue(Launched demo) {
    assertThat(VALUE.matcher(demo.out() + demo.err()).find()).isFalse();
  }

  private static void assertNothingIsLeft(Launched demo) throws InterruptedException {
    Path mount = Path.of(demo.awaitLine("   mount        ").replace(" (in memory)", ""));
    assertThat(mount.getParent().getFileName().toString()).startsWith("keyturn-demo.");
    assertThat(mount.getParent()).doesNotExist();
    String folder = mount.getParent().toString();
    Launched.await(
        () ->
            ProcessHandle.allProcesses()
                .noneMatch(process -> commandLine(process).contains(folder)),
        () -> "processes of the demo still run");
  }

  private static String commandLine(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc", Long.toString(process.pid()), "cmdline"));
    } catch (IOException e) {
      return ""; // gone meanwhile, or another user's
    }
  }
}
