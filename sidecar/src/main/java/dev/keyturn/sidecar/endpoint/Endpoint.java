package dev.keyturn.sidecar.endpoint;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * A small HTTP/1.1 server for requests without body, on a Unix socket or the loopback address. One
 * thread serves all; a connection gets one answer within a time-out, and there are a few at a time,
 * so nobody in the pod can make it costly.
 */
public final class Endpoint implements AutoCloseable {
  /** A scrape's request is 200 to 500 bytes. */
  static final int MAX_REQUEST_BYTES = 4096;

  /** A probe, a scraper and a person, with some to spare. */
  static final int MAX_CONNECTIONS = 16;

  /**
   * A Unix socket's path has at most 107 bytes on Linux (unix(7)); its draft may be a bit longer.
   */
  private static final int MAX_PATH = 102;

  /** One who asks for several pages does so one after the other. */
  private static final Duration QUIET = Duration.ofMillis(200);

  static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Where an endpoint listens. */
  public sealed interface Address {
    /** A channel that listens there. A method, not a switch: those are spun at run time. */
    ServerSocketChannel listen() throws IOException;

    /** What is to be deleted at the end. */
    Optional<Path> file();

    /** A socket in the file system, for its owner alone. */
    record Unix(Path path) implements Address {
      @Override
      public ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
          // Under another name until it listens and is closed to others; the rename also takes
          // the place of a socket that a killed container left.
          Path draft = path.resolveSibling(".new");
          Files.deleteIfExists(draft);
          server.bind(UnixDomainSocketAddress.of(draft));
          Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
          Files.move(draft, path, StandardCopyOption.ATOMIC_MOVE);
          return server;
        } catch (IOException e) {
          server.close();
          throw e;
        }
      }

      @Override
      public Optional<Path> file() {
        return Optional.of(path);
      }
    }

    /** A socket that another process listens at, and has handed on as standard input. */
    record Inherited() implements Address {
      @Override
      public ServerSocketChannel listen() throws IOException {
        if (System.inheritedChannel() instanceof ServerSocketChannel server) {
          return server;
        }
        throw new IOException("standard input is no socket that listens: start the supervisor");
      }

      @Override
      public Optional<Path> file() {
        return Optional.empty();
      }
    }

    /** The loopback address. */
    record Loopback(int port) implements Address {
      @Override
      public ServerSocketChannel listen() throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open();
        try {
          return server.bind(
              new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
        } catch (IOException e) {
          server.close();
          throw e;
        }
      }

      @Override
      public Optional<Path> file() {
        return Optional.empty();
      }
    }

    /**
     * Reads {@code unix:/PATH} or {@code 127.0.0.1:PORT}.
     *
     * @return empty where it is neither
     */
    static Optional<Address> parse(String text) {
      if (text.startsWith("unix:/") && text.length() <= "unix:".length() + MAX_PATH) {
        return Optional.of(new Unix(Path.of(text.substring(5))));
      }
      if (text.matches("127\\.0\\.0\\.1:[0-9]{1,5}")) {
        int port = Integer.parseInt(text.substring(10));
        return port <= 65_535 ? Optional.of(new Loopback(port)) : Optional.empty();
      }
      return Optional.empty();
    }
  }

  /**
   * What is asked.
   *
   * @param method {@code GET} or {@code POST}
   * @param query what follows the question mark; may be empty
   */
  public record Request(String method, String path, String query) {}

  /** An answer. */
  public record Reply(int status, String contentType, String body) {}

  private static final class Connection {
    final long deadline = System.nanoTime() + TIMEOUT.toNanos();
    final byte[] request = new byte[MAX_REQUEST_BYTES];
    ByteBuffer buffer = ByteBuffer.wrap(request);
  }

  private final ServerSocketChannel server;
  private final Selector selector;
  private final Function<Request, Reply> pages;
  private final Optional<Path> socket;
  private volatile long lastNanos = System.nanoTime();

  private Endpoint(
      ServerSocketChannel server,
      Selector selector,
      Function<Request, Reply> pages,
      Optional<Path> socket) {
    this.server = server;
    this.selector = selector;
    this.pages = pages;
    this.socket = socket;
  }

  /**
   * Starts listening.
   *
   * @param pages answers a request, at once
   */
  public static Endpoint open(Address address, Function<Request, Reply> pages) throws IOException {
    ServerSocketChannel server = address.listen();
    try {
      server.configureBlocking(false);
      Selector selector = Selector.open();
      server.register(selector, SelectionKey.OP_ACCEPT);
      Endpoint endpoint = new Endpoint(server, selector, pages, address.file());
      Thread.ofPlatform().name("endpoint").daemon().start(endpoint::serve);
      return endpoint;
    } catch (IOException | RuntimeException e) {
      server.close();
      throw e;
    }
  }

  private void serve() {
    try {
      while (selector.isOpen()) {
        selector.select(selector.keys().size() > 1 ? 100 : 0);
        List<SelectionKey> ready = new ArrayList<>(selector.selectedKeys());
        selector.selectedKeys().clear();
        for (SelectionKey key : ready) {
          serve(key);
        }
        dropLate();
      }
    } catch (IOException | java.nio.channels.ClosedSelectorException e) {
      // Closed.
    }
  }

  private void serve(SelectionKey key) {
    try {
      if (!key.isValid()) {
        return;
      }
      lastNanos = System.nanoTime();
      if (key.isAcceptable()) {
        accept();
      } else if (key.isReadable()) {
        read(key);
      } else if (key.isWritable()) {
        write(key);
      }
    } catch (IOException | RuntimeException e) {
      // A client that went away, or a page that failed: this connection's end, nobody else's.
      drop(key);
    }
  }

  private void accept() throws IOException {
    SocketChannel client = server.accept();
    if (client == null) {
      return;
    }
    if (selector.keys().size() > MAX_CONNECTIONS) {
      client.close();
      return;
    }
    client.configureBlocking(false);
    client.register(selector, SelectionKey.OP_READ, new Connection());
  }

  private void read(SelectionKey key) throws IOException {
    Connection connection = (Connection) key.attachment();
    ByteBuffer buffer = connection.buffer;
    if (((SocketChannel) key.channel()).read(buffer) < 0) {
      drop(key);
      return;
    }
    String request =
        new String(connection.request, 0, buffer.position(), StandardCharsets.ISO_8859_1);
    Reply reply;
    if (request.contains("\r\n\r\n") || request.contains("\n\n")) {
      reply = reply(request);
    } else if (buffer.hasRemaining()) {
      return;
    } else {
      reply = new Reply(431, "text/plain", "request too long\n");
    }
    connection.buffer = ByteBuffer.wrap(bytes(reply));
    key.interestOps(SelectionKey.OP_WRITE);
    write(key);
  }

  private Reply reply(String request) {
    String[] words = request.substring(0, request.indexOf('\n')).strip().split(" ", 3);
    if (words.length != 3 || !words[2].startsWith("HTTP/1.")) {
      return new Reply(400, "text/plain", "not an HTTP/1.1 request\n");
    }
    if (!words[0].equals("GET") && !words[0].equals("POST")) {
      return new Reply(405, "text/plain", "only GET and POST are answered\n");
    }
    String[] target = words[1].split("\\?", 2);
    return pages.apply(new Request(words[0], target[0], target.length == 1 ? "" : target[1]));
  }

  private static byte[] bytes(Reply reply) {
    byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
    String head =
        "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
            .formatted(
                reply.status(),
                reply.status() < 300 ? "OK" : "Not OK",
                reply.contentType(),
                body.length);
    return (head + reply.body()).getBytes(StandardCharsets.UTF_8);
  }

  private static void write(SelectionKey key) throws IOException {
    Connection connection = (Connection) key.attachment();
    ((SocketChannel) key.channel()).write(connection.buffer);
    if (!connection.buffer.hasRemaining()) {
      drop(key);
    }
  }

  private void dropLate() {
    long now = System.nanoTime();
    for (SelectionKey key : selector.keys()) {
      if (key.attachment() instanceof Connection connection && now - connection.deadline > 0) {
        drop(key);
      }
    }
  }

  private static void drop(SelectionKey key) {
    key.cancel();
    try {
      key.channel().close();
    } catch (IOException e) {
      // It is gone all the same.
    }
  }

  /** Whether nobody asks, and nobody has asked for a moment. */
  public boolean isQuiet() {
    return selector.keys().size() <= 1 && System.nanoTime() - lastNanos > QUIET.toNanos();
  }

  @Override
  public void close() {
    try {
      selector.close();
      server.close();
      if (socket.isPresent()) {
        Files.deleteIfExists(socket.get());
      }
    } catch (IOException e) {
      // The process ends, or a new endpoint deletes the socket.
    }
  }
}
