package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * The small doors to large parts of the JDK. To weave LdapCtx and RMIConnector takes some 15 ms,
 * which few applications need: so they are woven late, and where somebody comes through one of
 * these doors before that, at once.
 */
final class LateSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.LateSink late\n"
          + "javax.naming.InitialContext init(Ljava/util/Hashtable;)V arguments\n"
          + "javax.management.remote.JMXConnectorFactory"
          + " newJMXConnector(Ljavax/management/remote/JMXServiceURL;Ljava/util/Map;)"
          + "Ljavax/management/remote/JMXConnector; arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    Agent.hurry();
    return null;
  }
}
