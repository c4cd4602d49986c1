package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialAlteration;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real broker, in KRaft mode, that makes clients log in again every 2.5 s. */
class KafkaIT {
  private static final String[] CLIENT = {
    "kafka-clients", "slf4j-api", "zstd-jni", "lz4-java", "snappy-java"
  };

  @TempDir static Path directory;
  private static Relay relay;
  private static int adminPort;
  private static Server broker;

  @TempDir Path scratch;

  @BeforeAll
  static void startBroker() throws Exception {
    int port = Server.freePort();
    relay = new Relay(port);
    adminPort = Server.freePort();
    broker =
        Server.start(
            directory,
            "KafkaBroker",
            port,
            List.of(
                "kafka_2.13",
                "kafka-clients",
                "kafka-server",
                "kafka-server-common",
                "kafka-group-coordinator",
                "kafka-group-coordinator-api",
                "kafka-transaction-coordinator",
                "kafka-share-coordinator",
                "kafka-coordinator-common",
                "kafka-metadata",
                "kafka-raft",
                "kafka-storage",
                "kafka-storage-api",
                "kafka-tools-api",
                "scala-library",
                "scala-reflect",
                "scala-logging_2.13",
                "pcollections",
                "HdrHistogram",
                "hash4j",
                "caffeine",
                "metrics-core:2",
                "argparse4j",
                "jopt-simple",
                "jose4j",
                "jackson-core:2",
                "jackson-databind:2",
                "jackson-annotations",
                "jackson-dataformat-csv:2",
                "jackson-dataformat-yaml:2",
                "jackson-datatype-jdk8",
                "commons-validator",
                "re2j",
                "log4j-api",
                "log4j-core",
                "zstd-jni",
                "lz4-java",
                "snappy-java",
                "slf4j-api"),
            List.of(
                directory.toString(),
                String.valueOf(port),
                String.valueOf(relay.port()),
                String.valueOf(Server.freePort()),
                String.valueOf(adminPort)));
  }

  @AfterAll
  static void stopBroker() throws Exception {
    broker.close();
    relay.close();
  }

  private static Pair version(int number) {
    // Kafka refuses a login that is repeated with another user.
    return new Pair("app", Pair.version(number).password());
  }

  private static void allowPlain(Pair... pairs) throws Exception {
    Files.write(
        directory.resolve("users"),
        Arrays.stream(pairs).map(pair -> pair.user() + " " + pair.password()).toList());
  }

  @Test
  void no_message_is_lost_where_the_broker_wants_logins_repeated() throws Exception {
    Pair one = version(1);
    Pair two = version(2);
    allowPlain(one, two);
    try (Application app = start("PLAIN", one)) {
      assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
      app.rotate(two.secret("kafka"));
      nothingIsLost(app);
      allowPlain(two);
      nothingIsLost(app);
      assertThat(relay.count(two.password())).isGreaterThan(2);
      assertThat(Files.readAllLines(broker.out()))
          .contains("login allowed")
          .doesNotContain("login refused");
    }
  }

  @Test
  void in_a_child_class_loader_on_the_oldest_jvm_of_the_library() throws Exception {
    Pair one = version(1);
    allowPlain(one);
    Jvm jvm = Jvm.all().stream().filter(each -> each.release() == 11).findFirst().orElseThrow();
    try (Application app =
        application("PLAIN").jvm(jvm).inChildLoader().start(scratch, one.secret("kafka"))) {
      assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
    }
  }

  @Test
  void as_modules() throws Exception {
    Pair one = version(1);
    allowPlain(one);
    try (Application app = application("PLAIN").withModules().start(scratch, one.secret("kafka"))) {
      assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
    }
  }

  @Test
  void no_message_is_lost_when_connections_are_cut_after_a_rotation() throws Exception {
    Pair one = new Pair("scram-3", version(3).password());
    Pair two = new Pair("scram-4", version(4).password());
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", "127.0.0.1:" + adminPort))) {
      alter(admin, allowed(one), allowed(two));
      try (Application app = start("SCRAM-SHA-256", one)) {
        assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
        app.rotate(two.secret("kafka"));
        alter(admin, new UserScramCredentialDeletion(one.user(), ScramMechanism.SCRAM_SHA_256));
        relay.cut();
        assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
        assertThat(relay.count(two.user())).isPositive();
        app.onHeap();
        assertThat(app.onHeap(one.password(), two.password())).isEmpty();
      }
    }
  }

  /** For longer than it takes until all connections have logged in again. */
  private static void nothingIsLost(Application app) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(3);
    do {
      assertThat(app.ask("more")).isEqualTo("lost 0, errors 0");
    } while (System.nanoTime() < end);
  }

  private static void alter(Admin admin, UserScramCredentialAlteration... alterations)
      throws Exception {
    admin.alterUserScramCredentials(List.of(alterations)).all().get();
  }

  private static UserScramCredentialAlteration allowed(Pair pair) {
    return new UserScramCredentialUpsertion(
        pair.user(), new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096), pair.password());
  }

  private Application start(String mechanism, Pair first) throws Exception {
    return application(mechanism).start(scratch, first.secret("kafka"));
  }

  private static Application.Builder application(String mechanism) {
    return Application.of("data/Kafka")
        .with(CLIENT)
        .arguments(String.valueOf(relay.port()), mechanism);
  }
}
