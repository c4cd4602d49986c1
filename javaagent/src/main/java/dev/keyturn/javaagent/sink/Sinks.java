package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.report.Problems;
import dev.keyturn.javaagent.tls.KeyManagerSink;
import dev.keyturn.javaagent.tls.TrustManagerSink;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The list of sinks, and the way from a woven method to its sink. Any thread. */
public final class Sinks {
  /** Constants, so none of these classes is loaded before one of its methods is called. */
  public static final String TABLE =
      "" //
          + ApacheHttpSink.JOINS //
          + ArgumentsSink.JOINS //
          + AwsSink.JOINS //
          + CallbackSink.JOINS //
          + ChildProcessSink.JOINS //
          + HttpUrlConnectionSink.JOINS //
          + JavaNetHttpSink.JOINS //
          + JbossLogGuard.JOINS //
          + JdbcLoginSink.JOINS //
          + JdbcSink.JOINS //
          + JedisSink.JOINS //
          + JulGuard.JOINS //
          + KeyManagerSink.JOINS //
          + Log4jGuard.JOINS //
          + LogbackGuard.JOINS //
          + LoginSink.JOINS //
          + MicronautSink.JOINS //
          + MongoSink.JOINS //
          + NettyHttpSink.JOINS //
          + OkHttpSink.JOINS //
          + OtherAgentSink.JOINS //
          + OutletSink.JOINS //
          + PasswordAuthenticationSink.JOINS //
          + PoolSink.JOINS //
          + Slf4jGuard.JOINS //
          + SpringSink.JOINS //
          + TrustManagerSink.JOINS;

  /** What an application looks up before the JDK's LDAP client is used. */
  static final String LDAP_DOORS =
      "com.sun.jndi.ldap.LdapCtxFactory,com.sun.jndi.url.ldap.ldapURLContextFactory,"
          + "com.sun.jndi.url.ldaps.ldapsURLContextFactory";

  /** What it looks up before it uses URLs; scripts may look up no more than the first two. */
  static final String URL_DOORS = "java.net.URI,java.net.URL,java.net.URLConnection";

  private static final Map<String, Sink> SINKS = new ConcurrentHashMap<>();
  private static final ThreadLocal<@Nullable Sink> PROCEEDING = new ThreadLocal<>();

  private Sinks() {}

  /** What {@link Sink#enter} says; never throws but what the application is to get. */
  public static @Nullable Object enter(Join join, @Nullable Object[] values) {
    try {
      Sink sink = SINKS.get(join.sinkClass);
      if (sink == null) {
        sink =
            Class.forName(join.sinkClass)
                .asSubclass(Sink.class)
                .getDeclaredConstructor()
                .newInstance();
        Sink other = SINKS.putIfAbsent(join.sinkClass, sink);
        sink = other == null ? sink : other;
      }
      return sink.equals(PROCEEDING.get()) ? null : sink.enter(join, values);
    } catch (Sink.Thrown e) {
      throw Sinks.<RuntimeException>unchecked(e.getCause());
    } catch (Throwable e) {
      Problems.failed("sink " + join.sink, e);
      return null;
    }
  }

  /**
   * Between true and false this thread does not enter the sink: it calls the method itself.
   *
   * @return what was so before, to be handed to {@link #proceeded}
   */
  static @Nullable Sink proceeding(Sink sink) {
    Sink before = PROCEEDING.get();
    PROCEEDING.set(sink);
    return before;
  }

  static void proceeded(@Nullable Sink before) {
    PROCEEDING.set(before);
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the method throws it itself
  private static <E extends Throwable> E unchecked(@Nullable Throwable failure) throws E {
    throw (E) failure;
  }
}
