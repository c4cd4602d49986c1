package dev.keyturn.agenttests.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AcknowledgementIT {
  @TempDir Path scratch;
  private Path said;

  static List<Jvm> jvms() {
    return Jvm.oldestAndNewest();
  }

  @BeforeEach
  void makeDirectory() throws Exception {
    said = Files.createDirectory(scratch.resolve("said"));
  }

  private static File db(String password) {
    return File.of("db", "properties", "password=" + password + "\n")
        .defaultEnv("DB_PASSWORD", "password");
  }

  private static File conf(String value) {
    return File.of("app.conf", "raw", value).defaultEnv("APP_CONF", "");
  }

  private Properties await(Application app, Predicate<Properties> condition) throws Exception {
    Path file = said.resolve(String.valueOf(app.process().pid()));
    Properties text = new Properties();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (System.nanoTime() < end) {
      if (Files.exists(file)) {
        text.clear();
        try (InputStream in = Files.newInputStream(file)) {
          text.load(in);
        }
        if (condition.test(text)) {
          return text;
        }
      }
      Thread.sleep(50);
    }
    throw new AssertionError("not within 30 s; last: " + text + "; stderr: " + app.err());
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void what_is_loaded_and_what_was_asked_for_is_said_without_any_value(Jvm jvm) throws Exception {
    Path dead = Files.writeString(said.resolve("1"), "format=1\n");
    Files.setLastModifiedTime(dead, FileTime.from(Instant.now().minusSeconds(600)));
    try (Application app =
        Application.of("core/Hello")
            .jvm(jvm)
            .agentOptions("acknowledge=" + said)
            .start(scratch, db("canary-one-1"), conf("canary-a"))) {
      // Hello asks for the password when it starts.
      Properties first = await(app, text -> text.containsKey("secret.db.version"));
      assertThat(first)
          .containsEntry("format", "1")
          .containsEntry("generation", "2026-11-24T06-04-53Z.00000001")
          .containsEntry("secret.db.version", "1")
          .containsEntry("secret.db.loaded", "1")
          .containsEntry("secret.app.conf.loaded", "1")
          .containsEntry("failures", "0")
          .containsEntry("leaks-blocked", "0")
          .doesNotContainKey("secret.app.conf.version");

      app.rotate(db("canary-two-2"), conf("canary-b"));
      Properties loaded = await(app, text -> "2".equals(text.get("secret.db.loaded")));
      assertThat(loaded).as("not asked for yet").containsEntry("secret.db.version", "1");

      assertThat(app.ask("DB_PASSWORD")).isEqualTo("canary-two-2");
      await(app, text -> "2".equals(text.get("secret.db.version")));

      assertThat(dead).as("what a dead process left").doesNotExist();
      try (Stream<Path> files = Files.list(said)) {
        Path file = files.toList().getFirst();
        assertThat(Files.readString(file)).doesNotContain("canary");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
            .as("the sidecar may be another user")
            .contains("r--r--");
      }
      assertThat(app.err()).isEmpty();
    }
  }

  @Test
  void the_variable_says_where_too_and_a_directory_that_is_none_is_told_of_once() throws Exception {
    try (Application app =
        Application.of("core/Hello")
            .environment("KEYTURN_ACKNOWLEDGE", said.toString())
            .start(scratch, db("canary-one-1"))) {
      await(app, text -> text.containsKey("secret.db.version"));
    }
    try (Application app =
        Application.of("core/Hello")
            .environment("KEYTURN_ACKNOWLEDGE", scratch.resolve("none").toString())
            .start(scratch, db("canary-one-1"))) {
      app.rotate(db("canary-two-2"));
      Thread.sleep(2500);
      assertThat(app.err().lines())
          .containsExactly(
              "keyturn: can't say in "
                  + scratch.resolve("none")
                  + " which versions are in use: it is no directory that can be read; the"
                  + " application runs on");
    }
  }
}
