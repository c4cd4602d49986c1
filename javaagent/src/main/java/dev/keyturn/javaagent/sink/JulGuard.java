package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.weaving.Join;
import java.util.logging.LogRecord;
import org.jspecify.annotations.Nullable;

/** Masks values in what is logged with {@code java.util.logging}, before a handler sees it. */
final class JulGuard extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.JulGuard java.util.logging"
          + " java.lang.System$Logger,java.util.logging.LogManager\n"
          + "java.util.logging.Logger log(Ljava/util/logging/LogRecord;)V arguments\n";

  @Override
  @SuppressWarnings("ReferenceEquality") // the same object: nothing was masked
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    LogRecord record = (LogRecord) values[1];
    if (record == null) {
      return null;
    }
    String message = record.getMessage();
    String maskedMessage = message == null ? null : Mask.text(message, join.sink);
    Object[] parameters = record.getParameters();
    Object[] maskedParameters = parameters == null ? null : Mask.objects(parameters, join.sink);
    Throwable thrown = record.getThrown();
    Throwable maskedThrown = thrown == null ? null : Mask.throwable(thrown, join.sink);
    if (maskedMessage != message || maskedParameters != parameters || maskedThrown != thrown) {
      values[1] = copy(record, maskedMessage, maskedParameters, maskedThrown);
    }
    return null;
  }

  /** The record may be the caller's own. */
  private static LogRecord copy(
      LogRecord record,
      @Nullable String message,
      Object @Nullable [] parameters,
      @Nullable Throwable thrown) {
    LogRecord copy = new LogRecord(record.getLevel(), message);
    copy.setLoggerName(record.getLoggerName());
    copy.setMillis(record.getMillis());
    copy.setParameters(parameters);
    copy.setResourceBundle(record.getResourceBundle());
    copy.setResourceBundleName(record.getResourceBundleName());
    copy.setSequenceNumber(record.getSequenceNumber());
    copy.setSourceClassName(record.getSourceClassName());
    copy.setSourceMethodName(record.getSourceMethodName());
    copy.setThreadID(record.getThreadID());
    copy.setThrown(thrown);
    return copy;
  }
}
