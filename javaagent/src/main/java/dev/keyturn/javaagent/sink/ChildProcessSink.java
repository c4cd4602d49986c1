package dev.keyturn.javaagent.sink;

import dev.keyturn.javaagent.guard.ChildProcesses;
import dev.keyturn.javaagent.weaving.Join;
import java.io.IOException;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Where every child process is started. */
final class ChildProcessSink extends Sink {
  static final String JOINS =
      "@dev.keyturn.javaagent.sink.ChildProcessSink child-process"
          + " java.lang.ProcessBuilder,java.lang.Runtime\n"
          + "java.lang.ProcessImpl start([Ljava/lang/String;Ljava/util/Map;Ljava/lang/String;"
          + "[Ljava/lang/ProcessBuilder$Redirect;Z)Ljava/lang/Process; arguments\n";

  @Override
  public @Nullable Object enter(Join join, @Nullable Object[] values) throws Thrown {
    String[] command = (String[]) values[1];
    @SuppressWarnings("unchecked") // what ProcessBuilder starts a process with
    Map<String, String> environment = (Map<String, String>) values[2];
    IOException refused = command == null ? null : ChildProcesses.check(command, environment);
    if (refused != null) {
      throw new Thrown(refused);
    }
    return null;
  }
}
