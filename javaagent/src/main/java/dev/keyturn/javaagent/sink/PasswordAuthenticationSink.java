package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.standin.Resolution;
import dev.keyturn.javaagent.weaving.Join;
import java.lang.ref.WeakReference;
import java.net.PasswordAuthentication;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What an application's {@code java.net.Authenticator} has answered, where the JDK computes a proof
 * of the password (Digest, NTLM) or logs in to a SOCKS proxy. For anybody else it keeps its
 * stand-ins: who makes a {@code Basic} header of it gets the secret into that when it is sent, and
 * only to a host that may have it.
 */
final class PasswordAuthenticationSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.PasswordAuthenticationSink password-authentication\n"
          + "java.net.PasswordAuthentication getUserName()Ljava/lang/String; instead\n"
          + "java.net.PasswordAuthentication getPassword()[C instead\n";

  /** Much longer than a computation takes, and shorter than from one rotation to the next. */
  private static final long PAIR_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** A user and a password are two calls, and are to match. */
  private static final ThreadLocal<@Nullable Pair> PAIR = new ThreadLocal<>();

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Throwable {
    PasswordAuthentication asked = (PasswordAuthentication) Objects.requireNonNull(values[0]);
    Object held;
    Sink before = Sinks.proceeding(this);
    try {
      held = join.method.equals("getPassword") ? asked.getPassword() : asked.getUserName();
    } finally {
      Sinks.proceeded(before);
    }
    if (held == null
        || !Resolution.in(held)
        || !isAskedForProof(new Throwable().getStackTrace(), join.type)) {
      return held;
    }
    return resolution(join.sink, asked).value(held);
  }

  private static boolean isAskedForProof(StackTraceElement[] stack, String type) {
    for (int i = 1; i < stack.length; i++) {
      String caller = stack[i].getClassName();
      if (stack[i - 1].getClassName().equals(type) && !caller.equals(type)) {
        return caller.equals("sun.net.www.protocol.http.DigestAuthentication")
            || caller.startsWith("sun.net.www.protocol.http.ntlm.")
            || caller.equals("java.net.SocksSocketImpl");
      }
    }
    return false;
  }

  private Resolution resolution(String sink, @Nullable Object authentication) {
    Pair last = PAIR.get();
    long now = System.nanoTime();
    if (last == null
        || !Objects.equals(last.of.get(), authentication)
        || now - last.nanos > PAIR_NANOS) {
      last = new Pair(new WeakReference<>(authentication), Resolution.of(sink), now);
      PAIR.set(last);
    }
    return last.resolution;
  }

  private static final class Pair {
    private final WeakReference<@Nullable Object> of;
    private final Resolution resolution;
    private final long nanos;

    Pair(WeakReference<@Nullable Object> of, Resolution resolution, long nanos) {
      this.of = of;
      this.resolution = resolution;
      this.nanos = nanos;
    }
  }
}
