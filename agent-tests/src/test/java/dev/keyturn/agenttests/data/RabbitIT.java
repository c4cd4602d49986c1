package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** RabbitMQ's client with another broker of its protocol, Qpid, which is a Maven artifact. */
class RabbitIT {
  private static final String[] CLIENT = {
    "amqp-client",
    "slf4j-api",
    "netty-common",
    "netty-buffer",
    "netty-transport",
    "netty-resolver",
    "netty-handler",
    "netty-codec-base",
    "netty-transport-native-unix-common"
  };

  private static final Pair ONE = Pair.version(1);
  private static final Pair TWO = Pair.version(2);
  private static final Pair THREE = Pair.version(3);

  @TempDir static Path directory;
  private static int port;
  private static Server broker;

  @TempDir Path scratch;

  @BeforeAll
  static void startBroker() throws Exception {
    port = Server.freePort();
    broker =
        Server.start(
            directory,
            "AmqpBroker",
            port,
            List.of(
                "qpid-broker-core",
                "qpid-broker-plugins-amqp-0-8-protocol",
                "qpid-broker-plugins-memory-store",
                "jackson-core:2",
                "jackson-databind:2",
                "jackson-annotations",
                "guava",
                "failureaccess",
                "slf4j-api",
                "bcprov-jdk18on",
                "bcpkix-jdk18on",
                "bcutil-jdk18on"),
            List.of(
                directory.toString(),
                String.valueOf(port),
                ONE.user() + "=" + ONE.password(),
                TWO.user() + "=" + TWO.password()));
  }

  @AfterAll
  static void stopBroker() {
    broker.close();
  }

  @Test
  void new_connections_and_recovered_ones_log_in_with_the_current_pair() throws Exception {
    try (Relay relay = new Relay(port);
        Application app = start(relay, Jvm.own(), false)) {
      assertThat(app.ask("send")).isEqualTo("through the broker");
      assertThat(relay.count(ONE.password())).isEqualTo(1);
      app.rotate(TWO.secret("rabbit"));
      assertThat(app.ask("send")).isEqualTo("through the broker");
      assertThat(relay.count(TWO.password())).isEqualTo(1);
      // Each open connection's write buffer still has its first frame.
      assertThat(app.onHeap(ONE.password(), TWO.password()))
          .containsExactly(ONE.password(), TWO.password());
      relay.cut();
      // Both connections come back, the older one with the pair that is current now.
      awaitCount(relay, TWO, 3);
      assertThat(app.ask("send")).isEqualTo("through the broker");
      assertThat(relay.count(ONE.password())).isEqualTo(1);
      assertThat(relay.count("keyturn")).isZero();
    }
  }

  @Test
  void a_pair_that_the_broker_does_not_know_yet_is_tried_once() throws Exception {
    try (Relay relay = new Relay(port);
        Application app = start(relay, Jvm.own(), false)) {
      assertThat(app.ask("send")).isEqualTo("through the broker");
      app.rotate(THREE.secret("rabbit"));
      assertThat(app.ask("send")).isEqualTo("through the broker");
      assertThat(app.ask("send")).isEqualTo("through the broker");
      assertThat(relay.count(THREE.password())).isEqualTo(1);
      assertThat(relay.count(ONE.password())).isEqualTo(3);
    }
  }

  @Test
  void in_a_child_class_loader_on_the_oldest_jvm() throws Exception {
    try (Relay relay = new Relay(port);
        Application app = start(relay, Jvm.oldestAndNewest().getFirst(), true)) {
      assertThat(app.ask("send")).isEqualTo("through the broker");
    }
  }

  private Application start(Relay relay, Jvm jvm, boolean childLoader) throws Exception {
    Application.Builder application =
        Application.of("data/Rabbit").with(CLIENT).jvm(jvm).arguments(String.valueOf(relay.port()));
    return (childLoader ? application.inChildLoader() : application)
        .start(scratch, ONE.secret("rabbit"));
  }

  private static void awaitCount(Relay relay, Pair pair, int times) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (relay.count(pair.password()) < times && System.nanoTime() < end) {
      Thread.sleep(50);
    }
    assertThat(relay.count(pair.password())).isEqualTo(times);
  }
}
