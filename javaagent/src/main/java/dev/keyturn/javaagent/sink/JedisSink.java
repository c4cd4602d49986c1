package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/** Where Jedis, since 5, writes the credentials of a connection: AUTH, or HELLO with AUTH. */
final class JedisSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JedisSink redis\n"
          + "redis.clients.jedis.Connection"
          + " authenticate(Lredis/clients/jedis/RedisCredentials;)Ljava/lang/String; arguments\n"
          + "redis.clients.jedis.Connection"
          + " auth(Lredis/clients/jedis/RedisCredentials;)V arguments\n"
          + "redis.clients.jedis.Connection"
          + " helloAndAuth(Lredis/clients/jedis/RedisProtocol;"
          + "Lredis/clients/jedis/RedisCredentials;)V arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    Object connection = values[0];
    Object credentials = values[values.length - 1];
    if (connection == null || credentials == null) {
      return null;
    }
    ClassLoader loader = connection.getClass().getClassLoader();
    Class<?> type = Class.forName("redis.clients.jedis.RedisCredentials", false, loader);
    String user = (String) type.getMethod("getUser").invoke(credentials);
    char[] password = (char[]) type.getMethod("getPassword").invoke(credentials);
    if (Resolution.in(user) || Resolution.in(password)) {
      Resolution resolution = Resolution.of(join.sink);
      values[values.length - 1] =
          Class.forName("redis.clients.jedis.DefaultRedisCredentials", false, loader)
              .getConstructor(String.class, char[].class)
              .newInstance(
                  user == null ? null : resolution.text(user),
                  password == null ? null : resolution.chars(password));
    }
    return null;
  }
}
