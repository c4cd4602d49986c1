package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A hundred thousand rotations, each a new generation. Half of the secrets are files that are
 * written anew all the time, half are leases of a second from a server that is scripted, since no
 * database makes so many users; each secret has a mount of its own.
 */
@Tag("soak")
class RotationSoakTest {
  private static final int ROTATIONS = 100_000;
  private static final int WARM_UP = 5_000;
  private static final int SECRETS_OF_EACH_KIND = 200;

  @Test
  @Timeout(value = 20, unit = TimeUnit.MINUTES)
  void memory_threads_and_descriptors_are_flat_over_100_000_rotations(@TempDir Path files)
      throws Exception {
    List<Path> sources = new ArrayList<>();
    Path token = Files.writeString(files.resolve("token"), "a-token");
    try (Memory memory = new Memory();
        LeaseServer server = new LeaseServer()) {
      StringBuilder plan =
          new StringBuilder(
              "vault: {address: '%s', auth: token, token-file: %s}\nsecrets:\n"
                  .formatted(server.address(), token));
      StringBuilder mounts = new StringBuilder();
      for (int number = 0; number < SECRETS_OF_EACH_KIND; number++) {
        Path source = files.resolve("f" + number);
        sources.add(source);
        write(source, 0);
        plan.append(
            "  f%1$d: {from: 'file:%2$s', containers: [f%1$d]}\n".formatted(number, source));
        plan.append(
            "  v%1$d: {from: 'vault:creds/v%1$d#password', containers: [v%1$d]}\n"
                .formatted(number));
        for (String name : List.of("f" + number, "v" + number)) {
          Path mount = Files.createDirectory(memory.directory().resolve(name));
          mounts.append(mount).append('=').append(name).append(';');
        }
      }
      mounts.setLength(mounts.length() - 1);
      try (SidecarProcess sidecar =
          SidecarProcess.start(files, plan.toString(), mounts.toString())) {
        sidecar.awaitReady(Duration.ofMinutes(2));
        Thread writer = Thread.ofPlatform().daemon().start(() -> writeAll(sources));
        rotate(sidecar);
        writer.interrupt();
        writer.join();
        assertThat(sidecar.end()).isZero();
      }
    }
  }

  private static void write(Path source, long count) throws IOException {
    Path draft = source.resolveSibling(source.getFileName() + ".new");
    Files.writeString(draft, "canary-" + count);
    Files.move(draft, source, StandardCopyOption.ATOMIC_MOVE);
  }

  private static void writeAll(List<Path> sources) {
    try {
      for (long count = 1; ; count++) {
        for (Path source : sources) {
          write(source, count);
        }
        // The sidecar looks ten times a second, and reads what was left alone for 30 ms.
        Thread.sleep(150);
      }
    } catch (IOException | InterruptedException e) {
      // The way to stop.
    }
  }

  private static void rotate(SidecarProcess sidecar) throws Exception {
    long began = System.nanoTime();
    awaitRotations(sidecar, WARM_UP);
    long heap = sidecar.liveBytes();
    long resident = sidecar.residentBytes();
    int threads = sidecar.threads();
    int descriptors = sidecar.descriptors();
    long largest = heap;
    for (int tenth = 1; tenth <= 10; tenth++) {
      awaitRotations(sidecar, WARM_UP + ROTATIONS / 10 * tenth);
      largest = Math.max(largest, sidecar.liveBytes());
    }
    System.out.printf(
        "figure rotations: %.0f generations in %d s; live heap %.2f MB, then at most %.2f; resident"
            + " %.0f MB, then %.0f; threads %d, then %d; descriptors %d, then %d%n",
        rotations(sidecar),
        (System.nanoTime() - began) / 1_000_000_000,
        heap / 1e6,
        largest / 1e6,
        resident / 1e6,
        sidecar.residentBytes() / 1e6,
        threads,
        sidecar.threads(),
        descriptors,
        sidecar.descriptors());
    assertThat(largest).as("live heap").isLessThan(heap + 1_000_000);
    assertThat(sidecar.threads()).as("threads").isLessThan(threads + 5);
    assertThat(sidecar.descriptors()).as("descriptors").isLessThan(descriptors + 10);
    assertThat(sidecar.metric("keyturn_secret_stale", "")).as("stale secrets").isZero();
  }

  private static double rotations(SidecarProcess sidecar) throws IOException {
    return sidecar.metric("keyturn_publishes_total", "outcome=\"changed\"");
  }

  private static void awaitRotations(SidecarProcess sidecar, int count) throws Exception {
    Memory.await(
        count + " rotations",
        Duration.ofMinutes(10),
        () -> {
          Thread.sleep(500);
          return rotations(sidecar) >= count;
        });
  }

  /** Leases a new password for a second to whoever asks. */
  private static final class LeaseServer implements AutoCloseable {
    private final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    private final AtomicLong count = new AtomicLong();
    private final HttpServer server;

    LeaseServer() throws IOException {
      server =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
      server.setExecutor(executor);
      server.createContext("/v1/", this::answer);
      server.start();
    }

    String address() {
      return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
      String path = exchange.getRequestURI().getPath().substring("/v1/".length());
      long number = count.incrementAndGet();
      String body;
      if (path.startsWith("creds/")) {
        body =
            "{\"lease_id\":\"%s/%d\",\"lease_duration\":1,\"renewable\":false,\"data\":{\"password\":\"canary-%d\"}}"
                .formatted(path, number, number);
      } else if (path.startsWith("sys/internal/ui/mounts/")) {
        body = "{\"data\":{\"path\":\"creds/\",\"type\":\"database\"}}";
      } else {
        body = "{\"data\":{\"ttl\":36000,\"renewable\":false,\"type\":\"service\"}}";
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getRequestBody().readAllBytes();
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    }

    @Override
    public void close() {
      server.stop(0);
      executor.shutdownNow();
    }
  }
}
