package dev.keyturn.sidecar.rotation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/**
 * A clock that nobody can set, and that counts the time in which the machine was suspended: leases
 * run out then too. {@link System#nanoTime} does not count it on Linux (CLOCK_MONOTONIC), and
 * neither does any wait: so {@link #watch} compares it with the kernel's uptime, which does. Safe
 * for use by several threads.
 */
public final class SteadyClock implements InstantSource {
  /** How often is looked; one small read. */
  static final Duration LOOK = Duration.ofSeconds(5);

  /** Less is a slow read or the clocks' own inaccuracy. */
  static final Duration SUSPENDED = Duration.ofSeconds(2);

  private final Instant start;
  private final LongSupplier nanoTime;
  private final Supplier<OptionalLong> uptimeMillis;
  private final long startNanos;
  private final AtomicLong suspendedMillis = new AtomicLong();
  private OptionalLong ahead = OptionalLong.empty();

  /**
   * Begins with the kernel's uptime, so that a time of one process is the same for the next one on
   * the machine.
   */
  public SteadyClock() {
    this(System::nanoTime, SteadyClock::uptime);
  }

  SteadyClock(LongSupplier nanoTime, Supplier<OptionalLong> uptimeMillis) {
    this.nanoTime = nanoTime;
    this.uptimeMillis = uptimeMillis;
    this.startNanos = nanoTime.getAsLong();
    this.start = Instant.ofEpochMilli(uptimeMillis.get().orElse(0));
  }

  @Override
  public Instant instant() {
    return start.plusNanos(nanoTime.getAsLong() - startNanos).plusMillis(suspendedMillis.get());
  }

  /**
   * Looks every {@link #LOOK} whether the machine was suspended, until the thread is interrupted.
   *
   * @param resumed called after each suspension, when this clock has taken it in
   */
  public void watch(Runnable resumed) {
    try {
      while (true) {
        if (look()) {
          resumed.run();
        }
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  boolean look() {
    OptionalLong uptime = uptimeMillis.get();
    if (uptime.isEmpty()) {
      return false;
    }
    long now = uptime.getAsLong() - (nanoTime.getAsLong() - startNanos) / 1_000_000;
    long before = ahead.orElse(now);
    boolean suspended = now - before >= SUSPENDED.toMillis();
    if (suspended) {
      suspendedMillis.addAndGet(now - before);
    }
    if (suspended || ahead.isEmpty()) {
      ahead = OptionalLong.of(now);
    }
    return suspended;
  }

  /**
   * proc_uptime(5): seconds since boot, with suspensions (CLOCK_BOOTTIME); else the time of day.
   */
  private static OptionalLong uptime() {
    try {
      String text = Files.readString(Path.of("/proc/uptime"));
      return OptionalLong.of(
          (long) (1000 * Double.parseDouble(text.substring(0, text.indexOf(' ')))));
    } catch (IOException | RuntimeException e) {
      return OptionalLong.of(System.currentTimeMillis());
    }
  }
}
