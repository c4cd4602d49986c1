package dev.keyturn.agenttests.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Configuration frameworks find a secret by the name of a variable or a property. */
@Timeout(120)
class FrameworksIT {
  private static final String FIRST = "canary-first-1";
  private static final String SECOND = "canary-second-2";
  private static final String STAND_IN = "keyturn:db/password";

  @TempDir Path scratch;

  private static File db(String password) {
    return File.of("db", "properties", "password=" + password + "\n")
        .defaultEnv("DB_PASSWORD", "password");
  }

  private static Application.Builder spring() {
    return Application.of("frameworks/SpringApp").with(FrameworkLibraries.BOOT);
  }

  @Test
  void spring_boot_resolves_and_binds_stand_ins_and_its_actuator_shows_no_value() throws Exception {
    try (Application app = spring().start(scratch, db(FIRST).standIn())) {
      assertThat(app.ask("${keyturn.db.password} ${DB_PASSWORD} ${db.password}"))
          .isEqualTo(STAND_IN + " " + STAND_IN + " " + STAND_IN);
      assertThat(app.ask("held")).isEqualTo(STAND_IN);
      assertThat(app.ask("bound")).isEqualTo(STAND_IN);
      assertThat(app.ask("refreshed")).isEqualTo(STAND_IN);

      app.rotate(db(SECOND).standIn());
      assertThat(app.ask("bound")).isEqualTo(STAND_IN);
      assertThat(app.ask("/actuator/env"))
          .contains("\"keyturn.db.password\":{\"value\":\"" + STAND_IN)
          .containsPattern("\"DB_PASSWORD\":\\{[^}]*\"" + STAND_IN + "\"")
          .doesNotContain(FIRST, SECOND);
      assertThat(app.onHeap(FIRST, SECOND)).isEmpty();
      assertThat(app.err()).doesNotContain("keyturn:");
    }
  }

  @Test
  void spring_cloud_binds_and_makes_beans_anew_when_a_value_rotates() throws Exception {
    try (Application app = spring().start(scratch, db(FIRST))) {
      assertThat(app.ask("held")).isEqualTo(FIRST);
      assertThat(app.ask("bound")).isEqualTo(FIRST);
      assertThat(app.ask("refreshed")).isEqualTo(FIRST);

      app.rotate(db(SECOND));
      assertThat(app.ask("${keyturn.db.password} ${DB_PASSWORD} ${db.password}"))
          .isEqualTo(SECOND + " " + SECOND + " " + SECOND);
      app.await("bound", SECOND);
      app.await("refreshed", SECOND);
      // What a singleton was given once, it keeps: as everywhere in Spring.
      assertThat(app.ask("held")).isEqualTo(FIRST);
      assertThat(app.err()).doesNotContain("keyturn:");
    }
  }

  @Test
  void spring_without_cloud_answers_with_the_newest_value() throws Exception {
    try (Application app =
        Application.of("frameworks/PlainSpringApp")
            .with(FrameworkLibraries.SPRING)
            .start(scratch, db(FIRST))) {
      assertThat(app.ask("${keyturn.db.password} ${DB_PASSWORD}")).isEqualTo(FIRST + " " + FIRST);
      app.rotate(db(SECOND));
      assertThat(app.ask("${keyturn.db.password} ${DB_PASSWORD}")).isEqualTo(SECOND + " " + SECOND);
      assertThat(app.err()).isEmpty();
    }
  }

  @Test
  void microprofile_config_reads_both_names() throws Exception {
    try (Application app =
        Application.of("frameworks/SmallRyeApp")
            .with(FrameworkLibraries.SMALLRYE)
            .jvmOptions("-Dapp.password=${DB_PASSWORD}")
            .start(scratch, db(FIRST).standIn())) {
      for (String name :
          new String[] {"DB_PASSWORD", "db.password", "keyturn.db.password", "app.password"}) {
        assertThat(app.ask(name)).isEqualTo(STAND_IN);
      }
      // A property is asked for each time; variables were copied at the start, as ever.
      app.rotate(db(SECOND));
      assertThat(app.ask("keyturn.db.password")).isEqualTo(SECOND);
      assertThat(app.ask("DB_PASSWORD")).isEqualTo(STAND_IN);
      assertThat(app.err()).isEmpty();
    }
  }

  @Test
  void micronaut_reads_both_names() throws Exception {
    try (Application app =
        Application.of("frameworks/MicronautApp")
            .with(FrameworkLibraries.MICRONAUT)
            .start(scratch, db(FIRST).standIn())) {
      assertThat(app.ask("${DB_PASSWORD} ${db.password} ${keyturn.db.password}"))
          .isEqualTo(STAND_IN + " " + STAND_IN + " " + STAND_IN);
      assertThat(app.err()).doesNotContain("keyturn:");
    }
  }
}
