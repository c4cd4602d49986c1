import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.atomic.AtomicInteger;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.Protocol;

/** Both clients ask all the time who they are: Jedis over short connections, Lettuce over one. */
public final class RedisLoad {
  private static final AtomicInteger REQUESTS = new AtomicInteger();
  private static final AtomicInteger FAILURES = new AtomicInteger();
  private static volatile String jedisUser;
  private static volatile String lettuceUser;

  /** A request that returns the user. */
  private interface Request {
    String run();
  }

  public static void main(String[] arguments) throws Exception {
    int port = Integer.parseInt(arguments[0]);
    JedisPooled jedis =
        new JedisPooled(
            new ConnectionPoolConfig(),
            new HostAndPort("127.0.0.1", port),
            DefaultJedisClientConfig.builder()
                .user("keyturn:redis/username")
                .password("keyturn:redis/password")
                .build());
    StatefulRedisConnection<String, String> lettuce =
        RedisClient.create(
                RedisURI.builder()
                    .withHost("127.0.0.1")
                    .withPort(port)
                    .withAuthentication("keyturn:redis/username", "keyturn:redis/password")
                    .build())
            .connect();
    loop(
        () -> {
          if (REQUESTS.get() % 10 == 0) {
            jedis.getPool().clear();
          }
          return jedisUser = new String((byte[]) jedis.sendCommand(Protocol.Command.ACL, "WHOAMI"));
        });
    loop(() -> lettuceUser = lettuce.sync().aclWhoami());
    App.serve(
        command ->
            command.equals("users")
                ? jedisUser + " " + lettuceUser
                : String.valueOf(command.equals("failures") ? FAILURES : REQUESTS));
  }

  private static void loop(Request request) {
    Thread thread =
        new Thread(
            () -> {
              while (true) {
                try {
                  request.run();
                  Thread.sleep(5);
                } catch (Exception e) {
                  FAILURES.incrementAndGet();
                  System.err.println(e);
                }
                REQUESTS.incrementAndGet();
              }
            });
    thread.setDaemon(true);
    thread.start();
  }
}
