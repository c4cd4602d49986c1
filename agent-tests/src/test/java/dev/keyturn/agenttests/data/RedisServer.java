package dev.keyturn.agenttests.data;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Path;

/** A real redis-server, whose users an administrator adds and removes. */
record RedisServer(Process process, int port) implements AutoCloseable {
  static RedisServer start(Path scratch) throws IOException, InterruptedException {
    String configured = System.getProperty("KEYTURN_TOOLS", System.getenv("KEYTURN_TOOLS"));
    Path tools = configured == null ? Path.of("../.tools").toAbsolutePath() : Path.of(configured);
    Path program = tools.resolve("redis/redis-server");
    assertThat(program).as("redis-server: run bin/tools").isExecutable();
    int port = Server.freePort();
    Process process =
        new ProcessBuilder(program.toString(), "-")
            .directory(scratch.toFile())
            .redirectErrorStream(true)
            .redirectOutput(scratch.resolve("redis.log").toFile())
            .start();
    try (OutputStream in = process.getOutputStream()) {
      in.write(
          ("bind 127.0.0.1\nport "
                  + port
                  + "\nsave \"\"\nuser default off\n"
                  + "user admin on >admin ~* &* +@all\n")
              .getBytes(UTF_8));
    }
    Server.awaitListening(process, port);
    return new RedisServer(process, port);
  }

  void allow(Pair pair) throws IOException {
    admin("ACL", "SETUSER", pair.user(), "on", ">" + pair.password(), "~*", "&*", "+@all");
  }

  /** Its connections are closed, too. */
  void forbid(Pair pair) throws IOException {
    admin("ACL", "DELUSER", pair.user());
  }

  /** Runs one command and returns the first line of the reply. */
  String admin(String... command) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8));
      String reply = send(socket, in, "AUTH", "admin", "admin");
      assertThat(reply).isEqualTo("+OK");
      return send(socket, in, command);
    }
  }

  private static String send(Socket socket, BufferedReader in, String... command)
      throws IOException {
    StringBuilder message = new StringBuilder("*" + command.length + "\r\n");
    for (String word : command) {
      message.append("$").append(word.getBytes(UTF_8).length).append("\r\n");
      message.append(word).append("\r\n");
    }
    socket.getOutputStream().write(message.toString().getBytes(UTF_8));
    return in.readLine();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
