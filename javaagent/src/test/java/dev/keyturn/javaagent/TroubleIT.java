package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whatever is wrong: one line that says it, and the application runs as if nothing was. */
class TroubleIT {
  @TempDir static Path classes;
  @TempDir Path scratch;

  @BeforeAll
  static void compile() throws Exception {
    Jvm.compile("Hello.java", classes);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  private static void runsOnAndSays(Jvm.Run run, String token, String... lines) {
    assertThat(run.outLines()).containsExactly("hello " + token);
    assertThat(run.exit()).as("the application's own exit code").isEqualTo(7);
    assertThat(run.errLines()).hasSameSizeAs(lines);
    for (int i = 0; i < lines.length; i++) {
      assertThat(run.errLines().get(i)).startsWith("keyturn: ").contains(lines[i]);
    }
  }

  private Jvm.Run hello(Jvm jvm, String... agents) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(agents));
    arguments.addAll(List.of("-cp", classes.toString(), "Hello"));
    return jvm.run(scratch, arguments.toArray(String[]::new));
  }

  private HandMadeMount mount() {
    return new HandMadeMount(scratch.resolve("mount"));
  }

  private static File token() {
    return File.of("token", "raw", "canary-1").defaultEnv("TOKEN", "");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void itsJarMayBeInAnyPlace(Jvm jvm) throws Exception {
    HandMadeMount mount = mount();
    mount.publish(token());
    Path jar = Files.createDirectories(scratch.resolve("a place+100%20%")).resolve("agent.jar");
    Files.copy(Jvm.AGENT, jar);
    runsOnAndSays(hello(jvm, "-javaagent:" + jar + "=mount=" + mount.directory()), "canary-1");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void noMount(Jvm jvm) throws Exception {
    Path nowhere = scratch.resolve("nowhere");
    runsOnAndSays(hello(jvm, Jvm.agent(nowhere)), "null", "no mount at " + nowhere);
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aMountWithoutManifest(Jvm jvm) throws Exception {
    HandMadeMount mount = mount();
    mount.publish(token());
    Files.delete(mount.generation().resolve("..manifest"));

    runsOnAndSays(
        hello(jvm, Jvm.agent(mount.directory())),
        "null",
        "the mount at " + mount.directory() + " is broken: its ..data/..manifest can't be read");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aFileThatCanNotBeReadBesideOneThatCan(Jvm jvm) throws Exception {
    HandMadeMount mount = mount();
    Properties manifest =
        mount.manifest(token(), File.of("db", "json", "").defaultEnv("DB_PASSWORD", "password"));
    mount.publish(manifest, token());
    Files.createDirectory(mount.generation().resolve("db"));

    runsOnAndSays(
        hello(jvm, Jvm.agent(mount.directory())),
        "canary-1",
        "no answer for DB_PASSWORD: secret 'db' can't be read: Is a directory");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void theAgentTwice(Jvm jvm) throws Exception {
    HandMadeMount mount = mount();
    mount.publish(token());

    runsOnAndSays(
        hello(jvm, Jvm.agent(mount.directory()), "-javaagent:" + Jvm.AGENT),
        "canary-1",
        "the agent is on the command line (or in JAVA_TOOL_OPTIONS) twice");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void anOptionThatThereIsNot(Jvm jvm) throws Exception {
    HandMadeMount mount = mount();
    mount.publish(token());

    runsOnAndSays(
        hello(
            jvm,
            "-Dkeyturn.mount=" + mount.directory(),
            "-javaagent:" + Jvm.AGENT + "=mout=" + mount.directory()),
        "canary-1",
        "unknown agent option 'mout=" + mount.directory() + "' is ignored");
  }

  @Test
  void aManifestOfAnotherFormat() throws Exception {
    HandMadeMount mount = mount();
    Properties manifest = mount.manifest(token());
    manifest.setProperty("format", "2");
    mount.publish(manifest, token());

    runsOnAndSays(hello(Jvm.own(), Jvm.agent(mount.directory())), "null", "has format 2");
  }

  @Test
  void aFileThatIsNotOfItsFormatAndAKeyThatIsNotThere() throws Exception {
    HandMadeMount mount = mount();
    mount.publish(
        token(),
        File.of("db", "json", "canary-2").defaultEnv("DB_PASSWORD", "password"),
        File.of("mail", "json", "{\"user\":\"me\"}").property("mail.password", "password"));

    runsOnAndSays(
        hello(Jvm.own(), Jvm.agent(mount.directory())),
        "canary-1",
        "no answer for mail.password: secret 'mail' has no key 'password': it has [user]",
        "no answer for DB_PASSWORD: secret 'db' can't be taken apart: expected '{' at character 0");
  }

  @Test
  void switchedOff() throws Exception {
    runsOnAndSays(hello(Jvm.own(), "-javaagent:" + Jvm.AGENT + "=off"), "null");
  }

  /** No Java 7 can be had; 8 can be made to say that it is one, and 7 would load the class. */
  @Test
  void aJvmTooOld() throws Exception {
    Jvm eight = Jvm.all().getFirst();
    runsOnAndSays(
        hello(eight, "-Djava.specification.version=1.7", "-javaagent:" + Jvm.AGENT),
        "null",
        "Java 1.7 is too old: the agent needs 8 or newer; the application runs on");
  }
}
