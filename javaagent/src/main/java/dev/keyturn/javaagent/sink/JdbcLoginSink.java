package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * Where a driver goes to log in, behind all that it keeps of a user and a password; and where the
 * data sources log in that JdbcSink can't hand anything.
 */
final class JdbcLoginSink extends Sink {
  private static final String TEXT = "Ljava/lang/String;";
  private static final String HSQLDB_SERVER =
      " <init>("
          + TEXT
          + "I"
          + TEXT
          + TEXT
          + "ZZ"
          + TEXT
          + TEXT
          + "Ljava/util/TimeZone;)V arguments\n";

  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JdbcLoginSink jdbc\n"
          + ("com.mysql.cj.protocol.a.NativeProtocol connect("
              + TEXT
              + TEXT
              + TEXT
              + ")V arguments\n")
          + ("com.mysql.cj.protocol.a.NativeProtocol changeUser("
              + TEXT
              + TEXT
              + TEXT
              + ")V arguments\n")
          + ("org.mariadb.jdbc.plugin.Credential <init>(" + TEXT + TEXT + ")V arguments\n")
          + ("org.hsqldb.DatabaseManager newSession("
              + TEXT
              + TEXT
              + TEXT
              + TEXT
              + "Lorg/hsqldb/persist/HsqlProperties;Ljava/util/TimeZone;)Lorg/hsqldb/Session; arguments\n")
          + ("org.hsqldb.ClientConnection" + HSQLDB_SERVER)
          + ("org.hsqldb.ClientConnectionHTTP" + HSQLDB_SERVER)
          + ("org.h2.jdbc.JdbcConnection <init>("
              + TEXT
              + "Ljava/util/Properties;"
              + TEXT
              + "Ljava/lang/Object;Z)V arguments\n")
          + "com.microsoft.sqlserver.jdbc.SQLServerConnection connect(Ljava/util/Properties;Lcom/microsoft/sqlserver/jdbc/SQLServerPooledConnection;)Ljava/sql/Connection; arguments\n"
          + "@dev.keyturn.javaagent.sink.JdbcLoginSink r2dbc-postgresql\n"
          + ("io.r2dbc.postgresql.authentication.UsernameAndPassword <init>("
              + TEXT
              + "Ljava/lang/CharSequence;)V arguments\n");

  /**
   * Drivers whose user and password are swapped here: by the start of their name, where, and with
   * which parameters.
   */
  private static final String[][] DRIVERS = {
    {"com.mysql.cj.", "com.mysql.cj.protocol.a.NativeProtocol", "connect", TEXT + TEXT + TEXT},
    {"org.mariadb.", "org.mariadb.jdbc.plugin.Credential", "<init>", TEXT + TEXT},
    {
      "org.hsqldb.",
      "org.hsqldb.DatabaseManager",
      "newSession",
      TEXT + TEXT + TEXT + TEXT + "Lorg/hsqldb/persist/HsqlProperties;Ljava/util/TimeZone;"
    }
  };

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    if (join.type.startsWith("org.h2.")
        && values[1] instanceof String
        && Resolution.in(values[1])) {
      Properties properties = new Properties();
      if (values[2] instanceof Properties) {
        properties.putAll((Properties) values[2]);
      }
      values[1] = JdbcUrl.extract((String) values[1], properties);
      // Its data source has empty ones where there are none, and they would go before.
      Object user = properties.remove("user");
      values[3] = user == null ? values[3] : user;
      Object password = properties.remove("password");
      values[4] = password == null ? values[4] : password;
      values[2] = properties;
    }
    Resolution resolution = null;
    for (int i = 1; i < values.length; i++) {
      Object value = values[i];
      if (value != null && Resolution.in(value)) {
        resolution = resolution == null ? Resolution.of(join.sink) : resolution;
        values[i] = resolution.value(value);
      }
    }
    return null;
  }

  /**
   * Whether user and password of this driver are swapped here; if not, in this version of it,
   * JdbcSink does.
   */
  static boolean swapsFor(Class<?> driver) {
    for (String[] one : DRIVERS) {
      if (driver.getName().startsWith(one[0])) {
        try {
          return has(Class.forName(one[1], false, driver.getClassLoader()), one[2], one[3]);
        } catch (ClassNotFoundException | LinkageError e) {
          return false;
        }
      }
    }
    return false;
  }

  private static boolean has(Class<?> type, String name, String parameters) {
    for (Constructor<?> constructor : type.getConstructors()) {
      if (name.equals("<init>") && parameters.equals(names(constructor.getParameterTypes()))) {
        return true;
      }
    }
    for (Method method : type.getMethods()) {
      if (name.equals(method.getName()) && parameters.equals(names(method.getParameterTypes()))) {
        return true;
      }
    }
    return false;
  }

  private static String names(Class<?>[] types) {
    StringBuilder names = new StringBuilder();
    for (Class<?> type : types) {
      names.append('L').append(type.getName().replace('.', '/')).append(';');
    }
    return names.toString();
  }
}
