package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.Plan;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What can go wrong before the first encrypted byte, or between two. */
class TlsFaultTest {
  private static final Duration AT_MOST = Duration.ofSeconds(30);

  private enum Fault {
    NONE,
    /** Bytes that are no TLS. */
    GARBAGE,
    /** A server that speaks HTTP there. */
    PLAIN,
    /** The connection ends in the handshake. */
    CUT,
    /** No answer to the first message. */
    SILENCE,
    /** A server that is a real one, with a certificate of another CA. */
    STRANGER
  }

  @Test
  void what_is_published_stays_and_is_fresh_when_tls_works_again(
      @TempDir Path files, @TempDir Path strange) throws Exception {
    long seed = Long.getLong("keyturn.seed", System.nanoTime());
    System.out.println("TLS faults: seed " + seed);
    List<Fault> faults = new ArrayList<>(Arrays.asList(Fault.values()));
    faults.remove(Fault.NONE);
    Collections.shuffle(faults, new Random(seed));
    Path token = Files.writeString(files.resolve("token"), "root");
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (OpenBao bao = OpenBao.startTls(files);
        OpenBao stranger = OpenBao.startTls(strange);
        Tunnel tunnel = new Tunnel(bao.port(), stranger.port());
        Memory mount = new Memory()) {
      int version = 1;
      put(bao, version);
      String plan =
          """
          vault: {address: "https://127.0.0.1:%d", auth: token, token-file: %s, ca-file: %s, timeout: 2s}
          secrets:
            db: {from: 'vault:secret/app#password', refresh: 1s}
          """
              .formatted(tunnel.port(), token, bao.ca());
      try (Sidecar sidecar =
          Sidecar.start(
              new SidecarConfig(
                  Plan.parseYaml(plan),
                  files,
                  List.of(new MountTarget(mount.directory(), List.of())),
                  Optional.empty(),
                  false),
              log)) {
        assertThat(sidecar.awaitReady(AT_MOST)).as(() -> sidecar.troubles().toString()).isTrue();
        for (Fault fault : faults) {
          String before = mount.read("db");
          tunnel.play(fault);
          put(bao, ++version);
          Memory.await(fault + " is noticed", AT_MOST, () -> !sidecar.troubles().isEmpty());
          assertThat(mount.read("db")).isEqualTo(before);

          tunnel.play(Fault.NONE);
          String now = "canary-" + version;
          Memory.await("fresh after " + fault, AT_MOST, () -> mount.read("db").equals(now));
          Memory.await("no trouble", AT_MOST, () -> sidecar.troubles().isEmpty());
        }
      }
    }
    assertThat(log.toString(StandardCharsets.UTF_8)).doesNotContain("canary-");
  }

  private static void put(OpenBao bao, int version) throws Exception {
    bao.callOverTls(
        "secret/data/app", "{\"data\":{\"password\":\"canary-%d\"}}".formatted(version));
  }

  /** Passes bytes on to the server, or does not. */
  private static final class Tunnel implements AutoCloseable {
    private final int server;
    private final int stranger;
    private final ServerSocket listener =
        new ServerSocket(0, 50, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}));
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Fault fault = Fault.NONE;

    Tunnel(int server, int stranger) throws IOException {
      this.server = server;
      this.stranger = stranger;
      Thread.ofVirtual().start(this::accept);
    }

    int port() {
      return listener.getLocalPort();
    }

    /** From now on, and for new connections: the open ones end. */
    void play(Fault next) throws IOException {
      fault = next;
      for (Socket socket : open) {
        socket.close();
      }
      open.clear();
    }

    private void accept() {
      try {
        while (true) {
          Socket client = listener.accept();
          open.add(client);
          Thread.ofVirtual().start(() -> answer(client));
        }
      } catch (IOException e) {
        // Closed by the test.
      }
    }

    private void answer(Socket client) {
      try (client) {
        switch (fault) {
          case NONE -> pass(client, server);
          case STRANGER -> pass(client, stranger);
          case GARBAGE -> say(client, "\u0016garbage that is no TLS at all\r\n\r\n");
          case PLAIN -> say(client, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent TLS.\n");
          case CUT -> client.getInputStream().read(new byte[100]);
          case SILENCE ->
              client.getInputStream().transferTo(ByteArrayOutputStream.nullOutputStream());
        }
      } catch (IOException e) {
        // The sidecar has closed it, or the next fault.
      }
    }

    private static void say(Socket client, String text) throws IOException {
      client.getInputStream().read(new byte[100]);
      client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private void pass(Socket client, int to) throws IOException {
      try (Socket upstream = new Socket(listener.getInetAddress(), to)) {
        open.add(upstream);
        Thread.ofVirtual().start(() -> copy(upstream, client));
        copy(client, upstream);
      }
    }

    private static void copy(Socket from, Socket to) {
      try (InputStream in = from.getInputStream()) {
        in.transferTo(to.getOutputStream());
      } catch (IOException e) {
        // One side is gone.
      }
    }

    @Override
    public void close() throws IOException {
      listener.close();
      play(Fault.CUT);
    }
  }
}
