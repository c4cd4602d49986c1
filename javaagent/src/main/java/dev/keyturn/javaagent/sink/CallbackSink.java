package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.io.IOException;
import java.util.Objects;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.CallbackHandler;
import javax.security.auth.callback.NameCallback;
import javax.security.auth.callback.PasswordCallback;
import javax.security.auth.callback.UnsupportedCallbackException;
import org.jspecify.annotations.Nullable;

/**
 * What a login module or a SASL mechanism asks for. A mechanism may ask for the user with its first
 * message and for the password with its second; so that they match, a SASL client's handler is
 * wrapped in one that takes both from one snapshot.
 */
final class CallbackSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.CallbackSink jaas javax.security.auth.login.LoginContext\n"
          + "javax.security.auth.callback.NameCallback getName()Ljava/lang/String; instead\n"
          + "javax.security.auth.callback.PasswordCallback getPassword()[C instead\n"
          + "@dev.keyturn.javaagent.sink.CallbackSink jaas "
          + Sinks.LDAP_DOORS
          + "\n"
          + "javax.security.sasl.Sasl createSaslClient([Ljava/lang/String;Ljava/lang/String;"
          + "Ljava/lang/String;Ljava/lang/String;Ljava/util/Map;"
          + "Ljavax/security/auth/callback/CallbackHandler;)Ljavax/security/sasl/SaslClient;"
          + " arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    if (join.method.equals("createSaslClient")) {
      Object handler = values[6];
      if (handler != null && ofPasswords((String[]) values[1])) {
        values[6] = new Pair(join.sink, (CallbackHandler) handler);
      }
      return null;
    }
    Object held;
    Sink before = Sinks.proceeding(this);
    try {
      held =
          values[0] instanceof NameCallback
              ? ((NameCallback) values[0]).getName()
              : ((PasswordCallback) Objects.requireNonNull(values[0])).getPassword();
    } finally {
      Sinks.proceeded(before);
    }
    return Resolution.in(held) ? Resolution.of(join.sink).value(held) : held;
  }

  /** The handlers of others may have to be of the mechanism's own type (Kafka's OAUTHBEARER). */
  private static boolean ofPasswords(String @Nullable [] mechanisms) {
    if (mechanisms == null) {
      return false;
    }
    for (String mechanism : mechanisms) {
      if (!mechanism.equals("PLAIN")
          && !mechanism.equals("LOGIN")
          && !mechanism.equals("CRAM-MD5")
          && !mechanism.equals("DIGEST-MD5")
          && !mechanism.startsWith("SCRAM-")) {
        return false;
      }
    }
    return true;
  }

  /** The handler of one SASL client, which is for one login. */
  private final class Pair implements CallbackHandler {
    private final String sink;
    private final CallbackHandler handler;

    /** From the first stand-in to the password, which comes last. */
    private @Nullable Resolution resolution;

    Pair(String sink, CallbackHandler handler) {
      this.sink = sink;
      this.handler = handler;
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
      handler.handle(callbacks);
      Resolution resolution = this.resolution;
      if (resolution == null) {
        resolution = Resolution.of(sink);
      }
      boolean done = false;
      Sink before = Sinks.proceeding(CallbackSink.this);
      try {
        for (Callback callback : callbacks) {
          if (callback instanceof NameCallback) {
            String name = ((NameCallback) callback).getName();
            if (Resolution.in(name)) {
              ((NameCallback) callback).setName(resolution.text(name));
            }
          } else if (callback instanceof PasswordCallback) {
            char[] password = ((PasswordCallback) callback).getPassword();
            if (Resolution.in(password)) {
              ((PasswordCallback) callback).setPassword(resolution.chars(password));
            }
            done = true;
          }
        }
      } finally {
        Sinks.proceeded(before);
      }
      this.resolution = done || !resolution.used() ? null : resolution;
    }
  }
}
