package dev.keyturn.sidecar.notification;

import dev.keyturn.plan.Action;
import dev.keyturn.plan.SecretSpec;
import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Outcome;
import dev.keyturn.sidecar.rotation.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Carries out the actions of secrets that changed. Each distinct action has a thread of its own
 * while there is something to do, so that none waits for another; what is asked for while it waits
 * or runs is done once more afterwards, however many asked. Safe for use by several threads.
 *
 * <p>Nothing is prepared before a change: a plan without actions pays nothing for this.
 */
public final class Notifier implements AutoCloseable {
  /** With pauses of 4 s together on average, and 7.5 s at most. */
  static final int MAX_TRIES = 5;

  /** So that the secrets of one generation, told one after the other, ask once. */
  private static final Duration GATHER = Duration.ofMillis(50);

  private final List<SecretSpec> secrets;
  private final Function<SecretSpec, String> mount;
  private final AuditLog audit;
  private final Metrics metrics;
  private final List<Job> jobs = new ArrayList<>();
  private boolean closed;

  /**
   * Nothing is to be done yet.
   *
   * @param mount a directory where a secret is published, for commands
   */
  public Notifier(
      List<SecretSpec> secrets,
      Function<SecretSpec, String> mount,
      AuditLog audit,
      Metrics metrics) {
    this.secrets = List.copyOf(secrets);
    this.mount = mount;
    this.audit = audit;
    this.metrics = metrics;
  }

  /** A new version is published in place of another. Returns at once; nothing is thrown. */
  public synchronized void changed(String secret) {
    if (closed) {
      return;
    }
    for (SecretSpec spec : secrets) {
      if (spec.name().equals(secret)) {
        for (Action action : spec.onChange()) {
          job(action, mount.apply(spec)).want(secret);
        }
      }
    }
  }

  /** Whether nothing is to be done, or under way. */
  public synchronized boolean isAtRest() {
    for (Job job : jobs) {
      if (job.isBusy()) {
        return false;
      }
    }
    return true;
  }

  /** Equal actions are one; a command that looks into another mount is another. */
  private Job job(Action action, String directory) {
    for (Job job : jobs) {
      if (job.action.equals(action)
          && (!(action instanceof Action.Command) || job.directory.equals(directory))) {
        return job;
      }
    }
    Job job = new Job(action, directory);
    jobs.add(job);
    return job;
  }

  /** Ends what is under way, a command too; what waits is not done. */
  @Override
  public synchronized void close() {
    closed = true;
    jobs.forEach(Job::stop);
  }

  private final class Job implements Runnable {
    private final Action action;
    private final String directory;
    private Set<String> asking = new LinkedHashSet<>();
    private @Nullable Thread thread;

    Job(Action action, String directory) {
      this.action = action;
      this.directory = directory;
    }

    synchronized void want(String secret) {
      asking.add(secret);
      if (thread == null) {
        thread = Thread.ofVirtual().name(Attempt.text(action)).start(this);
      }
    }

    synchronized boolean isBusy() {
      return thread != null;
    }

    synchronized void stop() {
      if (thread != null) {
        thread.interrupt();
      }
    }

    /** Empty when nobody asks; then the thread is over. */
    private synchronized Set<String> take() {
      Set<String> taken = asking;
      asking = new LinkedHashSet<>();
      if (taken.isEmpty()) {
        thread = null;
      }
      return taken;
    }

    @Override
    public void run() {
      try {
        while (true) {
          Thread.sleep(GATHER);
          Set<String> secrets = take();
          if (secrets.isEmpty()) {
            return;
          }
          String error = tries();
          for (String secret : secrets) {
            metrics.onChange(
                secret, Attempt.kind(action), error == null ? Outcome.OK : Outcome.FAILED);
            audit.onChange(secret, Attempt.text(action), error);
          }
        }
      } catch (InterruptedException e) {
        // The way to stop.
      }
    }

    /** Null if one of them worked, else why the last one did not. */
    private @Nullable String tries() throws InterruptedException {
      Attempt attempt = Attempt.of(action, directory);
      for (int failures = 1; ; failures++) {
        String error;
        try {
          attempt.run();
          return null;
        } catch (IOException e) {
          error = String.valueOf(e.getMessage());
        } catch (RuntimeException e) {
          error = "defect: " + e.getClass().getName();
        }
        if (Thread.currentThread().isInterrupted()) {
          throw new InterruptedException();
        }
        if (failures == MAX_TRIES) {
          return error + " (tried " + MAX_TRIES + " times)";
        }
        Thread.sleep(Backoff.pause(failures, ThreadLocalRandom.current()));
      }
    }
  }
}
