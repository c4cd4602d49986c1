package dev.keyturn.agenttests.data;

import dev.keyturn.agenttests.Libraries;
import dev.keyturn.javaagent.Jvm;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A server of src/test/apps/data in a JVM of its own, without the agent. On Java 21: not all of
 * them run on what came after.
 */
record Server(Process process, Path out) implements AutoCloseable {
  static Server start(
      Path scratch, String source, int port, List<String> libraries, List<String> arguments)
      throws IOException, InterruptedException {
    Jvm jvm = Jvm.all().stream().filter(one -> one.release() == 21).findFirst().orElseThrow();
    String path = Libraries.classPath(libraries.toArray(String[]::new));
    Path classes =
        Jvm.compile(
            21,
            List.of(Path.of("src/test/apps/data", source + ".java").toAbsolutePath()),
            path,
            Files.createTempDirectory(scratch, "classes"));
    List<String> command = new ArrayList<>();
    command.add(jvm.home().resolve("bin/java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-Xmx256m"));
    command.addAll(List.of("-cp", classes + ":" + path, source));
    command.addAll(arguments);
    Path out = scratch.resolve(source + ".log");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(out.toFile()).start();
    Server server = new Server(process, out);
    try {
      awaitListening(process, port);
      return server;
    } catch (IOException e) {
      server.close();
      throw new IOException(source + " does not listen: " + Files.readString(out), e);
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  static void awaitListening(Process process, int port) throws IOException, InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), port).close();
        return;
      } catch (IOException e) {
        if (!process.isAlive() || System.nanoTime() > end) {
          throw e;
        }
        Thread.sleep(20);
      }
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}
