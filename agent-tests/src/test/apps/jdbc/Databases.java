import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.Driver;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import javax.sql.ConnectionPoolDataSource;
import javax.sql.DataSource;
import javax.sql.XADataSource;

/** Opens connections, by drivers, data sources and pools of which it only knows the class's name. */
public class Databases {
  private interface Source {
    Connection open() throws Exception;
  }

  private static Source source;
  private static Object bean;
  private static final List<Connection> HELD = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    App.serve(Databases::step);
  }

  private static String step(String command) throws Exception {
    String[] words = command.split(" ");
    switch (words[0]) {
      case "url": // url URL [USER PASSWORD]
        if (words.length == 2) {
          source = () -> DriverManager.getConnection(words[1]);
        } else {
          source = () -> DriverManager.getConnection(words[1], words[2], words[3]);
        }
        return "";
      case "driver": // driver CLASS URL NAME=VALUE...: never registered by us
        Driver driver = (Driver) Class.forName(words[1]).getDeclaredConstructor().newInstance();
        Properties properties = new Properties();
        for (int i = 3; i < words.length; i++) {
          properties.setProperty(name(words[i]), value(words[i]));
        }
        source = () -> driver.connect(words[2], properties);
        return "";
      case "bean": // bean CLASS PROPERTY=VALUE...
      case "xa":
      case "pooled":
        bean = Class.forName(words[1]).getDeclaredConstructor().newInstance();
        for (int i = 2; i < words.length; i++) {
          set(bean, name(words[i]), value(words[i]));
        }
        source = () -> open(words[0]);
        return "";
      case "agroal": // agroal PROPERTY=VALUE...
        Properties configuration = new Properties();
        for (int i = 1; i < words.length; i++) {
          configuration.setProperty(name(words[i]), value(words[i]));
        }
        bean = agroal(configuration);
        source = () -> open("bean");
        return "";
      case "open": // its number
        HELD.add(source.open());
        return String.valueOf(HELD.size() - 1);
      case "start": // and don't wait
        Thread opening =
            new Thread(
                () -> {
                  try {
                    source.open();
                  } catch (Exception e) {
                    e.printStackTrace();
                  }
                });
        opening.setDaemon(true);
        opening.start();
        return "";
      case "user": // user NUMBER
        return HELD.get(Integer.parseInt(words[1])).getMetaData().getUserName();
      case "query": // query NUMBER SQL
        return query(HELD.get(Integer.parseInt(words[1])), command.split(" ", 3)[2]);
      case "close":
        HELD.get(Integer.parseInt(words[1])).close();
        return "";
      case "use": // use SQL
        try (Connection connection = source.open()) {
          return query(connection, command.substring("use ".length()));
        }
      case "opens": // opens COUNT: how many of them failed
        int failed = 0;
        for (int i = 0; i < Integer.parseInt(words[1]); i++) {
          try (Connection connection = source.open()) {
            continue;
          } catch (SQLException e) {
            failed++;
          }
        }
        return String.valueOf(failed);
      case "settle": // the JDK wipes and frees a login's key only after a collection
        for (int i = 0; i < 3; i++) {
          System.gc();
          Thread.sleep(100);
        }
        return "";
      default:
        throw new IllegalArgumentException(command);
    }
  }

  private static String name(String word) {
    return word.substring(0, word.indexOf('='));
  }

  private static String value(String word) {
    return word.substring(word.indexOf('=') + 1);
  }

  private static Connection open(String way) throws Exception {
    switch (way) {
      case "xa":
        return ((XADataSource) bean).getXAConnection().getConnection();
      case "pooled":
        return ((ConnectionPoolDataSource) bean).getPooledConnection().getConnection();
      default:
        return ((DataSource) bean).getConnection();
    }
  }

  private static void set(Object target, String property, String value) throws Exception {
    String setter = "set" + property;
    for (Method method : target.getClass().getMethods()) {
      if (method.getName().equalsIgnoreCase(setter) && method.getParameterTypes().length == 1) {
        Class<?> type = method.getParameterTypes()[0];
        if (type == String.class) {
          method.invoke(target, value);
          return;
        } else if (type == int.class) {
          method.invoke(target, Integer.parseInt(value));
          return;
        }
      }
    }
    throw new NoSuchMethodException(setter);
  }

  private static Object agroal(Properties properties) throws Exception {
    Class<?> reader = Class.forName("io.agroal.api.configuration.supplier.AgroalPropertiesReader");
    Object configured = reader.getDeclaredConstructor().newInstance();
    reader.getMethod("readProperties", Properties.class).invoke(configured, properties);
    Class<?> supplier = Class.forName("java.util.function.Supplier");
    Object configuration = supplier.getMethod("get").invoke(configured);
    for (Method method : Class.forName("io.agroal.api.AgroalDataSource").getMethods()) {
      if (method.getName().equals("from")
          && method.getParameterTypes().length == 2
          && method.getParameterTypes()[0].isInstance(configuration)) {
        return method.invoke(
            null,
            configuration,
            java.lang.reflect.Array.newInstance(
                method.getParameterTypes()[1].getComponentType(), 0));
      }
    }
    throw new NoSuchMethodException("AgroalDataSource.from");
  }

  private static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
