package dev.keyturn.agenttests.guards;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import dev.keyturn.mount.HandMadeMount.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A value on its way into the logs of the usual frameworks, as their appenders get to see it. */
class LogGuardsIT {
  private static final List<String> WAYS =
      List.of("message", "argument", "object", "array", "thrown", "mdc");

  private static final String[] JBOSS = {
    "jboss-logmanager",
    "jboss-modules",
    "smallrye-common-constraint",
    "smallrye-common-cpu",
    "smallrye-common-expression",
    "smallrye-common-function",
    "smallrye-common-net",
    "smallrye-common-os",
    "smallrye-common-ref",
    "jakarta.json-api"
  };

  @TempDir Path scratch;

  private final String canary = "canary-" + UUID.randomUUID();
  private final String next = "canary-" + UUID.randomUUID();

  private static File db(String password) {
    return File.of("db", "json", "{\"user\":\"app\",\"password\":\"" + password + "\"}");
  }

  /** Logs in each way, with the value of before a rotation as well as that of after. */
  private String log(Application app, List<String> ways) throws Exception {
    for (String way : ways) {
      app.ask(way);
    }
    assertThat(app.ask("mdc")).as("the application has its context as it was").isEqualTo("true");
    app.rotate(db(next));
    for (String way : ways) {
      app.ask(way);
    }
    app.ask("nothing");
    assertThat(app.err()).isEmpty();
    return app.ask("events");
  }

  private void assertMasked(String logged, String... shown) {
    assertThat(logged).doesNotContain(canary, next).contains(shown);
  }

  @Test
  void logback_shows_none_in_a_file_nor_in_events() throws Exception {
    Path text = scratch.resolve("text");
    Path json = scratch.resolve("json");
    try (Application app =
        Application.of("guards/LogbackApp")
            .with("logback-classic", "logback-core", "slf4j-api")
            .arguments(text.toString(), json.toString())
            .start(scratch, db(canary))) {
      String events = log(app, List.of("message", "argument", "thrown", "mdc", "pair"));
      assertMasked(
          events,
          "message (secret db/password)|message (secret db/password)|",
          "argument {}|argument (secret db/password)|[(secret db/password)]|",
          "java.io.IOException: (secret db/password)",
          "{token=(secret db/password)}",
          "[key=\"(secret db/password)\"]",
          "nothing {}|nothing of it|[of it]|{}|null");
      // Their toString is masked where it becomes text; the objects are the application's.
      app.ask("object");
      app.ask("array");
    }
    assertMasked(
        Files.readString(text),
        "INFO message (secret db/password) mdc= pairs=\n",
        "INFO argument (secret db/password) mdc= pairs=\n",
        "INFO object Holder[password=(secret db/password)] of 2 mdc= pairs=\n",
        "INFO array [a, (secret db/password)] mdc= pairs=\n",
        "WARN thrown mdc= pairs=\njava.lang.IllegalStateException: outer\n",
        "Caused by: java.io.IOException: (secret db/password)\n",
        "INFO context mdc=(secret db/password) pairs=\n",
        "INFO fluent mdc= pairs=key=\"(secret db/password)\"\n",
        "INFO nothing of it mdc= pairs=\n");
    assertMasked(
        Files.readString(json), "\"arguments\": [\"Holder[password=(secret db/password)]\",\"2\"]");
  }

  @Test
  void log4j_shows_none_in_a_file_nor_in_events() throws Exception {
    Path text = scratch.resolve("text");
    try (Application app =
        Application.of("guards/Log4jApp")
            .with("log4j-core", "log4j-api")
            .arguments(text.toString())
            .start(scratch, db(canary))) {
      assertMasked(
          log(app, WAYS),
          "message (secret db/password)",
          "argument (secret db/password)",
          "object (secret db/password) of 2",
          "array [a, (secret db/password)]",
          "java.lang.IllegalStateException: outer|java.io.IOException: (secret db/password)",
          "context|token=(secret db/password)",
          "nothing of it");
    }
    assertMasked(
        Files.readString(text),
        "INFO message (secret db/password) mdc=\n",
        "INFO argument (secret db/password) mdc=\n",
        "INFO object (secret db/password) of 2 mdc=\n",
        "INFO array [a, (secret db/password)] mdc=\n",
        "java.lang.IllegalStateException: outer\n",
        "Caused by: java.io.IOException: (secret db/password)\n",
        "INFO context mdc=(secret db/password)\n",
        "INFO nothing of it mdc=\n");
  }

  @Test
  void jboss_log_manager_shows_none_in_a_file_nor_in_events() throws Exception {
    Path text = scratch.resolve("text");
    try (Application app =
        Application.of("guards/JbossApp")
            .with(JBOSS)
            .jvmOptions("-Djava.util.logging.manager=org.jboss.logmanager.LogManager")
            .arguments(text.toString())
            .start(scratch, db(canary))) {
      assertMasked(
          log(app, List.of("message", "argument", "object", "printf", "thrown", "mdc")),
          "message {0} (secret db/password)|{}|lambda$main$0",
          "argument (secret db/password)",
          "object (secret db/password) of 2",
          "printf (secret db/password)",
          "java.lang.IllegalStateException: outer|java.io.IOException: (secret db/password)",
          "context|{token=(secret db/password)}",
          "nothing of it");
    }
    assertMasked(
        Files.readString(text),
        "INFO message {0} (secret db/password) mdc= ndc=\n",
        "java.lang.IllegalStateException: outer\n",
        "Caused by: java.io.IOException: (secret db/password)\n",
        "INFO context mdc=(secret db/password) ndc=(secret db/password)\n",
        "INFO nothing of it mdc= ndc=\n");
  }

  @Test
  void logback_in_a_child_loader_on_an_older_jvm_shows_none() throws Exception {
    Path text = scratch.resolve("text");
    try (Application app =
        Application.of("guards/LogbackApp")
            .with("logback-classic", "logback-core", "slf4j-api")
            .arguments(text.toString(), scratch.resolve("json").toString())
            .jvm(Jvm.all().get(1))
            .inChildLoader()
            .start(scratch, db(canary))) {
      app.ask("message");
      app.ask("object");
    }
    assertMasked(
        Files.readString(text),
        "message (secret db/password)",
        "object Holder[password=(secret db/password)] of 2");
  }

  @Test
  void log4j_as_a_module_shows_none() throws Exception {
    Path text = scratch.resolve("text");
    try (Application app =
        Application.of("guards/Log4jApp")
            .with("log4j-core", "log4j-api")
            .arguments(text.toString())
            .withModules()
            .start(scratch, db(canary))) {
      app.ask("message");
      app.ask("thrown");
    }
    assertMasked(Files.readString(text), "message (secret db/password)", "Caused by: java.io");
  }

  @Test
  void without_masking_both_show_it() throws Exception {
    Path text = scratch.resolve("text");
    try (Application app =
        Application.of("guards/Log4jApp")
            .with("log4j-core", "log4j-api")
            .arguments(text.toString())
            .agentOptions("mask=off")
            .start(scratch, db(canary))) {
      app.ask("message");
    }
    assertThat(Files.readString(text)).contains("message " + canary);
  }
}
