package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.Raft.Node;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A cluster that loses its leader, has a node sealed, and goes away as a whole. */
class RaftTest {
  private static final int SECRETS = 200;
  private static final int REFRESH_SECONDS = 2;
  private static final int OUTAGE_SECONDS = 6;

  /**
   * From the moment when the cluster has a leader: 30 s, the longest pause before a probe, and what
   * it takes to ask for all secrets at 100 a second, see {@code docs/outages.md}.
   */
  private static final Duration FRESH = Duration.ofSeconds(40);

  @Test
  void readers_find_a_whole_set_through_the_loss_of_any_or_all_nodes(
      @TempDir Path files, @TempDir Path own) throws Exception {
    try (Raft raft = Raft.start(files);
        Memory mount = new Memory()) {
      raft.allowReading();
      raft.appRole(files, "");
      Run run = new Run(raft);
      run.rotate();
      try (SidecarProcess sidecar =
          SidecarProcess.start(
              own, plan(raft, files), mount.directory().toString(), raft.jvmOption())) {
        sidecar.awaitReady(Duration.ofSeconds(60));
        try (Readers readers = new Readers(mount.directory(), names(), 2, 50)) {
          run.sidecar = sidecar;
          run.readers = readers;
          run.awaitFresh("the start");

          Node leader = raft.leader();
          leader.kill();
          raft.leader();
          run.rotate();
          run.awaitFresh("the leader was killed");
          leader.restart();

          Node sealed = raft.leader();
          sealed.seal();
          raft.leader();
          run.rotate();
          run.awaitFresh("the next leader was sealed");
          sealed.unseal();
          raft.leader();

          run.outage();
          run.rotate();
          run.awaitFresh("all were restarted");
          assertThat(readers.violations()).isEmpty();
          System.out.println("raft: the whole set was read " + readers.reads() + " times");
        }
        assertThat(sidecar.log()).doesNotContain("canary-");
        assertThat(sidecar.end()).isZero();
      }
    }
  }

  private static String plan(Raft raft, Path files) {
    StringBuilder plan =
        new StringBuilder(
            """
            vault: {address: "%s", auth: approle, role-id-file: %s, secret-id-file: %s, timeout: 2s}
            secrets:
            """
                .formatted(raft.address(), files.resolve("role-id"), files.resolve("secret-id")));
    for (String name : names()) {
      plan.append(
          "  %s: {from: 'vault:secret/%s#a', refresh: %ds}\n"
              .formatted(name, name, REFRESH_SECONDS));
    }
    return plan.toString();
  }

  private static List<String> names() {
    List<String> names = new ArrayList<>();
    for (int secret = 0; secret < SECRETS; secret++) {
      names.add("s" + secret);
    }
    return names;
  }

  /** What is done to the cluster, and what the sidecar makes of it. */
  private static final class Run {
    private final Raft raft;
    private SidecarProcess sidecar;
    private Readers readers;
    private int version;

    Run(Raft raft) {
      this.raft = raft;
    }

    /** A new version of each secret. */
    void rotate() throws Exception {
      version++;
      Node leader = raft.leader();
      for (String name : names()) {
        leader.call(
            "POST",
            "secret/data/" + name,
            "{\"data\":{\"a\":\"%s\"}}".formatted(Readers.value(name, version)));
      }
    }

    void awaitFresh(String after) throws Exception {
      long began = System.nanoTime();
      Memory.await(
          "all is fresh after " + after + "; " + sidecar.page("/readyz"),
          FRESH,
          () -> readers.allAtLeast(version) && sidecar.metric("keyturn_secret_stale", "") == 0);
      System.out.printf(
          "raft: %s: all %d fresh %d ms later%n",
          after, SECRETS, (System.nanoTime() - began) / 1_000_000);
    }

    /** All nodes are down, and somebody counts who still asks. */
    void outage() throws Exception {
      raft.nodes().forEach(Node::kill);
      List<ServerSocket> counters = new ArrayList<>();
      AtomicInteger asked = new AtomicInteger();
      for (Node node : raft.nodes()) {
        ServerSocket counter =
            new ServerSocket(raft.port(), 50, InetAddress.getByName(node.host()));
        counters.add(counter);
        Thread.ofVirtual().start(() -> count(counter, asked));
      }
      Thread.sleep(OUTAGE_SECONDS * 1000L);
      for (ServerSocket counter : counters) {
        counter.close();
      }
      System.out.printf(
          "raft: asked %d times in %d s of outage, %d secrets of %d s each%n",
          asked.get(), OUTAGE_SECONDS, SECRETS, REFRESH_SECONDS);
      // One probe at a time, with pauses that grow: not one for each secret.
      assertThat(asked.get()).isBetween(1, SECRETS / 4);
      assertThat(readers.violations()).isEmpty();
      for (Node node : raft.nodes()) {
        node.restart();
      }
      raft.leader();
    }

    private static void count(ServerSocket counter, AtomicInteger asked) {
      while (true) {
        try {
          counter.accept().close();
          asked.incrementAndGet();
        } catch (IOException e) {
          return;
        }
      }
    }
  }
}
