package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Attempts;
import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * Methods that open a connection and log in before they return, on the caller's thread. They swap
 * nothing: what the sinks further down take is all from one snapshot, and where the server refuses
 * it, the method is called again with the newest and with the previous version.
 */
final class LoginSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.LoginSink redis\n"
          + "redis.clients.jedis.ConnectionFactory"
          + " makeObject()Lorg/apache/commons/pool2/PooledObject; instead\n"
          + "redis.clients.jedis.JedisFactory"
          + " makeObject()Lorg/apache/commons/pool2/PooledObject; instead\n"
          + "@dev.keyturn.javaagent.sink.LoginSink rabbitmq\n"
          + "com.rabbitmq.client.ConnectionFactory"
          + " newConnection(Ljava/util/concurrent/ExecutorService;"
          + "Lcom/rabbitmq/client/AddressResolver;Ljava/lang/String;)"
          + "Lcom/rabbitmq/client/Connection; instead\n"
          // The library's own reconnects.
          + "com.rabbitmq.client.impl.recovery.RecoveryAwareAMQConnectionFactory newConnection()"
          + "Lcom/rabbitmq/client/impl/recovery/RecoveryAwareAMQConnection; instead\n"
          + "@dev.keyturn.javaagent.sink.LoginSink mongodb\n"
          + "com.mongodb.internal.connection.InternalStreamConnection open()V instead\n"
          + "com.mongodb.internal.connection.InternalStreamConnection"
          + " open(Lcom/mongodb/internal/connection/OperationContext;)V instead\n"
          + "@dev.keyturn.javaagent.sink.LoginSink mail\n"
          + "jakarta.mail.Service"
          + " connect(Ljava/lang/String;ILjava/lang/String;Ljava/lang/String;)V instead\n"
          + "javax.mail.Service"
          + " connect(Ljava/lang/String;ILjava/lang/String;Ljava/lang/String;)V instead\n"
          + "@dev.keyturn.javaagent.sink.LoginSink ldap "
          + Sinks.LDAP_DOORS
          + "\n"
          + "com.sun.jndi.ldap.LdapCtxFactory"
          + " getInitialContext(Ljava/util/Hashtable;)Ljavax/naming/Context; instead\n"
          + "com.sun.jndi.ldap.LdapCtx reconnect([Ljavax/naming/ldap/Control;)V instead\n";

  /**
   * Not MongoSecurityException: a connection of that driver can't be opened twice, and it asks for
   * another itself.
   */
  private static final String[] REFUSALS = {
    "redis.clients.jedis.exceptions.JedisAccessControlException",
    "com.rabbitmq.client.PossibleAuthenticationFailureException",
    "jakarta.mail.AuthenticationFailedException",
    "javax.mail.AuthenticationFailedException",
    "javax.naming.AuthenticationException",
  };

  @Override
  public @Nullable Object enter(final Join join, final @Nullable Object[] values) throws Throwable {
    return Attempts.run(
        join.sink,
        new Attempts.Attempt<Object>() {
          @Override
          public Object with(Resolution resolution) throws Throwable {
            Object result = Again.call(LoginSink.this, join, values);
            return result == null ? this : result;
          }

          @Override
          public boolean refused(Throwable failure) {
            return isRefusal(failure.getCause());
          }
        });
  }

  private static boolean isRefusal(@Nullable Throwable failure) {
    for (Throwable one = failure; one != null; one = one.getCause()) {
      for (Class<?> type = one.getClass(); type != null; type = type.getSuperclass()) {
        for (String refusal : REFUSALS) {
          if (type.getName().equals(refusal)) {
            return true;
          }
        }
      }
    }
    return false;
  }
}
