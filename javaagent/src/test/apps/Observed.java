import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Collection;
import java.util.TreeMap;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import javax.management.openmbean.CompositeData;
import javax.management.openmbean.TabularData;
import javax.security.auth.callback.PasswordCallback;

/** Leaks a value, uses a stand-in, and shows what the agent says of it; one line in, one line out. */
public final class Observed {
  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    System.out.println("ready");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      switch (line) {
        case "leak":
          System.out.println("a value: " + System.getenv("DB_PASSWORD"));
          break;
        case "use":
          PasswordCallback login = new PasswordCallback("password", false);
          login.setPassword("keyturn:db/password".toCharArray());
          System.out.println("used " + login.getPassword().length + " characters");
          break;
        case "servers":
          System.out.println("servers: " + MBeanServerFactory.findMBeanServer(null).size());
          break;
        case "bean":
          System.out.println(bean());
          break;
        default:
          System.out.println(line);
      }
    }
  }

  private static String bean() throws Exception {
    MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    ObjectName name = new ObjectName("dev.keyturn:type=Agent");
    while (!server.isRegistered(name)) {
      Thread.sleep(20);
    }
    StringBuilder all = new StringBuilder("bean");
    for (String attribute :
        new String[] {
          "Generation",
          "LeaksMasked",
          "LeaksBlocked",
          "LeaksReported",
          "FailuresSuppressed",
          "PoolsRetired"
        }) {
      all.append(" ").append(attribute).append("=").append(text(server.getAttribute(name, attribute)));
    }
    for (CompositeData secret : (CompositeData[]) server.getAttribute(name, "Secrets")) {
      all.append(" [");
      for (String key : secret.getCompositeType().keySet()) {
        Object value = secret.get(key);
        all.append(key).append("=").append(key.equals("loadedAt") ? "a date" : text(value)).append(" ");
      }
      all.append("]");
    }
    return all.toString();
  }

  private static String text(Object value) {
    if (value instanceof TabularData) {
      TreeMap<String, Object> map = new TreeMap<>();
      for (Object row : (Collection<?>) ((TabularData) value).values()) {
        map.put((String) ((CompositeData) row).get("key"), ((CompositeData) row).get("value"));
      }
      return map.toString();
    }
    return value instanceof Object[] ? Arrays.toString((Object[]) value) : String.valueOf(value);
  }
}
