import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.List;

/** A client with stand-ins; each step asks who a new connection is, and keeps it. */
public final class Lettuce {
  private static final List<StatefulRedisConnection<String, String>> OPEN = new ArrayList<>();
  private static RedisClient client;

  public static void main(String[] arguments) throws Exception {
    RedisURI uri =
        RedisURI.builder()
            .withHost("127.0.0.1")
            .withPort(Integer.parseInt(arguments[0]))
            .withAuthentication("keyturn:redis/username", "keyturn:redis/password")
            .build();
    client = RedisClient.create(uri);
    App.serve(command -> connect());
  }

  private static String connect() {
    StatefulRedisConnection<String, String> connection = client.connect();
    OPEN.add(connection);
    StringBuilder users = new StringBuilder();
    for (StatefulRedisConnection<String, String> one : OPEN) {
      users.append(users.length() == 0 ? "" : " ").append(one.sync().aclWhoami());
    }
    return users.toString();
  }
}
