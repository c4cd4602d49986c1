package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.core.Agent;
import dev.keyturn.javaagent.weaving.Join;
import org.jspecify.annotations.Nullable;

/** No sink: where another agent says that it will change classes, ours among them. */
final class OtherAgentSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.OtherAgentSink other-agent\n"
          + "sun.instrument.InstrumentationImpl"
          + " addTransformer(Ljava/lang/instrument/ClassFileTransformer;Z)V arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) {
    Object transformer = values[1];
    if (transformer != null) {
      Agent.registered(transformer);
    }
    return null;
  }
}
