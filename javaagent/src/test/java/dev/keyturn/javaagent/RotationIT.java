package dev.keyturn.javaagent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.mount.HandMadeMount;
import dev.keyturn.mount.HandMadeMount.File;
import dev.keyturn.tmpfs.FileFacts;
import dev.keyturn.tmpfs.Generation;
import dev.keyturn.tmpfs.Mount;
import dev.keyturn.tmpfs.SecretFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A running application and a mount that comes, and changes. */
@Timeout(120)
class RotationIT {
  @TempDir static Path classes;
  @TempDir Path scratch;

  @BeforeAll
  static void compile() throws Exception {
    Jvm.compile(Path.of("../examples/java-app/src/App.java"), classes);
    Jvm.compile("ApiUser.java", classes);
  }

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  static List<Jvm> oldestAndNewest() {
    return Jvm.oldestAndNewest();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void aMountThatComesLaterIsServedAndItsRotationsAreSeenWithoutARestart(Jvm jvm) throws Exception {
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    try (Jvm.Started app =
        jvm.start(
            scratch,
            Map.of("KEYTURN_MOUNT", mount.directory().toString()),
            List.of("-javaagent:" + Jvm.AGENT, "-cp", classes.toString(), "App"))) {
      app.await("DB_PASSWORD is not set");

      mount.publish(password("first-canary"));
      app.await("DB_PASSWORD is firs... (12 characters)");

      mount.publish(password("second-canary"));
      app.await("DB_PASSWORD is seco... (13 characters)");

      // A file that can't be read any more (a directory, even for root): the last value stays.
      mount.publish(mount.manifest(password("")));
      Files.createDirectory(mount.generation().resolve("db"));
      while (app.now().errLines().size() < 2) {
        Thread.sleep(50);
      }
      Files.delete(mount.generation().resolve("db"));
      Files.writeString(mount.generation().resolve("db"), "password=another-canary\n");
      app.await("DB_PASSWORD is anot... (14 characters)");

      assertThat(app.process().isAlive()).isTrue();
      assertThat(app.now().outLines()).hasSize(4);
      assertThat(app.now().errLines())
          .satisfiesExactly(
              line -> assertThat(line).startsWith("keyturn: no mount at " + mount.directory()),
              line ->
                  assertThat(line)
                      .startsWith(
                          "keyturn: secret 'db' was replaced, but can't be read: Is a directory"));
    }
  }

  private static File password(String value) {
    return File.of("db", "properties", "password=" + value + "\n")
        .defaultEnv("DB_PASSWORD", "password");
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void theApiFindsTheMountOfTheAgent(Jvm jvm) throws Exception {
    HandMadeMount mount = new HandMadeMount(scratch.resolve("mount"));
    mount.publish(password("canary-1"));
    String path = classes + java.io.File.pathSeparator + Jvm.API;
    try (Jvm.Started app =
        jvm.start(
            scratch,
            Map.of("KEYTURN_MOUNT", "/nowhere"),
            List.of(Jvm.agent(mount.directory()), "-cp", path, "ApiUser"))) {
      app.await("canary-1");
      // Until the listener is there, which nothing tells us.
      for (int i = 2; app.process().isAlive(); i++) {
        mount.publish(password("canary-" + i));
        Thread.sleep(700);
      }
      assertThat(app.now().outLines()).hasSize(2);
      assertThat(app.now().out()).containsPattern("canary-1\ncanary-[2-9]");
      assertThat(app.now().exit()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("oldestAndNewest")
  void whatTheWriterPublishesIsServed(Jvm jvm) throws Exception {
    Path directory = Files.createDirectory(scratch.resolve("mount"));
    try (Mount mount = Mount.open(directory, Mount.DiskPolicy.ALLOW)) {
      mount.publish(new Generation(List.of(written("first-canary"))));
      try (Jvm.Started app =
          jvm.start(
              scratch,
              Map.of(),
              List.of(
                  "-Dkeyturn.mount=" + directory,
                  "-javaagent:" + Jvm.AGENT,
                  "-cp",
                  classes.toString(),
                  "App"))) {
        app.await("DB_PASSWORD is firs... (12 characters)");
        mount.publish(new Generation(List.of(written("second-canary"))));
        app.await("DB_PASSWORD is seco... (13 characters)");
        assertThat(app.now().err()).isEmpty();
      }
    }
  }

  private static SecretFile written(String value) {
    return new SecretFile(
        "db",
        ("password='" + value + "'\n").getBytes(StandardCharsets.UTF_8),
        Set.of(PosixFilePermission.OWNER_READ),
        OptionalInt.empty(),
        OptionalInt.empty(),
        new FileFacts(
            "file:/etc/db",
            "1",
            Instant.EPOCH,
            "env",
            Map.of(),
            Map.of("DB_PASSWORD", "password"),
            Map.of(),
            false,
            List.of()));
  }
}
