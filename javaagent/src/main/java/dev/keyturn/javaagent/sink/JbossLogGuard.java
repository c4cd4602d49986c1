package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.weaving.Join;
import java.util.Map;
import java.util.Objects;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/**
 * Masks values in what is logged with JBoss LogManager, as in WildFly and Quarkus: its loggers are
 * loggers of {@code java.util.logging} that override all that JulGuard is at.
 */
final class JbossLogGuard extends Sink {
  private static final String RECORD = "org.jboss.logmanager.ExtLogRecord";

  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JbossLogGuard JBoss-LogManager\n"
          + "org.jboss.logmanager.Logger logRaw(Lorg/jboss/logmanager/ExtLogRecord;)V arguments\n";

  @Override
  @SuppressWarnings("ReferenceEquality") // the same object: nothing was masked
  public @Nullable Object enter(Join join, @Nullable Object[] values)
      throws ReflectiveOperationException {
    LogRecord record = (LogRecord) Objects.requireNonNull(values[1]);
    String message = record.getMessage();
    String maskedMessage = message == null ? null : Mask.text(message, join.sink);
    Object[] parameters = record.getParameters();
    Object[] maskedParameters = parameters == null ? null : Mask.objects(parameters, join.sink);
    Throwable thrown = record.getThrown();
    Throwable maskedThrown = thrown == null ? null : Mask.throwable(thrown, join.sink);
    Map<?, ?> context = (Map<?, ?>) Objects.requireNonNull(Getters.get(record, "getMdcCopy"));
    Map<Object, Object> maskedContext = Mask.ifHeld(context, join.sink);
    String nested = (String) Getters.get(record, "getNdc");
    String maskedNested = nested == null ? null : Mask.text(nested, join.sink);
    if (maskedMessage == message
        && maskedParameters == parameters
        && maskedThrown == thrown
        && maskedContext == null
        && maskedNested == nested) {
      return null;
    }
    // The record may be the caller's own.
    Class<?> type = Objects.requireNonNull(Call.type(record.getClass(), RECORD));
    LogRecord copy = (LogRecord) type.getConstructor(type).newInstance(record);
    Object style = Objects.requireNonNull(Getters.get(record, "getFormatStyle"));
    type.getMethod("setMessage", String.class, style.getClass()).invoke(copy, maskedMessage, style);
    copy.setParameters(maskedParameters);
    copy.setThrown(maskedThrown);
    type.getMethod("setMdc", Map.class)
        .invoke(copy, maskedContext == null ? context : maskedContext);
    type.getMethod("setNdc", String.class).invoke(copy, maskedNested);
    values[1] = copy;
    return null;
  }
}
