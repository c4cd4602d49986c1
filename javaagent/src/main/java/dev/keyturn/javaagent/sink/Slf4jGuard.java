package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.Mask;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/**
 * Masks values in messages that SLF4J has put their arguments into, for whatever logs them, and in
 * the pairs of its fluent API.
 */
final class Slf4jGuard extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.Slf4jGuard SLF4J\n"
          + "org.slf4j.helpers.FormattingTuple"
          + " <init>(Ljava/lang/String;[Ljava/lang/Object;Ljava/lang/Throwable;)V arguments\n"
          + "org.slf4j.event.KeyValuePair"
          + " <init>(Ljava/lang/String;Ljava/lang/Object;)V arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    int text = join.type.endsWith("KeyValuePair") ? 2 : 1;
    if (values[text] instanceof String) {
      values[text] = Mask.text((String) values[text], join.sink);
    }
    return null;
  }
}
