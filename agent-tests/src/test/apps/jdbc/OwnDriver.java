import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.util.Map;
import java.util.Properties;
import java.util.TreeMap;
import java.util.logging.Logger;

/** A driver that nobody knows, which tells what it was given. */
public class OwnDriver {
  abstract static class Inherited implements Driver {
    static String got;

    @Override
    public Connection connect(String url, Properties info) {
      if (!acceptsURL(url)) {
        return null;
      }
      Map<Object, Object> sorted = new TreeMap<>(info);
      got = url + " " + sorted;
      return (Connection)
          Proxy.newProxyInstance(
              OwnDriver.class.getClassLoader(),
              new Class<?>[] {Connection.class},
              (proxy, method, arguments) -> null);
    }

    @Override
    public boolean acceptsURL(String url) {
      return url.startsWith("jdbc:own:");
    }

    @Override
    public DriverPropertyInfo[] getPropertyInfo(String url, Properties info) {
      return new DriverPropertyInfo[0];
    }

    @Override
    public int getMajorVersion() {
      return 1;
    }

    @Override
    public int getMinorVersion() {
      return 0;
    }

    @Override
    public boolean jdbcCompliant() {
      return false;
    }

    @Override
    public Logger getParentLogger() {
      return null;
    }
  }

  public static class Own extends Inherited {}

  /** Asked for every URL, and has nothing to do with ours. */
  public static class Other extends Inherited {
    @Override
    public boolean acceptsURL(String url) {
      return url.startsWith("jdbc:other:");
    }
  }

  public static void main(String[] args) throws Exception {
    DriverManager.registerDriver(new Other());
    DriverManager.registerDriver(new Own());
    App.serve(
        command -> {
          Properties defaults = new Properties();
          defaults.setProperty("user", "keyturn:db/username");
          Properties mine = new Properties(defaults);
          mine.setProperty("password", "keyturn:db/password");
          String before = mine.getProperty("user") + mine.getProperty("password");
          DriverManager.getConnection(command, mine);
          if (!before.equals(mine.getProperty("user") + mine.getProperty("password"))
              || mine.size() != 1) {
            throw new AssertionError("what the caller owns was changed");
          }
          return Inherited.got;
        });
  }
}
