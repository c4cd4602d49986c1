package dev.keyturn.agenttests.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.agenttests.Libraries;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The sinks beside what else may be in a JVM, in both orders where there is one. */
class CompanyIT {
  private static final Path AGENTS = Path.of("target/agents").toAbsolutePath();

  @TempDir Path scratch;

  private static File db(String version) {
    return File.of(
            "db",
            "json",
            "{\"username\":\"application%s\",\"password\":\"canary-%s\"}"
                .formatted(version, version))
        .defaultEnv("DB_PASSWORD", "password")
        .standIn();
  }

  /** All sinks of the application swap, before a rotation and after it. */
  private static void works(Application app) throws Exception {
    assertThat(app.ask("environment")).isEqualTo("keyturn:db/password");
    swaps(app, "1");
    app.rotate(db("2"));
    swaps(app, "2");
    assertThat(app.err()).doesNotContain("keyturn: ");
  }

  private static void swaps(Application app, String version) throws Exception {
    assertThat(app.ask("callback")).isEqualTo("canary-" + version);

    assertThat(app.ask("driver")).isEqualTo("APPLICATION" + version);
  }

  private static List<String> options(String agent) {
    String jar = "-javaagent:" + AGENTS.resolve(agent + ".jar");
    return switch (agent) {
      case "opentelemetry-javaagent" ->
          List.of(
              jar,
              "-Dotel.traces.exporter=none",
              "-Dotel.metrics.exporter=none",
              "-Dotel.logs.exporter=none");
      case "elastic-apm-agent" ->
          List.of(
              jar,
              "-Delastic.apm.disable_send=true",
              "-Delastic.apm.log_level=ERROR",
              "-Delastic.apm.application_packages=app");
      case "dd-java-agent" ->
          List.of(
              jar,
              "-Ddd.trace.startup.logs=false",
              "-Ddd.instrumentation.telemetry.enabled=false",
              "-Ddd.trace.agent.unix.domain.socket=/nonexistent",
              "-Ddatadog.slf4j.simpleLogger.defaultLogLevel=off");
      default -> List.of(jar + "=destfile=/dev/null,output=none");
    };
  }

  @ParameterizedTest
  @CsvSource({
    "opentelemetry-javaagent, true", "opentelemetry-javaagent, false",
    "elastic-apm-agent, true", "elastic-apm-agent, false",
    "dd-java-agent, true", "dd-java-agent, false",
    "org.jacoco.agent-runtime, true", "org.jacoco.agent-runtime, false"
  })
  void beside_another_agent(String agent, boolean first) throws Exception {
    Application.Builder builder = Application.of("core/Sinks").with("h2");
    List<String> options = options(agent);
    try (Application app =
        (first ? builder.jvmOptionsBefore(options) : builder.jvmOptions(options))
            .start(scratch, db("1"))) {
      works(app);
    }
  }

  @Test
  void with_a_debugger() throws Exception {
    try (Application app =
        Application.of("core/Sinks")
            .with("h2")
            .jvmOptions(
                List.of(
                    "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0"))
            .start(scratch, db("1"))) {
      works(app);
    }
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void in_every_jvm(Jvm jvm) throws Exception {
    // H2 for Java 8 is another one.
    String[] libraries = jvm.release() == 8 ? new String[0] : new String[] {"h2"};
    try (Application app =
        Application.of("core/Sinks").jvm(jvm).with(libraries).start(scratch, db("1"))) {
      assertThat(app.ask("callback")).isEqualTo("canary-1");
      app.rotate(db("2"));
      assertThat(app.ask("callback")).isEqualTo("canary-2");
      if (jvm.release() > 8) {
        assertThat(app.ask("driver")).isEqualTo("APPLICATION2");
      }
      assertThat(app.err()).isEmpty();
    }
  }

  @Test
  void with_libraries_that_are_modules_and_no_package_opened() throws Exception {
    try (Application app =
        Application.of("core/Sinks").with("h2").withModules().start(scratch, db("1"))) {
      works(app);
    }
  }

  @Test
  void in_a_loader_of_its_own() throws Exception {
    try (Application app =
        Application.of("core/Sinks").with("h2").inChildLoader().start(scratch, db("1"))) {
      works(app);
    }
  }

  @Test
  void in_an_application_server_which_may_let_go_of_its_applications() throws Exception {
    try (Application app =
        Application.of("core/Webapp")
            .and("core/Sinks")
            .with("tomcat-embed-core")
            .arguments(
                scratch.resolve("tomcat").toString(), Libraries.jars("h2").getFirst().toString())
            .start(scratch, db("1"))) {
      swaps(app, "1");
      assertThat(app.ask("redeploy")).isEqualTo("redeployed");
      app.rotate(db("2"));
      swaps(app, "2");
      app.await("collected", "true");
      assertThat(app.err()).doesNotContain("keyturn: ");
    }
  }

  /**
   * What is woven is not taken from the archive, but all else is; to weave it then, the JVM would
   * have to stop and to look at all classes. Recorded as our docs say.
   */
  @ParameterizedTest
  @MethodSource("jvmsWithArchives")
  void with_classes_from_an_archive(Jvm jvm) throws Exception {
    Path archive = scratch.resolve("app.jsa");
    assertThat(
            works(
                jvm,
                "-XX:ArchiveClassesAtExit=" + archive,
                List.of("-XX:SharedArchiveFile=" + archive),
                false))
        .content()
        .containsPattern("org\\.h2\\.Driver source: (jar:)?file:")
        .doesNotContain("org.h2.Driver source: shared objects file")
        .doesNotContain("org.h2.Driver source: __VM_RedefineClasses__")
        .containsPattern("org\\.h2\\.engine\\.ConnectionInfo source: shared objects file");
  }

  static List<Jvm> jvmsWithArchives() {
    return Jvm.all().stream().filter(jvm -> jvm.release() == 17 || jvm.release() == 21).toList();
  }

  /** Classes of an AOT cache are there before anybody asks for them. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void with_an_aot_cache(boolean withAgent) throws Exception {
    Path cache = scratch.resolve("app.aot");
    assertThat(
            works(
                Jvm.own(),
                "-XX:AOTCacheOutput=" + cache,
                List.of("-XX:AOTCache=" + cache, "-XX:AOTMode=on"),
                withAgent))
        .content()
        .containsPattern("org\\.h2\\.Driver source: shared objects file")
        .contains("org.h2.Driver source: __VM_RedefineClasses__");
  }

  /** Answers what the JVM says of the classes that it loads. */
  private Path works(Jvm jvm, String record, List<String> use, boolean recordWithAgent)
      throws Exception {
    Application.Builder recording =
        Application.of("core/Sinks")
            .jvm(jvm)
            .with("h2")
            .jarAt(scratch.resolve("shared.jar"))
            .jvmOptions(record, "--add-modules", "java.instrument");
    try (Application app =
        (recordWithAgent ? recording.switchedOff() : recording.withoutAgent()).start(scratch)) {
      assertThat(app.ask("driver")).as("not swapped").isEqualTo("KEYTURN:DB/USERNAME");
      app.end();
    }
    Path log = scratch.resolve("classes.log");
    try (Application app =
        Application.of("core/Sinks")
            .jvm(jvm)
            .with("h2")
            .jarAt(scratch.resolve("shared.jar"))
            .jvmOptions(use)
            .jvmOptions("-Xlog:class+load:file=" + log)
            .start(scratch, db("1"))) {
      works(app);
    }
    return log;
  }
}
