package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A hundred sidecars that start at once, as when a node comes back, and one server. */
class HerdTest {
  private static final int SIDECARS = 100;
  private static final int SECRETS = 3;
  private static final int RETURNING = 30;
  private static final int OUTAGE_MILLIS = 3000;

  @TempDir Path files;
  private OpenBao bao;
  private final List<Memory> mounts = new ArrayList<>();
  private final List<AutoCloseable> started = new ArrayList<>();

  @BeforeEach
  void startServer() throws Exception {
    bao = OpenBao.startAudited(files);
    bao.allowReading();
    bao.appRole(files, "");
    for (int secret = 0; secret < SECRETS; secret++) {
      bao.put("s" + secret, "{\"a\":\"canary-" + secret + "\"}");
    }
    for (int sidecar = 0; sidecar < SIDECARS; sidecar++) {
      mounts.add(new Memory());
    }
  }

  @AfterEach
  void stopAll() throws Exception {
    for (AutoCloseable each : started) {
      each.close();
    }
    bao.close();
    for (Memory mount : mounts) {
      mount.close();
    }
  }

  /** Nothing is read twice in the time that this takes. */
  private String plan() {
    StringBuilder plan =
        new StringBuilder(
            """
            vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s}
            secrets:
            """
                .formatted(bao.address(), files.resolve("role-id"), files.resolve("secret-id")));
    for (int secret = 0; secret < SECRETS; secret++) {
      plan.append("  s%1$d: {from: 'vault:secret/data/s%1$d#a', refresh: 1h}\n".formatted(secret));
    }
    return plan.toString();
  }

  /** Requests in the server's audit log whose path starts with this. */
  private long requests(String path) throws IOException {
    try (Stream<String> lines = Files.lines(files.resolve("audit.log"))) {
      return lines
          .filter(line -> line.contains("\"type\":\"request\""))
          .filter(line -> line.contains("\"path\":\"" + path))
          .count();
    }
  }

  private void assertNoMoreThanNeeded(String how, long began) throws IOException {
    long millis = (System.nanoTime() - began) / 1_000_000;
    long logins = requests("auth/approle/login");
    long reads = requests("secret/data/s") - SECRETS;
    long others = requests("") - requests("auth/approle/login") - requests("secret/data/s");
    System.out.printf(
        "figure herd: %d sidecars as %s, the last one ready after %d ms; %d logins, %d reads of %d"
            + " secrets each, %d other requests%n",
        SIDECARS, how, millis, logins, reads, SECRETS, others);
    assertThat(logins).isEqualTo(SIDECARS);
    assertThat(reads).isEqualTo((long) SIDECARS * SECRETS);
    // Which engine serves the path: once for all secrets of a mount.
    assertThat(requests("sys/internal/ui/mounts")).isEqualTo(SIDECARS);
  }

  @Test
  void in_one_process_each_logs_in_once_and_reads_each_secret_once() throws Exception {
    Plan plan = Plan.parseYaml(plan());
    long began = System.nanoTime();
    startAll(plan, mounts);
    assertNoMoreThanNeeded("threads", began);
  }

  @Test
  void when_the_server_returns_it_is_not_run_over() throws Exception {
    FaultProxy proxy = new FaultProxy(bao.address());
    started.add(proxy);
    Plan plan = Plan.parseYaml(plan().replace(bao.address(), proxy.address()).replace("1h", "1s"));
    List<Sidecar> sidecars = startAll(plan, mounts.subList(0, RETURNING));
    int secrets = RETURNING * SECRETS;

    proxy.play(FaultProxy.Fault.SEALED);
    Thread.sleep(OUTAGE_MILLIS);
    int during = proxy.requests();
    int busiestDuring = proxy.busiestSecond();
    proxy.play(FaultProxy.Fault.NONE);
    long began = System.nanoTime();
    for (Sidecar sidecar : sidecars) {
      Memory.await("all is fresh", Duration.ofSeconds(40), () -> sidecar.troubles().isEmpty());
    }
    System.out.printf(
        "figure herd: %d sidecars with %d secrets of 1 s: %d requests in %d s of outage, at most %d a"
            + " second; all fresh %d ms after it, at most %d requests a second%n",
        RETURNING,
        secrets,
        during,
        OUTAGE_MILLIS / 1000,
        busiestDuring,
        (System.nanoTime() - began) / 1_000_000,
        proxy.busiestSecond());
    // One probe at a time for each sidecar, with pauses that grow: 5 or 6 of them in this time.
    assertThat(during).isLessThan(RETURNING * 12);
    // Not more than when all is well, but for what each sidecar looks up of itself.
    assertThat(proxy.busiestSecond()).isLessThan(2 * secrets);
  }

  private List<Sidecar> startAll(Plan plan, List<Memory> where) throws Exception {
    List<Sidecar> sidecars = new ArrayList<>();
    for (Memory mount : where) {
      Sidecar sidecar =
          Sidecar.start(
              new SidecarConfig(
                  plan,
                  files,
                  List.of(new MountTarget(mount.directory(), List.of())),
                  Optional.empty(),
                  false),
              OutputStream.nullOutputStream());
      started.addFirst(sidecar);
      sidecars.add(sidecar);
    }
    for (Sidecar sidecar : sidecars) {
      assertThat(sidecar.awaitReady(Duration.ofSeconds(60)))
          .as(() -> sidecar.troubles().toString())
          .isTrue();
    }
    return sidecars;
  }

  @Test
  @Tag("soak")
  @Timeout(value = 10, unit = TimeUnit.MINUTES)
  void as_processes_too() throws Exception {
    String plan = plan();
    List<SidecarProcess> sidecars = new ArrayList<>();
    long began = System.nanoTime();
    for (Memory mount : mounts) {
      SidecarProcess sidecar =
          SidecarProcess.start(
              Files.createDirectory(files.resolve("p" + sidecars.size())),
              plan,
              mount.directory().toString());
      started.add(sidecar);
      sidecars.add(sidecar);
    }
    for (SidecarProcess sidecar : sidecars) {
      sidecar.awaitReady(Duration.ofMinutes(5));
    }
    assertNoMoreThanNeeded("processes", began);
  }
}
