import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.Paths;
import java.util.HashMap;
import java.util.Map;
import org.apache.qpid.server.SystemLauncher;

/** Qpid Broker-J, AMQP 0-9-1: DIRECTORY PORT USER=PASSWORD... */
public final class AmqpBroker {
  public static void main(String[] arguments) throws Exception {
    Path directory = Paths.get(arguments[0]);
    StringBuilder users = new StringBuilder();
    for (int i = 2; i < arguments.length; i++) {
      String[] pair = arguments[i].split("=");
      users.append(i == 2 ? "" : ",").append("{\"type\":\"managed\",\"name\":\"" + pair[0] + "\",\"password\":\"" + pair[1] + "\"}");
    }
    String config =
        "{\"name\":\"broker\",\"modelVersion\":\"9.0\","
            + "\"authenticationproviders\":[{\"name\":\"users\",\"type\":\"Plain\",\"secureOnlyMechanisms\":[],\"users\":[" + users + "]}],"
            + "\"ports\":[{\"name\":\"AMQP\",\"port\":\"" + arguments[1] + "\",\"bindingAddress\":\"127.0.0.1\",\"authenticationProvider\":\"users\",\"protocols\":[\"AMQP_0_9_1\"],"
            + "\"virtualhostaliases\":[{\"name\":\"default\",\"type\":\"defaultAlias\"},{\"name\":\"names\",\"type\":\"nameAlias\"}]}],"
            + "\"virtualhostnodes\":[{\"name\":\"default\",\"type\":\"Memory\",\"defaultVirtualHostNode\":\"true\",\"virtualHostInitialConfiguration\":\"{\\\"type\\\":\\\"Memory\\\"}\"}]}";
    Path file = directory.resolve("broker.json");
    Files.write(file, config.getBytes("UTF-8"));
    Map<String, Object> attributes = new HashMap<>();
    attributes.put("type", "Memory");
    attributes.put("initialConfigurationLocation", file.toString());
    attributes.put("qpid.work_dir", directory.toString());
    Map<String, String> context = new HashMap<>();
    context.put("qpid.work_dir", directory.toString());
    attributes.put("context", context);
    attributes.put("startupLoggedToSystemOut", "false");
    new SystemLauncher().startup(attributes);
    System.out.println("ready");
  }
}
