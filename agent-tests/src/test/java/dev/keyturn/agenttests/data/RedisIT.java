package dev.keyturn.agenttests.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RedisIT {
  private static final String[] JEDIS = {"jedis", "commons-pool2", "json", "slf4j-api"};
  private static final String[] LETTUCE = {
    "lettuce-core",
    "reactor-core",
    "reactive-streams",
    "netty-common",
    "netty-handler",
    "netty-resolver",
    "netty-buffer",
    "netty-transport",
    "netty-transport-native-unix-common",
    "netty-codec-base",
    "netty-resolver-dns",
    "netty-codec-dns"
  };

  private final Pair one = Pair.version(1);
  private final Pair two = Pair.version(2);
  private final Pair three = Pair.version(3);

  @TempDir Path scratch;

  @ParameterizedTest
  @ValueSource(strings = {"RESP2", "RESP3"})
  void jedis_logs_in_with_the_current_pair_and_its_heap_holds_none(String protocol)
      throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(one);
      redis.allow(two);
      try (Application app =
          Application.of("data/Jedis")
              .with(JEDIS)
              .arguments(String.valueOf(redis.port()), protocol)
              .start(scratch, one.secret("redis"))) {
        assertThat(app.ask("who")).isEqualTo(one.user());
        app.rotate(two.secret("redis"));
        assertThat(app.ask("who")).isEqualTo(two.user());
        assertThat(app.onHeap(one.password(), two.password())).isEmpty();
        assertThat(app.err().lines().filter(line -> line.startsWith("keyturn"))).isEmpty();
      }
    }
  }

  @Test
  void jedis_falls_back_to_the_pair_before_while_the_server_does_not_know_the_new_one()
      throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(two);
      try (Application app =
          Application.of("data/Jedis")
              .with(JEDIS)
              .arguments(String.valueOf(redis.port()), "RESP2")
              .start(scratch, two.secret("redis"))) {
        assertThat(app.ask("who")).isEqualTo(two.user());
        app.rotate(three.secret("redis"));
        assertThat(app.ask("who")).isEqualTo(two.user());
        assertThat(app.err()).contains("the newest version of [redis] was refused");
        redis.forbid(two);
        assertThat(app.tell("who")).startsWith("failed").contains("WRONGPASS");
      }
    }
  }

  @Test
  void lettuce_logs_in_with_the_current_pair_and_so_do_its_own_reconnects() throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(one);
      redis.allow(two);
      try (Application app =
          Application.of("data/Lettuce")
              .with(LETTUCE)
              .arguments(String.valueOf(redis.port()))
              .start(scratch, one.secret("redis"))) {
        assertThat(app.ask("who")).isEqualTo(one.user());
        app.rotate(two.secret("redis"));
        assertThat(app.ask("who")).isEqualTo(one.user() + " " + two.user());
        assertThat(app.onHeap(one.password(), two.password())).isEmpty();
        redis.forbid(one);
        assertThat(app.ask("who")).isEqualTo(two.user() + " " + two.user() + " " + two.user());
      }
    }
  }

  @Test
  void no_request_fails_through_a_rotation() throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(one);
      try (Application app =
          Application.of("data/RedisLoad")
              .with(concat(JEDIS, LETTUCE))
              .arguments(String.valueOf(redis.port()))
              .start(scratch, one.secret("redis"))) {
        app.await("users", one.user() + " " + one.user());
        redis.allow(two);
        app.rotate(two.secret("redis"));
        app.await("users", two.user() + " " + one.user());
        redis.forbid(one);
        app.await("users", two.user() + " " + two.user());
        assertThat(app.ask("failures")).isEqualTo("0");
        assertThat(Integer.parseInt(app.ask("requests"))).isGreaterThan(50);
      }
    }
  }

  @Test
  void jedis_in_a_child_class_loader_on_the_oldest_jvm() throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(one);
      redis.allow(two);
      try (Application app =
          Application.of("data/Jedis")
              .jvm(Jvm.oldestAndNewest().getFirst())
              .with(JEDIS)
              .inChildLoader()
              .arguments(String.valueOf(redis.port()), "RESP3")
              .start(scratch, one.secret("redis"))) {
        assertThat(app.ask("who")).isEqualTo(one.user());
        app.rotate(two.secret("redis"));
        assertThat(app.ask("who")).isEqualTo(two.user());
      }
    }
  }

  @Test
  void both_as_modules() throws Exception {
    try (RedisServer redis = RedisServer.start(scratch)) {
      redis.allow(one);
      redis.allow(two);
      try (Application app =
          Application.of("data/RedisLoad")
              .with(concat(JEDIS, LETTUCE))
              .withModules()
              .arguments(String.valueOf(redis.port()))
              .start(scratch, one.secret("redis"))) {
        app.await("users", one.user() + " " + one.user());
        app.rotate(two.secret("redis"));
        app.await("users", two.user() + " " + one.user());
        assertThat(app.ask("failures")).isEqualTo("0");
      }
    }
  }

  private static String[] concat(String[] some, String[] more) {
    return Stream.concat(Arrays.stream(some), Arrays.stream(more)).toArray(String[]::new);
  }
}
