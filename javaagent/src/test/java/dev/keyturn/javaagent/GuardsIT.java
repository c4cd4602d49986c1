package dev.keyturn.javaagent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A value on its way to where others read it. */
class GuardsIT {
  @TempDir static Path classes;
  @TempDir Path scratch;

  private final String canary = "canary-" + UUID.randomUUID();
  private Path mount;

  @BeforeAll
  static void compile() throws Exception {
    Jvm.compile("Guards.java", classes);
    Jvm.compile("Outgoing.java", classes);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  static List<Jvm> oldestAndNewest() {
    return Jvm.oldestAndNewest();
  }

  @BeforeEach
  void publish() {
    HandMadeMount made = new HandMadeMount(scratch.resolve("mount"));
    mount = made.directory();
    made.publish(
        File.of("db", "json", "{\"password\":\"" + canary + "\",\"user\":\"app\"}")
            .defaultEnv("DB_PASSWORD", "password"));
  }

  private Jvm.Run run(Jvm jvm, String options, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.addAll(List.of(Jvm.agent(mount) + options, "-cp", classes.toString(), "Guards"));
    command.addAll(List.of(arguments));
    return jvm.run(scratch, environment, command);
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void standardOutputAndErrorShowNone(Jvm jvm) throws Exception {
    Jvm.Run run = run(jvm, "", Map.of(), "print");

    String out = run.out().replaceAll("(?m)^base64: .*\n", "");
    assertThat(out)
        .isEqualTo(
            """
            nothing of it
            println: MASKED
            print: MASKED
            object: MASKED
            chars: MASKED
            printf: MASKED 7
            format: MASKED
            append: MASKED
            write: MASKED
            single: MASKED
            null
            nullc121.52.5true
            checked: false
            """
                .replace("MASKED", "(secret db/password)"));
    assertThat(run.out())
        .containsPattern("base64: dT\\(secret db/password\\)=*\n")
        .doesNotContain(
            Base64.getEncoder().encodeToString(canary.getBytes(UTF_8)).substring(8, 40));
    assertThat(run.errLines())
        .contains(
            "err: (secret db/password)",
            "java.lang.IllegalStateException: thrown: (secret db/password)");
    assertThat(run.err()).doesNotContain(canary);
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aValueThatABufferTearsIsMaskedToo(Jvm jvm) throws Exception {
    Jvm.Run run = run(jvm, "", Map.of(), "buffers");

    assertThat(run.out()).doesNotContain(canary);
    assertThat(run.outLines()).hasSize(5003);
    for (int i = 0; i < 5000; i++) {
      assertThat(run.outLines().get(i))
          .isEqualTo("line " + i + " has (secret db/password) in it, \u00e4");
    }
    assertThat(run.outLines().get(5000)).isEqualTo("the end, for now: canary");
    assertThat(run.outLines().get(5001)).isEqualTo("torn: (secret db/password).");
    assertThat(run.outLines().get(5002)).isEqualTo("x".repeat(600));
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void whatIsLoggedWithJavaUtilLoggingShowsNone(Jvm jvm) throws Exception {
    Jvm.Run run = run(jvm, "", Map.of(), "jul");

    assertThat(run.err())
        .doesNotContain(canary)
        .contains("INFO: message: (secret db/password)")
        .contains("INFO: parameter: (secret db/password)")
        .contains("INFO: object: (secret db/password)")
        .contains("java.lang.IllegalStateException: outer")
        .contains("Caused by: java.io.IOException: inner: (secret db/password)")
        .contains("INFO: nothing of it")
        .contains("INFO: two: 1 and one")
        .contains("Guards jul");
    assertThat(run.outLines())
        .containsExactly(
            "handler: own: (secret db/password), thrown java.io.IOException: own: (secret"
                + " db/password)");
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void maskingCanBeTurnedOff(Jvm jvm) throws Exception {
    assertThat(run(jvm, ",mask=off", Map.of(), "print").out()).contains("println: " + canary);
    assertThat(run(jvm, ",mask=off", Map.of(), "jul").err()).contains("INFO: message: " + canary);
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aChildProcessIsNotStartedWithOne(Jvm jvm) throws Exception {
    Jvm.Run run = run(jvm, "", Map.of("PATH", "/usr/bin"), "children", "/bin/true");

    String why =
        " holds the value of secret db/password, and what a process is started with can be read by"
            + " others; give it on standard input or in a file, or set the agent's option"
            + " children=report";
    String start =
        "Cannot run program \"/bin/true\": keyturn: the child process '/bin/true' was not started:"
            + " its ";
    assertThat(run.outLines())
        .containsExactly(
            "arguments: " + start + "argument 1" + why,
            "environment: " + start + "variable COPIED" + why,
            "whole environment: " + start + "variable DB_PASSWORD" + why,
            // ProcessBuilder's own words have the name.
            "name: "
                + start
                    .replace("/bin/true", "(secret db/password)")
                    .replaceFirst("\\(secret db/password\\)", "/nowhere/" + canary)
                    .replace("its ", "its name")
                + why,
            "neither: 0",
            "its own environment: 0",
            "exec: " + start + "argument 1" + why);
    assertThat(run.err()).doesNotContain(canary);
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void aChildProcessMayBeReportedOrAllowed(Jvm jvm) throws Exception {
    Jvm.Run reported = run(jvm, ",children=report", Map.of(), "children", "/bin/true");
    assertThat(reported.outLines())
        .contains("arguments: 0", "environment: 0", "whole environment: 0", "exec: 0");
    assertThat(reported.err())
        .doesNotContain(canary)
        .contains(
            "keyturn: the child process '/bin/true' was started with a secret that others can"
                + " read: its argument 1 holds the value of secret db/password");

    Jvm.Run allowed = run(jvm, ",children=allow", Map.of(), "children", "/bin/true");
    assertThat(allowed.outLines()).contains("arguments: 0", "exec: 0");
    assertThat(allowed.err()).doesNotContain("child process");
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void whatTheProcessItselfWasGivenMayBeInherited(Jvm jvm) throws Exception {
    Jvm.Run run = run(jvm, "", Map.of("DB_PASSWORD", canary), "children", "/bin/true");

    assertThat(run.outLines()).contains("its own environment: 0", "whole environment: 0");
    assertThat(run.out()).contains("argument 1 holds the value of secret db/password");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aStandInThatGoesOutAsItIsIsSaidOnceWithItsPlace(Jvm jvm) throws Exception {
    Jvm.Run run = jvm.run(scratch, Jvm.agent(mount), "-cp", classes.toString(), "Outgoing");

    assertThat(run.outLines()).containsExactly("sent");
    assertThat(run.errLines().stream().filter(line -> line.contains("went out")))
        .extracting(line -> line.replaceFirst(":\\d+\\): .*", ""))
        .containsExactly(
            wentOut("keyturn:db/first", "bySocket"),
            wentOut("keyturn:db/password", "bySocket"),
            // Nothing of the answer of a server: who asks a debug page may see stand-ins.
            wentOut("keyturn:db/channel", "byChannel"),
            wentOut("keyturn%3Adb%2Fengine", "byEngine"));
  }

  private static String wentOut(String standIn, String method) {
    return "keyturn: the stand-in "
        + standIn
        + " went out to a connection as it is, at Outgoing."
        + method
        + "(Outgoing.java";
  }
}
