import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.GetResponse;
import java.util.ArrayList;
import java.util.List;

/** A factory whose user and password are stand-ins; each step sends and gets over a new connection. */
public final class Rabbit {
  private static final List<Connection> OPEN = new ArrayList<>();
  private static final ConnectionFactory FACTORY = new ConnectionFactory();

  public static void main(String[] arguments) throws Exception {
    FACTORY.setHost("127.0.0.1");
    FACTORY.setPort(Integer.parseInt(arguments[0]));
    FACTORY.setVirtualHost("default");
    FACTORY.setUsername("keyturn:rabbit/username");
    FACTORY.setPassword("keyturn:rabbit/password");
    FACTORY.setNetworkRecoveryInterval(100);
    App.serve(command -> connect());
  }

  private static String connect() throws Exception {
    Connection connection = FACTORY.newConnection();
    OPEN.add(connection);
    Channel channel = connection.createChannel();
    String queue = channel.queueDeclare().getQueue();
    channel.basicPublish("", queue, null, "through the broker".getBytes("UTF-8"));
    GetResponse got = null;
    while (got == null) {
      got = channel.basicGet(queue, true);
    }
    return new String(got.getBody(), "UTF-8");
  }
}
