package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.pool.Pools;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a pool opens a connection, and where one that is retired comes back. Swaps nothing:
 * JdbcSink does.
 */
final class PoolSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.PoolSink pools\n"
          + "com.zaxxer.hikari.pool.PoolBase newPoolEntry(Z)Lcom/zaxxer/hikari/pool/PoolEntry; arguments\n"
          + "com.zaxxer.hikari.pool.PoolBase newPoolEntry()Lcom/zaxxer/hikari/pool/PoolEntry; arguments\n"
          + "org.apache.tomcat.jdbc.pool.ConnectionPool createConnection(JLorg/apache/tomcat/jdbc/pool/PooledConnection;Ljava/lang/String;Ljava/lang/String;)Lorg/apache/tomcat/jdbc/pool/PooledConnection; arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnectionFactory makeObject()Lorg/apache/commons/pool2/PooledObject; arguments\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnectionFactory makeObject()Lorg/apache/tomcat/dbcp/pool2/PooledObject; arguments\n"
          + "com.mchange.v2.c3p0.WrapperConnectionPoolDataSource getPooledConnection(Lcom/mchange/v2/c3p0/ConnectionCustomizer;Ljava/lang/String;)Ljavax/sql/PooledConnection; arguments\n"
          + "com.mchange.v2.c3p0.WrapperConnectionPoolDataSource getPooledConnection(Ljava/lang/String;Ljava/lang/String;Lcom/mchange/v2/c3p0/ConnectionCustomizer;Ljava/lang/String;)Ljavax/sql/PooledConnection; arguments\n"
          + "io.agroal.pool.ConnectionHandler <init>(Ljavax/sql/XAConnection;Lio/agroal/pool/Pool;)V arguments\n"
          + "org.apache.commons.dbcp2.PoolableConnection close()V instead\n"
          + "org.apache.tomcat.dbcp.dbcp2.PoolableConnection close()V instead\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.instead) {
      return Pools.returned(Objects.requireNonNull(values[0])) ? this : null;
    }
    if (values[0] != null) {
      Pools.opening(values[0]);
    } else if (values[2] != null) {
      // Agroal makes one of no pool for itself.
      Pools.openedFor(values[2]);
    }
    return null;
  }
}
