package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Masks values in Log4j's events, for whatever appender gets them, and in the text that a layout
 * makes of one: that holds also what no event shows as text.
 */
final class Log4jGuard extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.Log4jGuard Log4j\n"
          + "org.apache.logging.log4j.core.config.AppenderControl"
          + " callAppender(Lorg/apache/logging/log4j/core/LogEvent;)V arguments\n"
          + "org.apache.logging.log4j.core.layout.StringBuilderEncoder"
          + " encode(Ljava/lang/StringBuilder;"
          + "Lorg/apache/logging/log4j/core/layout/ByteBufferDestination;)V arguments\n"
          + "org.apache.logging.log4j.core.layout.AbstractStringLayout"
          + " getBytes(Ljava/lang/String;)[B arguments\n";

  @Override
  @SuppressWarnings("UnnecessaryStringBuilder") // the method takes one
  public @Nullable Object enter(Join join, @Nullable Object[] values)
      throws ReflectiveOperationException {
    Object argument = values[1];
    if (argument instanceof String) {
      values[1] = Mask.text((String) argument, join.sink);
    } else if (argument instanceof StringBuilder) {
      String text = argument.toString();
      String masked = Mask.text(text, join.sink);
      if (!masked.equals(text)) {
        values[1] = new StringBuilder(masked);
      }
    } else if (argument != null) {
      values[1] = masked(argument, join.sink);
    }
    return null;
  }

  @SuppressWarnings("ReferenceEquality") // the same object: nothing was masked
  private static Object masked(Object event, String sink) throws ReflectiveOperationException {
    Object message = Getters.get(event, "getMessage");
    String text = message == null ? null : (String) Getters.get(message, "getFormattedMessage");
    String maskedText = text == null ? null : Mask.text(text, sink);
    Throwable thrown = (Throwable) Getters.get(event, "getThrown");
    Throwable maskedThrown = thrown == null ? null : Mask.throwable(thrown, sink);
    Object data = Getters.get(event, "getContextData");
    Map<?, ?> context =
        data == null || Boolean.TRUE.equals(Getters.get(data, "isEmpty"))
            ? null
            : (Map<?, ?>) Getters.get(data, "toMap");
    Map<Object, Object> maskedContext = context == null ? null : Mask.ifHeld(context, sink);
    if (maskedText == text && maskedThrown == thrown && maskedContext == null) {
      return event;
    }
    ClassLoader loader = event.getClass().getClassLoader();
    String core = "org.apache.logging.log4j.core.";
    Class<?> type = Class.forName(core + "impl.Log4jLogEvent$Builder", true, loader);
    Object copy =
        type.getConstructor(Class.forName(core + "LogEvent", true, loader)).newInstance(event);
    if (maskedText != null) {
      Object simple =
          Class.forName("org.apache.logging.log4j.message.SimpleMessage", true, loader)
              .getConstructor(String.class)
              .newInstance(maskedText);
      Class<?> messages = Class.forName("org.apache.logging.log4j.message.Message", true, loader);
      type.getMethod("setMessage", messages).invoke(copy, simple);
    }
    if (maskedThrown != thrown) {
      type.getMethod("setThrown", Throwable.class).invoke(copy, maskedThrown);
      Class<?> proxy = Class.forName(core + "impl.ThrowableProxy", true, loader);
      type.getMethod("setThrownProxy", proxy).invoke(copy, (Object) null);
    }
    if (maskedContext != null) {
      type.getMethod("setContextMap", Map.class).invoke(copy, maskedContext);
    }
    return type.getMethod("build").invoke(copy);
  }
}
