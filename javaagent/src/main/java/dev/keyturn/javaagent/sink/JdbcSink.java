package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.pool.Pools;
import dev.keyturn.javaagent.standin.Attempts;
import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Driver;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * {@code java.sql.Driver.connect}, of any driver that registers, and the data sources that go past
 * it.
 *
 * <p>The call is made again with the current values in copies of its arguments; if the database
 * refuses them, Attempts says with which others. Where a driver keeps what it was given, user and
 * password stay stand-ins here, and JdbcLoginSink swaps them further in.
 */
final class JdbcSink extends Sink {
  /** SQL:2011, class 28: invalid authorization specification. */
  private static final String INVALID_AUTHORIZATION = "28";

  /** ORA-01017: invalid username/password; logon denied. */
  private static final int ORACLE_REFUSED = 1017;

  /** ORA-28000: the account is locked: the one before may not be. */
  private static final int ORACLE_LOCKED = 28000;

  /** Login failed for user. */
  private static final int SQL_SERVER_REFUSED = 18456;

  /** ER_ACCESS_DENIED_ERROR. */
  private static final int MYSQL_REFUSED = 1045;

  /** Derby's state for a refusal ({@code LOGIN_FAILED}). */
  private static final String DERBY_REFUSED = "08004";

  /** Chains of causes may be cycles. */
  private static final int MAX_DEPTH = 20;

  private static final String DRIVER =
      " connect(Ljava/lang/String;Ljava/util/Properties;)Ljava/sql/Connection; instead\n";
  private static final String CONNECTION = " getConnection()Ljava/sql/Connection; instead\n";
  private static final String CONNECTION_AS =
      " getConnection(Ljava/lang/String;Ljava/lang/String;)Ljava/sql/Connection; instead\n";
  private static final String XA = " getXAConnection()Ljavax/sql/XAConnection; instead\n";
  private static final String XA_AS =
      " getXAConnection(Ljava/lang/String;Ljava/lang/String;)Ljavax/sql/XAConnection; instead\n";
  private static final String POOLED =
      " getPooledConnection()Ljavax/sql/PooledConnection; instead\n";
  private static final String POOLED_AS =
      " getPooledConnection(Ljava/lang/String;Ljava/lang/String;)Ljavax/sql/PooledConnection; instead\n";

  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JdbcSink jdbc\n"
          // Any driver that registers is woven as the line after this one says.
          + "java.sql.DriverManager registerDriver(Ljava/sql/Driver;Ljava/sql/DriverAction;)V arguments\n"
          // Those that data sources and frameworks use unregistered.
          + ("org.postgresql.Driver" + DRIVER)
          + ("com.mysql.cj.jdbc.NonRegisteringDriver" + DRIVER)
          + ("com.mysql.jdbc.NonRegisteringDriver" + DRIVER)
          + ("org.mariadb.jdbc.Driver" + DRIVER)
          + ("org.h2.Driver" + DRIVER)
          + ("org.hsqldb.jdbc.JDBCDriver" + DRIVER)
          + ("com.microsoft.sqlserver.jdbc.SQLServerDriver" + DRIVER)
          + ("oracle.jdbc.driver.OracleDriver" + DRIVER)
          + ("org.apache.derby.iapi.jdbc.AutoloadedDriver" + DRIVER)
          + ("org.apache.derby.client.ClientAutoloadedDriver" + DRIVER)
          // What the data sources of Oracle and MariaDB call instead.
          + "oracle.jdbc.driver.OracleDriver connect(Ljava/lang/String;Ljava/util/Properties;Loracle/jdbc/internal/AbstractConnectionBuilder;)Ljava/sql/Connection; instead\n"
          + "org.mariadb.jdbc.Driver connect(Lorg/mariadb/jdbc/Configuration;)Lorg/mariadb/jdbc/Connection; instead\n"
          // Data sources that log in by what can't be called from outside.
          + ("org.h2.jdbcx.JdbcDataSource" + CONNECTION)
          + ("org.h2.jdbcx.JdbcDataSource" + CONNECTION_AS)
          + ("org.h2.jdbcx.JdbcDataSource" + XA)
          + ("org.h2.jdbcx.JdbcDataSource" + XA_AS)
          + ("org.hsqldb.jdbc.JDBCDataSource" + CONNECTION)
          + ("org.hsqldb.jdbc.JDBCDataSource" + CONNECTION_AS)
          + ("org.hsqldb.jdbc.pool.JDBCXADataSource" + XA)
          + ("org.hsqldb.jdbc.pool.JDBCXADataSource" + XA_AS)
          + ("org.hsqldb.jdbc.pool.JDBCPooledDataSource" + POOLED)
          + ("org.hsqldb.jdbc.pool.JDBCPooledDataSource" + POOLED_AS)
          + ("com.microsoft.sqlserver.jdbc.SQLServerDataSource" + CONNECTION)
          + ("com.microsoft.sqlserver.jdbc.SQLServerDataSource" + CONNECTION_AS)
          + ("com.microsoft.sqlserver.jdbc.SQLServerXADataSource" + XA)
          + ("com.microsoft.sqlserver.jdbc.SQLServerXADataSource" + XA_AS)
          + ("com.microsoft.sqlserver.jdbc.SQLServerConnectionPoolDataSource" + POOLED)
          + ("com.microsoft.sqlserver.jdbc.SQLServerConnectionPoolDataSource" + POOLED_AS);

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("registerDriver")) {
      if (values[1] != null) {
        weave(values[1].getClass(), join.index + 1);
      }
      return null;
    }
    boolean url = join.descriptor.startsWith("(Ljava/lang/String;Ljava/util/Properties;");
    if (url) {
      if (!Resolution.in(values[1]) && !Resolution.in(values[2])) {
        return null;
      }
      // DriverManager asks one driver after the other.
      if (!((Driver) Objects.requireNonNull(values[0])).acceptsURL((String) values[1])) {
        return null;
      }
    }
    Object called = Objects.requireNonNull(values[values[0] == null ? 1 : 0]);
    Method method = null;
    if (!url || values.length > 3) {
      method = method(called.getClass(), join, values);
      if (method == null) {
        return null;
      }
    }
    try {
      return Attempts.run(join.sink, new Login(this, called.getClass(), method, values, url));
    } catch (Throwable e) {
      throw new Thrown(e);
    }
  }

  /** The driver's class and those above it, any of which may declare the method. */
  private static void weave(Class<?> driver, int join) {
    for (Class<?> type = driver;
        type != null && type.getClassLoader() != null;
        type = type.getSuperclass()) {
      Agent.weave(type, join);
    }
  }

  /**
   * The method to call again. None if a data source's subclass overrides it, and so would be called
   * a second time: then JdbcLoginSink alone swaps what gets there.
   */
  private static @Nullable Method method(Class<?> target, Join join, @Nullable Object[] values)
      throws ClassNotFoundException {
    Class<?> type =
        values[0] == null ? Class.forName(join.type, false, target.getClassLoader()) : target;
    for (Method method : type.getMethods()) {
      if (method.getName().equals(join.method)
          && method.getParameterTypes().length == values.length - 1
          && !method.isBridge()) {
        boolean isDriver = Driver.class.isAssignableFrom(type);
        return isDriver || method.getDeclaringClass().getName().equals(join.type) ? method : null;
      }
    }
    return null;
  }

  private static final class Login extends Attempts.Attempt<Object> {
    private final Sink sink;
    private final Class<?> called;
    private final @Nullable Method method;
    private final @Nullable Object[] values;
    private final boolean url;

    /**
     * Of one call.
     *
     * @param called the driver, or the data source, that refuses it
     * @param method null for the one of {@code Driver}
     * @param url whether the arguments start with a URL and properties
     */
    Login(
        Sink sink,
        Class<?> called,
        @Nullable Method method,
        @Nullable Object[] values,
        boolean url) {
      this.sink = sink;
      this.called = called;
      this.method = method;
      this.values = values;
      this.url = url;
    }

    @Override
    @SuppressWarnings("NullAway") // null is an answer, too: not this driver's URL
    public Object with(Resolution resolution) throws Throwable {
      @Nullable Object[] arguments = Arrays.copyOfRange(values, 1, values.length);
      if (url) {
        Properties properties = flat((Properties) arguments[1]);
        String without = JdbcUrl.extract((String) Objects.requireNonNull(arguments[0]), properties);
        arguments[0] = resolution.text(without);
        arguments[1] = swapped(properties, resolution);
      }
      Sink before = Sinks.proceeding(sink);
      Object result;
      try {
        result =
            method == null
                ? ((Driver) Objects.requireNonNull(values[0]))
                    .connect((String) arguments[0], (Properties) arguments[1])
                : method.invoke(values[0], arguments);
      } catch (InvocationTargetException e) {
        throw e.getCause();
      } finally {
        Sinks.proceeded(before);
      }
      if (result != null && resolution.used()) {
        Pools.opened(resolution.secrets());
      }
      return result;
    }

    private static Properties flat(@Nullable Properties properties) {
      Properties flat = new Properties();
      if (properties != null) {
        flat.putAll(properties);
        for (String name : properties.stringPropertyNames()) {
          flat.setProperty(name, properties.getProperty(name));
        }
      }
      return flat;
    }

    private Properties swapped(Properties properties, Resolution resolution) {
      Object user = properties.get("user");
      Object password = properties.get("password");
      if (!JdbcLoginSink.swapsFor(Objects.requireNonNull(values[0]).getClass())) {
        return resolution.properties(properties);
      }
      properties.remove("user");
      properties.remove("password");
      Properties swapped = resolution.properties(properties);
      if (user != null) {
        swapped.put("user", user);
      }
      if (password != null) {
        swapped.put("password", password);
      }
      return swapped;
    }

    @Override
    public boolean refused(Throwable failure) {
      return refused(failure, 0);
    }

    private boolean refused(@Nullable Throwable failure, int depth) {
      if (failure == null || depth > MAX_DEPTH) {
        return false;
      }
      if (failure instanceof SQLException) {
        SQLException refusal = (SQLException) failure;
        String state = refusal.getSQLState();
        if ((state != null && state.startsWith(INVALID_AUTHORIZATION))
            || DERBY_REFUSED.equals(state)
            || refused(refusal.getErrorCode())
            || refused(refusal.getNextException(), depth + 1)) {
          return true;
        }
      }
      return refused(failure.getCause(), depth + 1);
    }

    /** What some say without the standard's SQLState, or besides it. */
    private boolean refused(int code) {
      String type = called.getName();
      if (type.startsWith("oracle.")) {
        return code == ORACLE_REFUSED || code == ORACLE_LOCKED;
      } else if (type.startsWith("com.microsoft.")) {
        return code == SQL_SERVER_REFUSED;
      } else if (type.startsWith("com.mysql.") || type.startsWith("org.mariadb.")) {
        return code == MYSQL_REFUSED;
      }
      return false;
    }
  }
}
