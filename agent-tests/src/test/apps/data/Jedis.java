import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisPooled;
import redis.clients.jedis.Protocol;
import redis.clients.jedis.RedisProtocol;

/** A pool whose user and password are stand-ins; each step asks who a new connection is. */
public final class Jedis {
  private static JedisPooled pool;

  public static void main(String[] arguments) throws Exception {
    pool =
        new JedisPooled(
            new ConnectionPoolConfig(),
            new HostAndPort("127.0.0.1", Integer.parseInt(arguments[0])),
            DefaultJedisClientConfig.builder()
                .protocol(RedisProtocol.valueOf(arguments[1]))
                .user("keyturn:redis/username")
                .password("keyturn:redis/password")
                .build());
    App.serve(command -> connect());
  }

  private static String connect() {
    pool.getPool().clear();
    return new String((byte[]) pool.sendCommand(Protocol.Command.ACL, "WHOAMI"));
  }
}
