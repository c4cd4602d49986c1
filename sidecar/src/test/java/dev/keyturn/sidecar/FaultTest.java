package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.FaultProxy.Fault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every fault of a network or a server, in random order, between real ones. */
class FaultTest {
  private static final int SECRETS = 10;

  /**
   * All are looked at each second when all is well. One that fails alone is tried three times or so
   * in its first second, by chance.
   */
  private static final int BUSIEST_SECOND = 5 * SECRETS;

  /**
   * Faults as short as these lead to pauses of a few seconds at most; on top of that come the
   * plan's time-out and a busy machine.
   */
  private static final Duration RECOVERY = Duration.ofSeconds(20);

  private static final AtomicLong SLOWEST = new AtomicLong();
  private static final AtomicLong BUSIEST = new AtomicLong();

  @TempDir static Path files;
  private static OpenBao bao;

  @BeforeAll
  static void startServer() throws Exception {
    bao = OpenBao.start(files);
    bao.allowReading();
    bao.appRole(files, "");
  }

  @AfterAll
  static void stopServer() {
    bao.close();
  }

  /** Three sidecars share the faults, so that it takes a third of the time. */
  @Test
  void no_fault_tears_loses_or_tells_anything_and_all_is_fresh_after_it() throws Exception {
    play(3, 1, 1200);
  }

  @Test
  @Tag("soak")
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void no_fault_does_so_over_many_rounds_of_longer_ones() throws Exception {
    play(3, 5, 4000);
  }

  @Test
  void a_name_that_is_not_known_yet_is_said_and_looked_up_again(@TempDir Path own)
      throws Exception {
    bao.put("named", "{\"a\":\"canary-1\"}");
    Path hosts = Files.writeString(own.resolve("hosts"), "127.0.0.1 other.test\n");
    try (Memory mount = new Memory();
        SidecarProcess sidecar =
            SidecarProcess.start(
                own,
                """
                vault: {address: "http://vault.test:%d", auth: approle, role-id-file: %s, secret-id-file: %s}
                secrets:
                  a: {from: 'vault:secret/named#a'}
                """
                    .formatted(bao.port(), files.resolve("role-id"), files.resolve("secret-id")),
                mount.directory().toString(),
                "-Djdk.net.hosts.file=" + hosts)) {
      Memory.await("the reason", RECOVERY, () -> sidecar.page("/readyz").contains("vault.test"));
      assertThat(sidecar.isReady()).isFalse();
      Files.writeString(hosts, "127.0.0.1 vault.test\n");
      // The JVM remembers for 10 s that there was no such name.
      sidecar.awaitReady(Duration.ofSeconds(60));
      assertThat(mount.read("a")).isEqualTo("canary-1");
    }
  }

  private static void play(int lanes, int rounds, int faultMillis) throws Exception {
    long seed = Long.getLong("keyturn.seed", System.nanoTime());
    System.out.println("faults: seed " + seed + " (-Dkeyturn.seed=" + seed + " plays it again)");
    List<List<Fault>> shares = new ArrayList<>();
    for (int lane = 0; lane < lanes; lane++) {
      shares.add(new ArrayList<>());
    }
    Random random = new Random(seed);
    for (int round = 0; round < rounds; round++) {
      List<Fault> faults = new ArrayList<>(Arrays.asList(Fault.values()));
      faults.remove(Fault.NONE);
      Collections.shuffle(faults, random);
      for (int i = 0; i < faults.size(); i++) {
        shares.get(i % lanes).add(faults.get(i));
      }
    }
    try (ExecutorService executor = Executors.newFixedThreadPool(lanes)) {
      List<Future<?>> running = new ArrayList<>();
      for (List<Fault> share : shares) {
        String lane = "lane" + running.size();
        running.add(
            executor.submit(
                () -> {
                  try (Lane it = new Lane(lane)) {
                    it.play(share, faultMillis);
                  }
                  return null;
                }));
      }
      for (Future<?> each : running) {
        each.get();
      }
    }
    System.out.printf(
        "figure faults: seed %d, %d faults of %d ms; the slowest recovery %d ms; at most %d requests"
            + " of a sidecar in a second%n",
        seed,
        shares.stream().mapToInt(List::size).sum(),
        faultMillis,
        SLOWEST.getAndSet(0),
        BUSIEST.getAndSet(0));
  }

  /** A sidecar behind a proxy of its own, with its own secrets, a mount and readers. */
  private static final class Lane implements AutoCloseable {
    private final String name;
    private final FaultProxy proxy = new FaultProxy(bao.address());
    private final Memory mount = new Memory();
    private final SidecarProcess sidecar;
    private final List<String> names = new ArrayList<>();
    private int version = 1;

    Lane(String name) throws Exception {
      this.name = name;
      rotate();
      StringBuilder plan =
          new StringBuilder(
              """
              vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s, timeout: 2s}
              secrets:
              """
                  .formatted(
                      proxy.address(), files.resolve("role-id"), files.resolve("secret-id")));
      for (int secret = 0; secret < SECRETS; secret++) {
        for (String field : List.of("a", "b")) {
          names.add("s" + secret + "." + field);
          plan.append(
              "  s%d.%s: {from: 'vault:secret/%s/s%d#%s', refresh: 1s}\n"
                  .formatted(secret, field, name, secret, field));
        }
      }
      sidecar =
          SidecarProcess.start(
              Files.createDirectory(files.resolve(name)),
              plan.toString(),
              mount.directory().toString());
    }

    private void rotate() throws Exception {
      for (int secret = 0; secret < SECRETS; secret++) {
        bao.put(
            name + "/s" + secret,
            "{\"a\":\"%s\",\"b\":\"%s\"}"
                .formatted(Readers.value("a", version), Readers.value("b", version)));
      }
    }

    private void awaitFresh(Readers readers, String after) throws Exception {
      Memory.await(
          name + ": all is fresh after " + after,
          RECOVERY,
          () -> readers.allAtLeast(version) && sidecar.metric("keyturn_secret_stale", "") == 0);
    }

    void play(List<Fault> faults, int millis) throws Exception {
      sidecar.awaitReady(Duration.ofSeconds(60));
      try (Readers readers = new Readers(mount.directory(), names, 2, 20)) {
        play(faults, millis, readers);
      }
      // What can't be given back does not keep a pod from ending.
      proxy.play(Fault.BLACK_HOLE);
      assertThat(sidecar.end()).as("exit status").isZero();
    }

    private void play(List<Fault> faults, int millis, Readers readers) throws Exception {
      awaitFresh(readers, "the start");
      long heap = 0;
      int threads = 0;
      int descriptors = 0;
      for (Fault fault : faults) {
        if (heap == 0) {
          heap = sidecar.liveBytes();
          threads = sidecar.threads();
          descriptors = sidecar.descriptors();
        }
        version++;
        proxy.play(fault);
        rotate();
        Thread.sleep(millis);
        assertThat(proxy.busiestSecond())
            .as(name + ": requests in a second of " + fault)
            .isLessThanOrEqualTo(BUSIEST_SECOND);
        int during = proxy.requests();
        BUSIEST.accumulateAndGet(proxy.busiestSecond(), Math::max);
        long began = System.nanoTime();
        proxy.play(Fault.NONE);
        awaitFresh(readers, fault.toString());
        long recovered = (System.nanoTime() - began) / 1_000_000;
        SLOWEST.accumulateAndGet(recovered, Math::max);
        BUSIEST.accumulateAndGet(proxy.busiestSecond(), Math::max);
        System.out.printf(
            "faults: %s %s: %d requests in %d ms, all fresh %d ms after it%n",
            name, fault, during, millis, recovered);
        assertThat(proxy.busiestSecond())
            .as(name + ": requests in a second after " + fault)
            .isLessThanOrEqualTo(BUSIEST_SECOND);
        assertThat(readers.violations()).as("what readers saw in " + fault).isEmpty();
      }
      assertThat(readers.reads()).as("looks of the readers").isPositive();
      assertThat(sidecar.log())
          .as("log")
          .doesNotContain("canary-")
          .doesNotContain(Files.readString(files.resolve("secret-id")).strip());
      assertThat(sidecar.page("/readyz") + sidecar.page("/metrics")).doesNotContain("canary-");
      assertThat(sidecar.liveBytes()).as("live heap").isLessThan(heap + 500_000);
      assertThat(sidecar.threads()).as("threads").isLessThan(threads + 5);
      assertThat(sidecar.descriptors()).as("descriptors").isLessThan(descriptors + 5);
    }

    @Override
    public void close() throws IOException {
      sidecar.close();
      proxy.close();
      // For whoever looks into a failure.
      Files.copy(
          files.resolve(name).resolve("sidecar.log"),
          Path.of("target", "faults-" + name + ".log"),
          StandardCopyOption.REPLACE_EXISTING);
      mount.close();
    }
  }
}
