package dev.keyturn.sidecar;

import dev.keyturn.plan.Problem;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.health.Readiness.Trouble;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar as a process. {@code run} publishes and keeps current until it is told to end; {@code
 * init} publishes once. Exit status: 0 when done or told to end, 1 when {@code init} cannot publish
 * what is required, 2 when it cannot start as it was told to.
 */
public final class Main {
  private Main() {}

  /**
   * Runs when the JVM ends, for whatever reason, and decides its exit status: by itself a JVM that
   * got SIGTERM exits with 143, and a Job whose sidecar does that has failed.
   */
  private static final class End extends Thread {
    private volatile int status;
    private volatile @Nullable Sidecar sidecar;

    @Override
    public void run() {
      Sidecar running = sidecar;
      if (running != null) {
        running.close();
      }
      Runtime.getRuntime().halt(status);
    }

    void with(int exitStatus) {
      status = exitStatus;
      System.exit(exitStatus);
    }
  }

  /**
   * Runs until it is done or told to end.
   *
   * @param args {@code run} or {@code init}
   */
  public static void main(String[] args) throws InterruptedException {
    End end = new End();
    Runtime.getRuntime().addShutdownHook(end);
    String mode = args.length == 1 ? args[0] : "";
    if (!mode.equals("run") && !mode.equals("init")) {
      warn("usage: one argument, run or init");
      end.with(2);
    }
    try {
      Sidecar sidecar = Sidecar.start(Variable.read(System.getenv()));
      end.sidecar = sidecar;
      if (mode.equals("init")) {
        boolean done = sidecar.awaitSettled();
        for (Trouble trouble : sidecar.troubles()) {
          warn(trouble.toString());
        }
        end.with(done ? 0 : 1);
      }
    } catch (SettingsException e) {
      for (Problem problem : e.problems()) {
        warn(problem.toString());
      }
      end.with(2);
    }
    new CountDownLatch(1).await();
  }

  private static void warn(String message) {
    new AuditLog(new FileOutputStream(FileDescriptor.err), Workload.NONE, InstantSource.system())
        .warning(message);
  }
}
