package dev.keyturn.sidecar;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.tukaani.xz.XZInputStream;

/**
 * A real PostgreSQL on a loopback port, in memory, that takes nobody without a password. Its
 * programs come from a Maven artifact; since they refuse to run as root, root runs them as nobody.
 */
public final class Postgres implements AutoCloseable {
  private static final String PROGRAMS = "/postgres-linux-x86_64.txz";
  private static final String NOBODY = "65534";

  private final Path directory;
  private final int port;
  private final String password = "postgres-" + UUID.randomUUID();
  private final boolean root = "root".equals(System.getProperty("user.name"));
  private Process process;

  private Postgres(Path directory, int port) {
    this.directory = directory;
    this.port = port;
  }

  public static Postgres start() throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/dev/shm"), "keyturn-postgres");
    // Nobody has to get in.
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    Postgres postgres = new Postgres(directory, OpenBao.freePort());
    postgres.unpack();
    postgres.serve();
    return postgres;
  }

  private void unpack() throws Exception {
    try (InputStream programs = Postgres.class.getResourceAsStream(PROGRAMS)) {
      if (programs == null) {
        throw new AssertionError(
            "no " + PROGRAMS + " on the class path: add the artifact for this processor");
      }
      Process tar = start("tar", "-x", "--no-same-owner", "-C", directory.toString());
      try (OutputStream into = tar.getOutputStream()) {
        new XZInputStream(programs).transferTo(into);
      }
      end(tar);
    }
    Path passwordFile = Files.writeString(directory.resolve("password"), password);
    Files.createDirectory(directory.resolve("data"));
    if (root) {
      end(start("chown", NOBODY, directory.resolve("data").toString(), passwordFile.toString()));
    }
    end(
        program(
            "initdb",
            "--username=postgres",
            "--pwfile=" + passwordFile,
            "--auth=scram-sha-256",
            "--locale=C",
            "--encoding=UTF8",
            "--no-sync",
            "-D",
            directory.resolve("data").toString()));
  }

  private void serve() throws Exception {
    process =
        program(
            "postgres",
            "-D",
            directory.resolve("data").toString(),
            "-h",
            "127.0.0.1",
            "-p",
            Integer.toString(port),
            "-k",
            "",
            // Nobody needs this data after the test; and a login shall cost no more than it must.
            "-c",
            "fsync=off",
            "-c",
            "scram_iterations=1",
            "-c",
            "shared_buffers=16MB",
            "-c",
            "dynamic_shared_memory_type=mmap");
    Memory.await(
        "PostgreSQL takes connections",
        () -> {
          if (!process.isAlive()) {
            throw new AssertionError("PostgreSQL ended: " + log());
          }
          return log().contains("ready to accept connections");
        });
  }

  private Process program(String name, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    if (root) {
      Collections.addAll(
          command, "setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
    }
    command.add(directory.resolve("bin").resolve(name).toString());
    Collections.addAll(command, arguments);
    return start(command.toArray(String[]::new));
  }

  private Process start(String... command) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve("log").toFile()));
    builder.environment().put("LC_ALL", "C");
    return builder.start();
  }

  private void end(Process started) throws Exception {
    if (!started.waitFor(60, TimeUnit.SECONDS) || started.exitValue() != 0) {
      throw new AssertionError(started.info().commandLine() + " failed: " + log());
    }
  }

  /** What the server has to say. */
  public String log() throws IOException {
    return Files.readString(directory.resolve("log"));
  }

  public int port() {
    return port;
  }

  /** Executes statements as the superuser. */
  public void execute(String... statements) throws SQLException {
    try (Connection connection = connect("postgres", password);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /** Opens a connection as whoever it is. */
  public Connection connect(String user, String userPassword) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    properties.setProperty("password", userPassword);
    properties.setProperty("connectTimeout", "10");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:" + port + "/postgres", properties);
  }

  /** The one value of a query, asked as the superuser. */
  public String query(String sql) throws SQLException {
    try (Connection connection = connect("postgres", password);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }

  public int count(String sql) throws SQLException {
    return Integer.parseInt(query(sql));
  }

  /** How many roles that OpenBao made are there. */
  public int leasedRoles() throws SQLException {
    return count("select count(*) from pg_roles where rolname like 'v-%'");
  }

  /**
   * Mounts the database engine for this server at {@code database}, with a role {@code app}.
   *
   * @param ttl of its credentials, such as {@code 10s}
   * @param maxTtl that no renewal goes beyond
   */
  public void configure(OpenBao bao, String ttl, String maxTtl) throws Exception {
    bao.call("POST", "sys/mounts/database", "{\"type\":\"database\"}");
    bao.call(
        "POST",
        "database/config/postgres",
        """
        {"plugin_name": "postgresql-database-plugin", "allowed_roles": ["app"],
         "connection_url": "postgresql://{{username}}:{{password}}@127.0.0.1:%d/postgres?sslmode=disable",
         "username": "postgres", "password": "%s"}
        """
            .formatted(port, password));
    bao.call(
        "POST",
        "database/roles/app",
        """
        {"db_name": "postgres", "default_ttl": "%s", "max_ttl": "%s",
         "creation_statements": ["CREATE ROLE \\"{{name}}\\" WITH LOGIN PASSWORD '{{password}}' VALID UNTIL '{{expiration}}'"]}
        """
            .formatted(ttl, maxTtl));
  }

  /** A fast shutdown: SIGTERM would wait for whoever is connected. */
  @Override
  public void close() throws IOException {
    start("kill", "-INT", Long.toString(process.pid()));
    process.onExit().completeOnTimeout(process, 10, TimeUnit.SECONDS).join();
    process.destroyForcibly().onExit().join();
    // The data is nobody's.
    new ProcessBuilder("rm", "-rf", directory.toString()).start().onExit().join();
  }
}
