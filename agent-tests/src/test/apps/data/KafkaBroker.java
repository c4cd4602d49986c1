import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.plain.PlainAuthenticateCallback;

/**
 * A Kafka broker and controller in one process: DIRECTORY PORT ADVERTISED_PORT CONTROLLER_PORT
 * ADMIN_PORT. Who may log in with PLAIN is in DIRECTORY/users, a line "USER PASSWORD" each.
 */
public final class KafkaBroker {
  public static void main(String[] arguments) throws Exception {
    Path directory = Paths.get(arguments[0]);
    String clients = "CLIENTS://127.0.0.1:";
    String controller = "127.0.0.1:" + arguments[3];
    String admin = "ADMIN://127.0.0.1:" + arguments[4];
    String login = "org.apache.kafka.common.security.";
    String[] lines = {
      "process.roles=broker,controller",
      "node.id=1",
      "controller.quorum.voters=1@" + controller,
      "controller.listener.names=CONTROLLER",
      "listeners=" + clients + arguments[1] + "," + admin + ",CONTROLLER://" + controller,
      "advertised.listeners=" + clients + arguments[2] + "," + admin,
      "listener.security.protocol.map=CONTROLLER:PLAINTEXT,ADMIN:PLAINTEXT,CLIENTS:SASL_PLAINTEXT",
      "inter.broker.listener.name=ADMIN",
      "sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256",
      "listener.name.clients.plain.sasl.jaas.config=" + login + "plain.PlainLoginModule required;",
      "listener.name.clients.plain.sasl.server.callback.handler.class=KafkaBroker$Users",
      "listener.name.clients.plain.connections.max.reauth.ms=2500",
      "listener.name.clients.scram-sha-256.sasl.jaas.config="
          + login
          + "scram.ScramLoginModule required;",
      "offsets.topic.replication.factor=1",
      "offsets.topic.num.partitions=1",
      "transaction.state.log.replication.factor=1",
      "transaction.state.log.min.isr=1",
      "group.initial.rebalance.delay.ms=0",
      "num.partitions=1",
      "log.dirs=" + directory.resolve("log"),
    };
    Path properties = directory.resolve("server.properties");
    Files.write(properties, Arrays.asList(lines));
    System.setProperty("keyturn.users", directory.resolve("users").toString());
    String clusterId = "BBBBBBBBBBBBBBBBBBBBBB";
    kafka.tools.StorageTool.execute(
        new String[] {"format", "-t", clusterId, "-c", properties.toString()}, System.out);
    kafka.Kafka.main(new String[] {properties.toString()});
  }

  /** Who may log in with PLAIN. */
  public static final class Users implements AuthenticateCallbackHandler {
    @Override
    public void configure(
        Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {}

    @Override
    public void close() {}

    @Override
    public void handle(Callback[] callbacks) throws IOException {
      String user = null;
      for (Callback callback : callbacks) {
        if (callback instanceof NameCallback) {
          user = ((NameCallback) callback).getDefaultName();
        } else {
          PlainAuthenticateCallback plain = (PlainAuthenticateCallback) callback;
          boolean allowed =
              Files.readAllLines(Paths.get(System.getProperty("keyturn.users")))
                  .contains(user + " " + new String(plain.password()));
          System.out.println(allowed ? "login allowed" : "login refused");
          plain.authenticated(allowed);
        }
      }
    }
  }
}
