package dev.keyturn.sidecar.notification;

import dev.keyturn.plan.Action;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * A program beside the sidecar. What it prints is discarded, since that may hold a value; it sees
 * nothing of the sidecar's environment.
 */
final class CommandAttempt implements Attempt {
  /** POSIX's own, for a sidecar without one. */
  private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

  private final Action.Command action;
  private final String mount;

  CommandAttempt(Action.Command action, String mount) {
    this.action = action;
    this.mount = mount;
  }

  @Override
  public void run() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(action.arguments())
            .directory(new File("/"))
            .redirectInput(Redirect.from(new File("/dev/null")))
            .redirectOutput(Redirect.DISCARD)
            .redirectError(Redirect.DISCARD);
    Map<String, String> environment = builder.environment();
    String path = Objects.requireNonNullElse(environment.get("PATH"), DEFAULT_PATH);
    environment.clear();
    environment.put("PATH", path);
    environment.put("KEYTURN_MOUNT", mount);
    Process process = builder.start();
    boolean ended = false;
    try {
      ended = process.waitFor(action.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } finally {
      if (!ended) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
      }
    }
    if (!ended) {
      throw new IOException(
          "it did not end within %s and was killed: make it faster or raise its timeout"
              .formatted(action.timeout()));
    }
    if (process.exitValue() != 0) {
      throw new IOException(
          "it ended with status " + process.exitValue() + ": run it by hand to see why");
    }
  }
}
