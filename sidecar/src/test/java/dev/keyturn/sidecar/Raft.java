package dev.keyturn.sidecar;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Three real OpenBao servers with raft storage in memory, on one port of 127.0.0.1, .2 and .3. A
 * JVM that is started with {@link #jvmOption} knows them all by one name, as a cluster's clients do
 * behind DNS.
 */
final class Raft implements BaoApi, AutoCloseable {
  private static final String NAME = "vault.test";
  private static final int NODES = 3;

  /** An election takes seconds; on a busy machine many of them. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path directory;
  private final int port = OpenBao.freePort();
  private final List<Node> nodes = new ArrayList<>();
  private String unsealKey = "";
  private String token = "";

  private Raft(Path directory) throws IOException {
    this.directory = directory;
    StringBuilder hosts = new StringBuilder();
    for (int number = 1; number <= NODES; number++) {
      nodes.add(new Node(number));
      hosts.append("127.0.0.").append(number).append(' ').append(NAME).append('\n');
    }
    Files.writeString(directory.resolve("hosts"), hosts);
  }

  /** One server. */
  final class Node {
    private final int number;
    private final Path log;
    private Process process;

    private Node(int number) {
      this.number = number;
      this.log = directory.resolve("node-" + number + ".log");
    }

    String host() {
      return "127.0.0." + number;
    }

    private String url(int at) {
      return "http://" + host() + ":" + at;
    }

    private void launch() throws IOException {
      Path data = directory.resolve("node-" + number);
      Files.createDirectories(data);
      Path config =
          Files.writeString(
              directory.resolve("node-" + number + ".hcl"),
              """
              storage "raft" {
                path = "%s"
                node_id = "node-%d"
                performance_multiplier = 1
                autopilot_update_interval = "200ms"
                autopilot_reconcile_interval = "500ms"
              }
              listener "tcp" {
                address = "%s:%d"
                cluster_address = "%s:%d"
                tls_disable = true
              }
              api_addr = "%s"
              cluster_addr = "%s"
              """
                  .formatted(
                      data,
                      number,
                      host(),
                      port,
                      host(),
                      port + 1,
                      url(port),
                      url(port + 1).replace("http:", "https:")));
      process =
          new ProcessBuilder(OpenBao.program().toString(), "server", "-config=" + config)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
    }

    private void awaitListening() throws Exception {
      Memory.await(
          "node " + number + " answers",
          PATIENCE,
          () -> {
            if (!process.isAlive()) {
              throw new AssertionError("OpenBao ended: " + Files.readString(log));
            }
            try {
              call("GET", "sys/seal-status", "");
              return true;
            } catch (ConnectException e) {
              return false;
            }
          });
    }

    String call(String method, String path, String body) throws Exception {
      return BaoApi.send(url(port), token, method, path, body, Map.of());
    }

    void kill() {
      process.destroyForcibly().onExit().join();
    }

    /** Starts it again; it finds its data, and the others. */
    void restart() throws Exception {
      launch();
      awaitListening();
      unseal();
    }

    void seal() throws Exception {
      call("POST", "sys/seal", "{}");
    }

    void unseal() throws Exception {
      call("POST", "sys/unseal", "{\"key\":\"" + unsealKey + "\"}");
    }

    private boolean isLeader() {
      try {
        return call("GET", "sys/leader", "").contains("\"is_self\":true");
      } catch (Exception | AssertionError e) {
        return false;
      }
    }
  }

  static Raft start(Path directory) throws Exception {
    Raft raft = new Raft(directory);
    try {
      raft.form();
    } catch (Exception | AssertionError e) {
      raft.close();
      throw e;
    }
    return raft;
  }

  private void form() throws Exception {
    for (Node node : nodes) {
      node.launch();
      node.awaitListening();
    }
    Node first = nodes.getFirst();
    String answer = first.call("PUT", "sys/init", "{\"secret_shares\":1,\"secret_threshold\":1}");
    unsealKey = answer.substring(answer.indexOf("[\"") + 2, answer.indexOf("\"]"));
    token = BaoApi.text(answer, "root_token");
    first.unseal();
    Memory.await("the first leader", PATIENCE, first::isLeader);
    // A new node votes after 10 s else.
    first.call(
        "POST",
        "sys/storage/raft/autopilot/configuration",
        "{\"server_stabilization_time\":\"1s\"}");
    for (Node node : nodes.subList(1, NODES)) {
      node.call(
          "POST", "sys/storage/raft/join", "{\"leader_api_addr\":\"" + first.url(port) + "\"}");
      node.unseal();
    }
    Memory.await(
        "three voters",
        PATIENCE,
        () ->
            call("GET", "sys/storage/raft/configuration", "").split("\"voter\":true", -1).length
                == NODES + 1);
    call("POST", "sys/mounts/secret", "{\"type\":\"kv\",\"options\":{\"version\":\"2\"}}");
    Memory.await(
        "the engine is there",
        PATIENCE,
        () -> {
          try {
            put("ready", "{\"a\":\"b\"}");
            return true;
          } catch (AssertionError e) {
            return false;
          }
        });
  }

  /** All of them, under one name. */
  @Override
  public String address() {
    return "http://" + NAME + ":" + port;
  }

  int port() {
    return port;
  }

  /** For the JVM that connects. */
  String jvmOption() {
    return "-Djdk.net.hosts.file=" + directory.resolve("hosts");
  }

  List<Node> nodes() {
    return nodes;
  }

  /** Waits for one. */
  Node leader() throws Exception {
    Memory.await("a leader", PATIENCE, () -> findLeader().isPresent());
    return findLeader().orElseThrow();
  }

  private Optional<Node> findLeader() {
    return nodes.stream().filter(Node::isLeader).findFirst();
  }

  /** Calls the leader's API as root. */
  @Override
  public String call(String method, String path, String body) throws Exception {
    return leader().call(method, path, body);
  }

  @Override
  public void close() {
    nodes.stream().filter(node -> node.process != null).forEach(Node::kill);
  }
}
