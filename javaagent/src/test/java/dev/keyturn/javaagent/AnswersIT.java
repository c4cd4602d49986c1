package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What an application sees of its secrets, and what nobody else sees. */
class AnswersIT {
  @TempDir static Path classes;
  @TempDir static Path module;
  @TempDir Path scratch;

  @BeforeAll
  static void compile() throws Exception {
    Jvm.compile("Answers.java", classes);
    Jvm.compile("modular", module);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  static List<Jvm> jvmsWithModules() {
    return Jvm.withModules();
  }

  private static File database(String canary) {
    return File.of("db", "json", "{\"password\":\"" + canary + "\",\"port\":54321678}")
        .defaultEnv("DB_PASSWORD", "password")
        .defaultEnv("KEPT", "password")
        .env("PASSWORD", "password")
        .env("TAKEN", "password")
        .property("db.password", "password")
        .property("db.port", "port");
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void theApplicationSeesThemAndNobodyElse(Jvm jvm) throws Exception {
    String canary = "canary-" + UUID.randomUUID();
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(database(canary), File.of("token", "raw", "t-" + canary).defaultEnv("TOKEN", ""));

    Jvm.Run run =
        jvm.run(
            scratch,
            Map.of("TAKEN", "by us", "KEPT", "by us", "REAL", "real"),
            List.of(
                // What the application prints is what this is about.
                Jvm.agent(mount.directory()) + ",mask=off",
                // What every JVM since 17 does.
                jvm.release() == 11 ? "--illegal-access=deny" : "-Dillegal.access=denied",
                "-Dreal=real",
                "-cp",
                classes.toString(),
                "Answers"));

    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .isEqualTo(
            """
            default name: CANARY
            explicit name: CANARY
            explicit name over a real variable: CANARY
            default name under a real variable: by us
            whole file: t-CANARY
            real variable: real
            no variable: null
            null: NullPointerException
            view: [DB_PASSWORD, KEPT, PASSWORD, REAL, TAKEN, TOKEN]
            view get: CANARY
            view get of nothing: null
            view containsKey: true false
            view containsValue: true false
            view iterates over all: true
            view sizes: true
            view values: true
            view equals: true
            view forEach: true
            view getOrDefault: otherwise
            view put: UnsupportedOperationException
            view remove: UnsupportedOperationException
            view clear: UnsupportedOperationException
            view merge: UnsupportedOperationException
            view keySet remove: UnsupportedOperationException
            view setValue: UnsupportedOperationException
            view get null: NullPointerException
            view containsKey null: NullPointerException
            view containsValue null: NullPointerException
            view get of a number: ClassCastException
            view is one object: true
            view printed holds the secret: false
            view printed holds the rest: true
            property: CANARY
            property with default: CANARY
            property as number: 54321678
            no property: null
            no property with default: otherwise
            real property: real
            property null: NullPointerException
            property empty: IllegalArgumentException
            properties: false null false
            handover left: false
            builder has it: false
            builder's child: lacks it, has the rest
            builder's child with own variable: lacks it, has the rest
            exec's child: lacks it, has the rest
            exec's child with own variables: lacks it, has the rest
            /proc environ has it: false
            /proc cmdline has it: false
            thread is a daemon: true
            thread's loader: null
            java.lang is open to the application: OPEN
            """
                .replace("CANARY", canary)
                .replace("OPEN", String.valueOf(jvm.release() == 8)));
    assertThat(run.exit()).isZero();
  }

  @ParameterizedTest
  @MethodSource("jvmsWithModules")
  void aModularApplicationSeesThemToo(Jvm jvm) throws Exception {
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(database("canary-1"));

    Jvm.Run run =
        jvm.run(
            scratch,
            Jvm.agent(mount.directory()) + ",mask=off",
            "-p",
            module.toString(),
            "-m",
            "application/app.Main");

    assertThat(run.err()).isEmpty();
    assertThat(run.outLines())
        .containsExactly("module application", "canary-1", "canary-1", "canary-1");
  }
}
