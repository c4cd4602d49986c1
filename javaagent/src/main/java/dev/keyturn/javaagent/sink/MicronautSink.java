package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.weaving.Join;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Micronaut lists System's properties when it starts: with those that the agent answers for. */
final class MicronautSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.MicronautSink micronaut\n"
          + "io.micronaut.context.env.MapPropertySource"
          + " <init>(Ljava/lang/String;Ljava/util/Map;)V arguments\n";

  @Override
  public @Nullable Object enter(Join join, Object[] values) {
    if ("system".equals(values[1]) && values[2] instanceof Properties) {
      values[2] = new SystemProperties();
    }
    return null;
  }
}
