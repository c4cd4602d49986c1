package dev.keyturn.webhook.server;

import dev.keyturn.webhook.admission.Admission;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.certificate.ServerCertificate;
import dev.keyturn.webhook.certificate.TrustedClients;
import dev.keyturn.webhook.log.Log;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.timeout.IdleStateHandler;
import io.netty.handler.timeout.WriteTimeoutHandler;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;

/**
 * HTTPS for the API server and the kubelet: {@code POST /mutate}, {@code GET /healthz}, {@code
 * /readyz} and {@code /metrics}. HTTP/1.1 over TLS 1.3 or 1.2, by BoringSSL where its library is
 * there (on Linux) and else by the JDK. Reviews are answered on Netty's own threads, since
 * answering does no input or output.
 */
public final class WebhookServer implements AutoCloseable {
  /**
   * The API server takes objects of up to 3 MiB ({@code MaxRequestBodyBytes} in {@code
   * apiserver/pkg/server/config.go}); a review is one object with a little around it, since the old
   * object of a creation is null.
   */
  private static final int MAX_BODY_BYTES = (3 << 20) + (256 << 10);

  /** Go's HTTP client, which the API server uses, closes idle connections after 90 s: before us. */
  private static final Duration IDLE = Duration.ofMinutes(2);

  private static final Duration HANDSHAKE = Duration.ofSeconds(5);

  /** What a peer that stops reading may take; the API server gives up on us after 30 s at most. */
  private static final Duration WRITE = Duration.ofSeconds(10);

  /** More than API servers open; bounds what slow clients can hold. */
  private static final int MAX_CONNECTIONS = 1000;

  /** For bodies that are larger than common ones: seven of the largest at a time. */
  private static final int LARGE_BODIES_BYTES = 24 << 20;

  /**
   * A review is answered on the thread that read it: as many of the largest at once as the heap in
   * {@code deploy/image/webhook.args} holds. One thread answers thousands of common ones a second.
   */
  private static final int THREADS = 2;

  private final MultiThreadIoEventLoopGroup loops;
  private final Map<Executor, Round> rounds = new ConcurrentHashMap<>();
  private final Room room = new Room(LARGE_BODIES_BYTES);
  private final Optional<TrustedClients> clients;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final Channel listener;
  private final Metrics metrics;
  private final Requests requests;
  private volatile ServerCertificate certificate;
  private volatile SslContext tls;

  /**
   * Starts listening.
   *
   * @param address port 0 for any
   * @param injector decides on pods, on the server's own threads
   * @param clients who alone may ask for reviews; everybody where empty
   * @param requestTimeout from the first byte of a request to its last
   * @throws IOException if the address is taken
   */
  public WebhookServer(
      InetSocketAddress address,
      ServerCertificate certificate,
      Function<Pod, Admission> injector,
      Optional<TrustedClients> clients,
      Duration requestTimeout,
      String version,
      Log log)
      throws IOException {
    this.clients = clients;
    this.certificate = certificate;
    this.tls = context(certificate);
    this.metrics = new Metrics(version);
    this.requests =
        new Requests(injector, metrics, () -> this.certificate.notAfter(), connections::size, log);
    this.loops =
        new MultiThreadIoEventLoopGroup(
            THREADS,
            Thread.ofPlatform().name("webhook-", 0).daemon().factory(),
            NioIoHandler.newFactory());
    var bootstrap =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    accept(channel, requestTimeout);
                  }
                });
    try {
      this.listener = bootstrap.bind(address).syncUninterruptibly().channel();
    } catch (RuntimeException e) {
      var _ = loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw new IOException("cannot listen on " + address + ": " + e.getMessage(), e);
    }
  }

  private void accept(SocketChannel channel, Duration requestTimeout) {
    if (connections.size() >= MAX_CONNECTIONS) {
      // An API server's connections are in use; what lies idle or sends slowly makes room for them.
      connections.stream()
          .min(Comparator.comparingLong(Connection::lastUse))
          .ifPresent(Connection::evict);
    }
    SslHandler handshake = tls.newHandler(channel.alloc());
    handshake.setHandshakeTimeout(HANDSHAKE.toMillis(), TimeUnit.MILLISECONDS);
    var connection =
        new Connection(
            requests,
            requestTimeout,
            rounds.computeIfAbsent(channel.eventLoop(), Round::new),
            clients);
    connections.add(connection);
    channel.closeFuture().addListener(_ -> connections.remove(connection));
    channel
        .pipeline()
        .addLast(handshake)
        .addLast(new IdleStateHandler(0, 0, IDLE.toSeconds(), TimeUnit.SECONDS))
        .addLast(new WriteTimeoutHandler(WRITE.toSeconds(), TimeUnit.SECONDS))
        .addLast(connection.deadline())
        .addLast(new HttpServerCodec(new HttpDecoderConfig()))
        .addLast(new Intake(room, requests))
        .addLast(new BoundedAggregator())
        .addLast(connection);
  }

  /** Collects a request's body, up to a size; what comes beyond is thrown away as it comes. */
  private final class BoundedAggregator extends HttpObjectAggregator {
    BoundedAggregator() {
      super(MAX_BODY_BYTES, true);
    }

    @Override
    protected void handleOversizedMessage(ChannelHandlerContext context, HttpMessage oversized) {
      // Not closed here: a client that is still sending would see a reset instead of the answer.
      var _ = context.writeAndFlush(requests.tooLarge());
    }
  }

  /** Where the server listens. */
  public InetSocketAddress address() {
    return (InetSocketAddress) listener.localAddress();
  }

  /** New connections get this certificate; those there are go on with theirs. */
  public void use(ServerCertificate replacement) {
    this.tls = context(replacement);
    this.certificate = replacement;
  }

  /**
   * To be counted at {@code /metrics}.
   *
   * @param byNamespace pods that run without the secrets they ask for
   */
  public void missed(Map<String, Integer> byNamespace) {
    metrics.missed(Map.copyOf(byNamespace));
  }

  private SslContext context(ServerCertificate certificate) {
    try {
      SslContextBuilder builder =
          SslContextBuilder.forServer(certificate.key(), certificate.chain())
              .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
              .protocols("TLSv1.3", "TLSv1.2");
      // Optional in the handshake: the kubelet's probes and Prometheus show none.
      clients.ifPresent(
          trusted -> builder.trustManager(trusted.authorities()).clientAuth(ClientAuth.OPTIONAL));
      return builder.build();
    } catch (SSLException e) {
      throw new IllegalArgumentException("the certificate can't be used: " + e.getMessage(), e);
    }
  }

  /** Says at {@code /readyz} that no more requests should come, and goes on answering them. */
  public void drain() {
    requests.drain();
  }

  /** Stops listening and returns once what was being asked is answered, 10 s later at most. */
  @Override
  public void close() {
    if (loops.isShuttingDown()) {
      return;
    }
    requests.drain();
    listener.close().syncUninterruptibly();
    connections.forEach(Connection::closeWhenIdle);
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    try {
      while (!connections.isEmpty() && System.nanoTime() < deadline) {
        Thread.sleep(5);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
