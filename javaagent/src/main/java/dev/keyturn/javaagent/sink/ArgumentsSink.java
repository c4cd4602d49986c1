package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * Methods that get user and password as texts and write them to the server before they return: all
 * texts among the arguments are swapped, from one snapshot.
 */
final class ArgumentsSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.ArgumentsSink redis\n"
          // Lettuce since 5, where a command's arguments are encoded; also AUTH from applications.
          + "io.lettuce.core.RedisCommandBuilder"
          + " auth([C)Lio/lettuce/core/protocol/Command; arguments\n"
          + "io.lettuce.core.RedisCommandBuilder"
          + " auth(Ljava/lang/String;)Lio/lettuce/core/protocol/Command; arguments\n"
          + "io.lettuce.core.RedisCommandBuilder"
          + " auth(Ljava/lang/CharSequence;)Lio/lettuce/core/protocol/Command; arguments\n"
          + "io.lettuce.core.RedisCommandBuilder"
          + " auth(Ljava/lang/String;[C)Lio/lettuce/core/protocol/Command; arguments\n"
          + "io.lettuce.core.RedisCommandBuilder"
          + " auth(Ljava/lang/String;Ljava/lang/CharSequence;)Lio/lettuce/core/protocol/Command;"
          + " arguments\n"
          + "io.lettuce.core.RedisCommandBuilder"
          + " hello(ILjava/lang/String;[CLjava/lang/String;)Lio/lettuce/core/protocol/Command;"
          + " arguments\n"
          // What an application sends itself with Jedis.
          + "redis.clients.jedis.Jedis auth(Ljava/lang/String;)Ljava/lang/String; arguments\n"
          + "redis.clients.jedis.Jedis"
          + " auth(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String; arguments\n"
          + "@dev.keyturn.javaagent.sink.ArgumentsSink rabbitmq\n"
          + "com.rabbitmq.client.impl.PlainMechanism"
          + " handleChallenge(Lcom/rabbitmq/client/LongString;Ljava/lang/String;Ljava/lang/String;)"
          + "Lcom/rabbitmq/client/LongString; arguments\n"
          + "com.rabbitmq.client.impl.CRDemoMechanism"
          + " handleChallenge(Lcom/rabbitmq/client/LongString;Ljava/lang/String;Ljava/lang/String;)"
          + "Lcom/rabbitmq/client/LongString; arguments\n"
          // Not Service.connect: stores keep what that hands them, for their further connections.
          + "@dev.keyturn.javaagent.sink.ArgumentsSink mail\n"
          + "org.eclipse.angus.mail.smtp.SMTPTransport"
          + " authenticate(Ljava/lang/String;Ljava/lang/String;)Z arguments\n"
          + "org.eclipse.angus.mail.imap.IMAPStore"
          + " login(Lorg/eclipse/angus/mail/imap/protocol/IMAPProtocol;Ljava/lang/String;"
          + "Ljava/lang/String;)V arguments\n"
          + "org.eclipse.angus.mail.pop3.POP3Store"
          + " authenticate(Lorg/eclipse/angus/mail/pop3/Protocol;Ljava/lang/String;"
          + "Ljava/lang/String;)Z arguments\n"
          + "com.sun.mail.smtp.SMTPTransport"
          + " authenticate(Ljava/lang/String;Ljava/lang/String;)Z arguments\n"
          + "com.sun.mail.imap.IMAPStore"
          + " login(Lcom/sun/mail/imap/protocol/IMAPProtocol;Ljava/lang/String;"
          + "Ljava/lang/String;)V arguments\n"
          + "com.sun.mail.pop3.POP3Store"
          + " authenticate(Lcom/sun/mail/pop3/Protocol;Ljava/lang/String;Ljava/lang/String;)Z"
          + " arguments\n"
          + "com.sun.mail.pop3.Protocol"
          + " login(Ljava/lang/String;Ljava/lang/String;)Ljava/lang/String; arguments\n"
          + "@dev.keyturn.javaagent.sink.ArgumentsSink ldap "
          + Sinks.LDAP_DOORS
          + "\n"
          + "com.sun.jndi.ldap.LdapClient"
          + " authenticate(ZLjava/lang/String;Ljava/lang/Object;ILjava/lang/String;"
          + "[Ljavax/naming/ldap/Control;Ljava/util/Hashtable;)Lcom/sun/jndi/ldap/LdapResult;"
          + " arguments\n"
          // The credentials are a String[] of user and password, unless the server is an unusual
          // one.
          + "@dev.keyturn.javaagent.sink.ArgumentsSink jmx"
          + " javax.management.remote.JMXConnectorFactory,javax.management.remote.JMXConnector\n"
          + "javax.management.remote.rmi.RMIConnector"
          + " getConnection(Ljavax/management/remote/rmi/RMIServer;Ljava/lang/Object;Z)"
          + "Ljavax/management/remote/rmi/RMIConnection; arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    Resolution resolution = null;
    for (int i = 1; i < values.length; i++) {
      Object value = values[i];
      if (value instanceof String[]
          ? in((String[]) value)
          : isText(value) && Resolution.in(value)) {
        if (resolution == null) {
          resolution = Resolution.of(join.sink);
        }
        values[i] =
            value instanceof String[]
                ? swapped(resolution, (String[]) value)
                : resolution.value(value);
      }
    }
    return null;
  }

  private static boolean isText(@Nullable Object value) {
    return value instanceof CharSequence || value instanceof char[] || value instanceof byte[];
  }

  private static boolean in(String[] texts) {
    for (String text : texts) {
      if (Resolution.in(text)) {
        return true;
      }
    }
    return false;
  }

  private static String[] swapped(Resolution resolution, String[] texts) {
    String[] copy = texts.clone();
    for (int i = 0; i < copy.length; i++) {
      copy[i] = copy[i] == null ? null : resolution.text(copy[i]);
    }
    return copy;
  }
}
