package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.pool.Pools;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a pool opens a connection, and where it retires one. Swaps nothing: JdbcSink does. What the
 * lines of each pool are for is said at its class in the package of pools.
 */
final class PoolSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.PoolSink pools\n"
          + "com.zaxxer.hikari.pool.PoolBase newPoolEntry(Z)Lcom/zaxxer/hikari/pool/PoolEntry; arguments\n"
          + "com.zaxxer.hikari.pool.PoolBase newPoolEntry()Lcom/zaxxer/hikari/pool/PoolEntry; arguments\n"
          + "com.zaxxer.hikari.pool.HikariPool softEvictConnection(Lcom/zaxxer/hikari/pool/PoolEntry;Ljava/lang/String;Z)Z arguments\n"
          + "com.zaxxer.hikari.pool.HikariPool softEvictConnection(Lcom/zaxxer/hikari/pool/PoolEntry;Ljava/lang/String;Z)V arguments\n"
          + "org.apache.tomcat.jdbc.pool.ConnectionPool createConnection(JLorg/apache/tomcat/jdbc/pool/PooledConnection;Ljava/lang/String;Ljava/lang/String;)Lorg/apache/tomcat/jdbc/pool/PooledConnection; arguments\n"
          + "org.apache.tomcat.jdbc.pool.PooledConnection connect()V arguments\n"
          + "org.apache.tomcat.jdbc.pool.ConnectionPool shouldReleaseIdle(JLorg/apache/tomcat/jdbc/pool/PooledConnection;J)Z instead\n"
          + "org.apache.tomcat.jdbc.pool.ConnectionPool shouldClose(Lorg/apache/tomcat/jdbc/pool/PooledConnection;I)Z instead\n"
          + "org.apache.commons.dbcp2.PoolableConnectionFactory makeObject()Lorg/apache/commons/pool2/PooledObject; arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnectionFactory activateObject(Lorg/apache/commons/pool2/PooledObject;)V arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnectionFactory passivateObject(Lorg/apache/commons/pool2/PooledObject;)V arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnectionFactory destroyObject(Lorg/apache/commons/pool2/PooledObject;)V arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnection close()V instead\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnectionFactory makeObject()Lorg/apache/tomcat/dbcp/pool2/PooledObject; arguments\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnectionFactory activateObject(Lorg/apache/tomcat/dbcp/pool2/PooledObject;)V arguments\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnectionFactory passivateObject(Lorg/apache/tomcat/dbcp/pool2/PooledObject;)V arguments\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnectionFactory destroyObject(Lorg/apache/tomcat/dbcp/pool2/PooledObject;)V arguments\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnection close()V instead\n"
          + "com.mchange.v2.resourcepool.BasicResourcePool assimilateResource(Ljava/lang/Object;)V arguments\n"
          + "io.agroal.pool.ConnectionHandler <init>(Ljavax/sql/XAConnection;Lio/agroal/pool/Pool;)V arguments\n"
          + "io.agroal.pool.ConnectionHandler touch()V arguments\n"
          + "io.agroal.pool.ConnectionHandler isValid()Z instead\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    switch (join.method) {
      case "newPoolEntry":
      case "createConnection":
      case "makeObject":
        Pools.opening(given(values[0]));
        break;
      case "connect":
        Pools.openingAs(given(values[0]));
        break;
      case "assimilateResource":
        Pools.openedFor(given(values[0]), given(values[1]));
        break;
      case "<init>":
        // Agroal makes one of no pool for itself.
        if (values[2] != null) {
          Pools.wrapping(values[2]);
        }
        break;
      case "touch":
        Pools.wrapped(given(values[0]));
        break;
      case "activateObject":
      case "passivateObject":
        Pools.seen(given(values[0]), given(values[1]));
        break;
      case "destroyObject":
        Pools.gone(given(values[0]), given(values[1]));
        break;
      case "softEvictConnection":
        Pools.awaitTurn();
        break;
      case "shouldReleaseIdle":
        return Pools.isDue(given(values[2])) ? Boolean.TRUE : null;
      case "shouldClose":
        return Pools.isDue(given(values[1])) ? Boolean.TRUE : null;
      case "isValid":
        return Pools.isDue(given(values[0])) ? Boolean.FALSE : null;
      default: // close
        return Pools.returned(given(values[0])) ? this : null;
    }
    return null;
  }

  private static Object given(@Nullable Object value) {
    return Objects.requireNonNull(value);
  }
}
