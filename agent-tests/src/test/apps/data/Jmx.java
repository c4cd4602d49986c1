import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import javax.management.ObjectName;
import javax.management.remote.JMXConnector;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/** Connects to a JVM with stand-ins as credentials and reads its name. */
public final class Jmx {
  private static final List<JMXConnector> OPEN = new ArrayList<>();
  private static String url;

  public static void main(String[] arguments) throws Exception {
    url = arguments[0];
    App.serve(command -> connect());
  }

  private static String connect() throws Exception {
    Map<String, Object> environment = new HashMap<>();
    environment.put(
        JMXConnector.CREDENTIALS, new String[] {"keyturn:jmx/username", "keyturn:jmx/password"});
    JMXConnector connector = JMXConnectorFactory.connect(new JMXServiceURL(url), environment);
    OPEN.add(connector);
    return connector
        .getMBeanServerConnection()
        .getAttribute(new ObjectName("java.lang:type=Runtime"), "SpecName")
        .toString();
  }
}
