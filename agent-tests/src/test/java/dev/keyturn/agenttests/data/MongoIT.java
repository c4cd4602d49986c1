package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MongoIT {
  private static final String[] DRIVER = {
    "mongodb-driver-sync", "mongodb-driver-core", "bson", "slf4j-api"
  };

  private static final String SCRAM = "?authMechanism=SCRAM-SHA-256";

  private final Pair one = Pair.version(1);
  private final Pair two = Pair.version(2);

  @TempDir Path scratch;

  @ParameterizedTest
  @ValueSource(strings = {"", SCRAM, "?authMechanism=PLAIN&authSource=$external"})
  void a_connection_logs_in_with_the_current_pair(String options) throws Exception {
    try (MongoServer mongo = new MongoServer();
        Application app = start(mongo, application(options, mongo))) {
      assertThat(app.ask("who")).isEqualTo(one.user());
      mongo.users.put(two.user(), two.password());
      app.rotate(two.secret("mongo"));
      assertThat(app.ask("who")).isEqualTo(two.user());
      mongo.users.remove(two.user());
      assertThat(app.tell("who")).startsWith("failed").doesNotContain("canary");
    }
  }

  @Test
  void the_heap_holds_no_password_after_the_jdk_has_cleared_the_keys_made_of_it() throws Exception {
    try (MongoServer mongo = new MongoServer();
        Application app = start(mongo, application(SCRAM, mongo))) {
      app.ask("who");
      mongo.users.put(two.user(), two.password());
      app.rotate(two.secret("mongo"));
      app.ask("who");
      // A key for PBKDF2 is cleared by the JDK's cleaner, some time after the collection of a dump.
      List<String> found = app.onHeap(one.password(), two.password());
      for (int again = 0; again < 20 && !found.isEmpty(); again++) {
        Thread.sleep(200);
        found = app.onHeap(one.password(), two.password());
      }
      assertThat(found).isEmpty();
    }
  }

  @Test
  void in_a_child_class_loader_on_the_oldest_jvm() throws Exception {
    try (MongoServer mongo = new MongoServer();
        Application app =
            start(
                mongo,
                application(SCRAM, mongo).jvm(Jvm.oldestAndNewest().getFirst()).inChildLoader())) {
      assertThat(app.ask("who")).isEqualTo(one.user());
    }
  }

  @Test
  void as_a_module() throws Exception {
    try (MongoServer mongo = new MongoServer();
        Application app = start(mongo, application(SCRAM, mongo).withModules())) {
      assertThat(app.ask("who")).isEqualTo(one.user());
    }
  }

  private static Application.Builder application(String options, MongoServer mongo) {
    return Application.of("data/Mongo")
        .with(DRIVER)
        .arguments(String.valueOf(mongo.port()), options);
  }

  private Application start(MongoServer mongo, Application.Builder application) throws Exception {
    mongo.users.put(one.user(), one.password());
    return application.start(scratch, one.secret("mongo"));
  }
}
