package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Masks values in Logback's events, for whatever appender gets them, and in the bytes that go to a
 * file or the console: those hold also what an encoder makes of objects.
 */
final class LogbackGuard extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.LogbackGuard Logback\n"
          + "ch.qos.logback.classic.spi.LoggingEvent"
          + " <init>(Ljava/lang/String;Lch/qos/logback/classic/Logger;"
          + "Lch/qos/logback/classic/Level;Ljava/lang/String;Ljava/lang/Throwable;"
          + "[Ljava/lang/Object;)V arguments\n"
          + "ch.qos.logback.classic.spi.ThrowableProxy getMessage()Ljava/lang/String; instead\n"
          + "ch.qos.logback.classic.spi.ThrowableProxy"
          + " getOverridingMessage()Ljava/lang/String; instead\n"
          + "ch.qos.logback.classic.util.LogbackMDCAdapter"
          + " getPropertyMap()Ljava/util/Map; instead\n"
          // Up to 1.5.6, say; and its successor, which is also called for a file that is shared.
          + "ch.qos.logback.core.OutputStreamAppender writeBytes([B)V arguments\n"
          + "ch.qos.logback.core.OutputStreamAppender"
          + " writeByteArrayToOutputStreamWithPossibleFlush([B)V arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values)
      throws ReflectiveOperationException {
    Object receiver = values[0];
    if (receiver == null) {
      if (values[4] instanceof String) {
        values[4] = Mask.text((String) values[4], join.sink);
      }
      if (values[6] != null) {
        values[6] = Mask.texts((Object[]) values[6], join.sink);
      }
      return null;
    }
    switch (join.method) {
      case "getMessage":
        Throwable thrown = (Throwable) Getters.get(receiver, "getThrowable");
        return thrown == null ? null : ifMasked(thrown.getMessage(), join.sink);
      case "getOverridingMessage":
        Throwable printed = (Throwable) Getters.get(receiver, "getThrowable");
        return printed == null ? null : ifMasked(printed.toString(), join.sink);
      case "getPropertyMap":
        Map<?, ?> context;
        Sink before = Sinks.proceeding(this);
        try {
          context = (Map<?, ?>) Getters.get(receiver, "getPropertyMap");
        } finally {
          Sinks.proceeded(before);
        }
        return context == null ? null : Mask.ifHeld(context, join.sink);
      default:
        if (values[1] != null) {
          values[1] = Mask.bytes((byte[]) values[1], join.sink);
        }
        return null;
    }
  }

  /** Null if there is nothing to mask: then the method answers. */
  private static @Nullable String ifMasked(@Nullable String text, String sink) {
    if (text == null) {
      return null;
    }
    String masked = Mask.text(text, sink);
    return masked.equals(text) ? null : masked;
  }
}
