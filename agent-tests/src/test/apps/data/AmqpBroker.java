import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.qpid.server.SystemLauncher;

/** Qpid Broker-J, which speaks RabbitMQ's AMQP 0-9-1: DIRECTORY PORT USER=PASSWORD... */
public final class AmqpBroker {
  public static void main(String[] arguments) throws Exception {
    Path directory = Path.of(arguments[0]);
    String config =
        """
        {"name": "broker", "modelVersion": "9.0",
         "authenticationproviders": [
           {"name": "users", "type": "Plain", "secureOnlyMechanisms": [], "users": [USERS]}],
         "ports": [
           {"name": "AMQP", "port": "PORT", "bindingAddress": "127.0.0.1",
            "authenticationProvider": "users", "protocols": ["AMQP_0_9_1"],
            "virtualhostaliases": [{"name": "names", "type": "nameAlias"}]}],
         "virtualhostnodes": [
           {"name": "default", "type": "Memory", "defaultVirtualHostNode": "true",
            "virtualHostInitialConfiguration": "{\\"type\\": \\"Memory\\"}"}]}
        """
            .replace("PORT", arguments[1])
            .replace(
                "USERS",
                Stream.of(arguments)
                    .skip(2)
                    .map(AmqpBroker::user)
                    .collect(Collectors.joining(",")));
    Path file = Files.writeString(directory.resolve("broker.json"), config);
    new SystemLauncher()
        .startup(
            Map.of(
                "type", "Memory",
                "initialConfigurationLocation", file.toString(),
                "context", Map.of("qpid.work_dir", directory.toString()),
                "startupLoggedToSystemOut", "false"));
  }

  private static String user(String pair) {
    int equals = pair.indexOf('=');
    return "{\"type\": \"managed\", \"name\": \"%s\", \"password\": \"%s\"}"
        .formatted(pair.substring(0, equals), pair.substring(equals + 1));
  }
}
