package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runtimes made with jlink. */
class RuntimeImageIT {
  @TempDir Path scratch;
  private Path classes;
  private HandMadeMount mount;

  @BeforeEach
  void prepare() throws Exception {
    classes = Jvm.compile("Hello.java", scratch.resolve("classes"));
    mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(File.of("token", "raw", "canary-1").defaultEnv("TOKEN", ""));
  }

  private Jvm.Run hello(String modules) throws Exception {
    Path image = scratch.resolve("image");
    int exit =
        ToolProvider.findFirst("jlink")
            .orElseThrow()
            .run(System.out, System.err, "--add-modules", modules, "--output", image.toString());
    assertThat(exit).as("jlink").isZero();
    return new Jvm(Jvm.own().release(), image)
        .run(scratch, Jvm.agent(mount.directory()), "-cp", classes.toString(), "Hello");
  }

  @Test
  void two_modules_are_enough() throws Exception {
    Jvm.Run run = hello("java.base,java.instrument");
    assertThat(run.err()).isEmpty();
    assertThat(run.outLines()).containsExactly("hello canary-1");
  }

  /** The JVM's own words: no line of ours has run by then. */
  @Test
  void without_the_module_for_agents_the_jvm_says_what_is_missing() throws Exception {
    Jvm.Run run = hello("java.base");
    assertThat(run.exit()).isEqualTo(1);
    assertThat(run.out() + run.err())
        .contains("Module java.instrument may be missing from runtime image");
  }
}
