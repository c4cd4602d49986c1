package dev.keyturn.sidecar;

import dev.keyturn.plan.Problem;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.audit.Workload;
import dev.keyturn.sidecar.health.Readiness.Trouble;
import dev.keyturn.sidecar.vault.VaultProvider;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.time.InstantSource;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * The sidecar as a process. {@code run} publishes and keeps current until it is told to end; {@code
 * init} publishes once; {@code end} gives back what a process that sleeps has left. Exit status: 0
 * when done or told to end, 1 when {@code init} cannot publish what is required, 2 when it cannot
 * start as it was told to, {@link #ASLEEP} when it is to be started again after a while.
 */
public final class Main {
  /** sysexits.h's EX_TEMPFAIL, "retry later". The supervisor, hibernate.c, knows it. */
  private static final int ASLEEP = 75;

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
   * @param args {@code run}, {@code init} or {@code end}
   */
  public static void main(String[] args) throws InterruptedException {
    End end = new End();
    Runtime.getRuntime().addShutdownHook(end);
    String mode = args.length == 1 ? args[0] : "";
    if (!mode.equals("run") && !mode.equals("init") && !mode.equals("end")) {
      warn("usage: one argument: run, init or end");
      end.with(2);
    }
    prepare(Variable.KEYTURN_PLAN.in(System.getenv()));
    try {
      SidecarConfig config = Variable.read(System.getenv());
      if (mode.equals("end")) {
        Sidecar.endSleeping(config);
        end.with(0);
      }
      // At once: a shutdown hook would give everything back.
      Sidecar sidecar = Sidecar.start(config, () -> Runtime.getRuntime().halt(ASLEEP));
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

  /** Before the plan is read, which takes as long: a guess from its text, which costs nothing. */
  private static void prepare(String plan) {
    if (plan.contains("\"vault\"")) {
      VaultProvider.prepare(plan.contains("\"https://"));
    }
  }

  private static void warn(String message) {
    new AuditLog(new FileOutputStream(FileDescriptor.err), Workload.NONE, InstantSource.system())
        .warning(message);
  }
}
