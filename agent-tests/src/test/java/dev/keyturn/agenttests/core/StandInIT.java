package dev.keyturn.agenttests.core;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandInIT {
  @TempDir Path scratch;

  private static File db(String password) {
    return File.of("db", "json", "{\"username\":\"app\",\"password\":\"" + password + "\"}")
        .defaultEnv("DB_PASSWORD", "password");
  }

  @Test
  void an_application_that_is_given_a_stand_in_has_no_value_on_its_heap() throws Exception {
    try (Application app =
        Application.of("core/Hello").start(scratch, db("canary-one-1").standIn())) {
      assertThat(app.ask("held")).isEqualTo("keyturn:db/password");
      app.rotate(db("canary-two-2").standIn());
      assertThat(app.ask("DB_PASSWORD")).isEqualTo("keyturn:db/password");
      assertThat(app.ask("property keyturn.db.password")).isEqualTo("keyturn:db/password");
      assertThat(app.ask("property keyturn.db.username")).isEqualTo("keyturn:db/username");
      assertThat(app.onHeap("canary-one-1", "canary-two-2")).isEmpty();
      assertThat(app.err()).isEmpty();
    }
  }

  @Test
  void an_application_that_is_given_the_value_has_it() throws Exception {
    try (Application app = Application.of("core/Hello").start(scratch, db("canary-one-1"))) {
      assertThat(app.ask("held")).isEqualTo("canary-one-1");
      assertThat(app.ask("property keyturn.db.password")).isEqualTo("canary-one-1");
      // So the test above can fail.
      assertThat(app.onHeap("canary-one-1", "canary-two-2")).containsExactly("canary-one-1");
    }
  }

  @Test
  void a_class_whose_loader_asks_none_of_the_jdks_gets_the_secret_too() throws Exception {
    try (Application app = Application.of("core/Alone").start(scratch, db("canary-one-1"))) {
      assertThat(app.ask("keyturn:db/password")).isEqualTo("canary-one-1");
    }
  }
}
