package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.http.Dialer;
import dev.keyturn.sidecar.http.HttpConnection;
import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.Flow;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * A blocking HTTP/1.1 client for one server, as the driver wants one: the JDK's own costs 13 MB and
 * 220 ms more (docs/decisions/sidecar-vault-client.md). Every exchange ends within a time-out, in a
 * bounded answer. Safe for use by several threads, each with a connection of its own.
 */
final class SocketHttpClient extends HttpClient implements AutoCloseable {
  /** Sent on a connection that may have ended meanwhile, and then once more: no harm is done. */
  private static final List<String> REPEATABLE =
      List.of(
          "/v1/sys/leases/lookup",
          "/v1/sys/leases/renew",
          "/v1/sys/leases/revoke",
          "/v1/auth/token/renew-self",
          "/v1/auth/token/revoke-self");

  /** Where the answer does not say; and at most this, whatever it says. */
  private static final Duration THROTTLED = Duration.ofSeconds(1);

  private static final Duration MOST_THROTTLED = Duration.ofMinutes(5);

  private final Dialer dialer;
  private final Duration timeout;
  private final Deque<HttpConnection> idle = new ArrayDeque<>();
  private boolean closed;
  private volatile String index = "";

  /** The server has too many requests (429). */
  static final class ThrottledException extends IOException {
    private static final long serialVersionUID = 1L;

    private final Duration retryAfter;

    ThrottledException(Duration retryAfter) {
      super("a rate limit of the server is used up");
      this.retryAfter = retryAfter;
    }

    Duration retryAfter() {
      return retryAfter;
    }
  }

  /**
   * Connects when it is first used.
   *
   * @param timeout from connecting, where that is needed, to the answer's last byte
   */
  SocketHttpClient(Dialer dialer, Duration timeout) {
    this.dialer = dialer;
    this.timeout = timeout;
  }

  @Override
  public <T> HttpResponse<T> send(HttpRequest request, HttpResponse.BodyHandler<T> handler)
      throws IOException, InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    byte[] body = request.bodyPublisher().map(SocketHttpClient::collect).orElse(new byte[0]);
    long deadline = System.nanoTime() + timeout.toNanos();
    HttpConnection.Answer answer = anywhere(request, body, deadline);
    try {
      if (answer.status() == 429) {
        throw new ThrottledException(retryAfter(answer.headers()));
      }
      HttpResponse.BodySubscriber<T> subscriber =
          handler.apply(new Head(answer.status(), answer.headers()));
      subscriber.onSubscribe(new NoDemand());
      subscriber.onNext(List.of(ByteBuffer.wrap(answer.body())));
      subscriber.onComplete();
      T result = subscriber.getBody().toCompletableFuture().join();
      return new Response<>(answer.status(), answer.headers(), result, request);
    } finally {
      Arrays.fill(answer.body(), (byte) 0);
      Arrays.fill(body, (byte) 0);
    }
  }

  /** At one of the server's addresses after the other, while they say that they are no use. */
  private HttpConnection.Answer anywhere(HttpRequest request, byte[] body, long deadline)
      throws IOException {
    for (int tried = 1; ; tried++) {
      HttpConnection.Answer answer;
      try {
        answer = exchange(request, body, deadline);
      } catch (HttpTimeoutException e) {
        turnAway();
        throw e;
      }
      Optional<URI> elsewhere = redirection(request.uri(), answer);
      if (elsewhere.isPresent()) {
        Arrays.fill(answer.body(), (byte) 0);
        return redirected(request, elsewhere.get(), body, deadline);
      }
      if (!isOutOfService(answer.status()) || tried >= dialer.addresses()) {
        return answer;
      }
      turnAway();
    }
  }

  /** Sealed, not initialized, or a standby that does not serve this: it has done nothing yet. */
  private static boolean isOutOfService(int status) {
    return status == 503 || status == 501 || status == 472 || status == 473;
  }

  private void turnAway() {
    dialer.turnAway();
    closeIdle();
  }

  /** A standby that does not forward says where the active one is; never from TLS to none. */
  private static Optional<URI> redirection(URI asked, HttpConnection.Answer answer) {
    if (answer.status() != 307 && answer.status() != 308) {
      return Optional.empty();
    }
    return answer
        .headers()
        .firstValue("location")
        .map(
            location -> {
              try {
                return asked.resolve(location);
              } catch (IllegalArgumentException e) {
                return asked;
              }
            })
        .filter(to -> to.getHost() != null && asked.getScheme().equals(to.getScheme()))
        .filter(to -> !to.equals(asked));
  }

  /** One hop: two standbys that point at each other must not keep us busy. */
  private HttpConnection.Answer redirected(HttpRequest request, URI to, byte[] body, long deadline)
      throws IOException {
    try (HttpConnection connection = new HttpConnection(dialer.dial(to, deadline))) {
      return remembering(connection.exchange(request, to, indexHeader(), body, deadline));
    }
  }

  private HttpConnection.Answer exchange(HttpRequest request, byte[] body, long deadline)
      throws IOException {
    // The server may have closed an idle connection: that shows only when it is used. What may be
    // sent once more goes there; a login never does, since it may use up what it shows.
    boolean repeatable =
        request.method().equals("GET") || REPEATABLE.contains(request.uri().getPath());
    HttpConnection reused = repeatable ? takeIdle() : null;
    if (reused != null) {
      try {
        return exchange(reused, request, body, deadline);
      } catch (HttpConnection.NoAnswerException e) {
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
    }
    return exchange(new HttpConnection(dialer.dial(deadline)), request, body, deadline);
  }

  private HttpConnection.Answer exchange(
      HttpConnection connection, HttpRequest request, byte[] body, long deadline)
      throws IOException {
    boolean done = false;
    try {
      HttpConnection.Answer answer =
          connection.exchange(request, request.uri(), indexHeader(), body, deadline);
      done = true;
      return remembering(answer);
    } finally {
      if (done && connection.reusable()) {
        giveBack(connection);
      } else {
        connection.close();
      }
    }
  }

  /**
   * A server with performance standbys says with each write which state it left; shown to another,
   * that one answers 412 until it has it:
   * developer.hashicorp.com/vault/docs/enterprise/consistency.
   */
  private String indexHeader() {
    String last = index;
    return last.isEmpty() ? "" : "X-Vault-Index: " + last + "\r\n";
  }

  private HttpConnection.Answer remembering(HttpConnection.Answer answer) {
    Optional<String> next = answer.headers().firstValue("x-vault-index");
    if (next.isPresent() && next.get().chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      index = next.get();
    }
    return answer;
  }

  /** Seconds; the other form, a date (RFC 9110, 10.2.3), no such server sends. */
  private static Duration retryAfter(HttpHeaders headers) {
    Duration asked = THROTTLED;
    try {
      asked = Duration.ofSeconds(Long.parseLong(headers.firstValue("retry-after").orElse("1")));
    } catch (NumberFormatException e) {
      // As if it said nothing.
    }
    if (asked.compareTo(THROTTLED) < 0) {
      return THROTTLED;
    }
    return asked.compareTo(MOST_THROTTLED) > 0 ? MOST_THROTTLED : asked;
  }

  private synchronized @Nullable HttpConnection takeIdle() {
    HttpConnection connection;
    while ((connection = idle.poll()) != null && connection.isOld()) {
      connection.close();
    }
    return connection;
  }

  private synchronized void giveBack(HttpConnection connection) {
    if (closed) {
      connection.close();
    } else {
      idle.push(connection);
    }
  }

  private synchronized void closeIdle() {
    idle.forEach(HttpConnection::close);
    idle.clear();
  }

  @Override
  public synchronized void close() {
    closed = true;
    closeIdle();
  }

  private static byte[] collect(HttpRequest.BodyPublisher publisher) {
    byte[] body = new byte[(int) Math.max(0, publisher.contentLength())];
    publisher.subscribe(new Collector(ByteBuffer.wrap(body)));
    return body;
  }

  /** Takes the driver's bodies, which are byte arrays, as they come: in this thread, at once. */
  private record Collector(ByteBuffer into) implements Flow.Subscriber<ByteBuffer> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(ByteBuffer part) {
      into.put(part);
    }

    @Override
    public void onError(Throwable failure) {
      throw new IllegalStateException(failure);
    }

    @Override
    public void onComplete() {}
  }

  private record NoDemand() implements Flow.Subscription {
    @Override
    public void request(long n) {}

    @Override
    public void cancel() {}
  }

  private record Head(int statusCode, HttpHeaders headers) implements HttpResponse.ResponseInfo {
    @Override
    public Version version() {
      return Version.HTTP_1_1;
    }
  }

  private record Response<T>(int statusCode, HttpHeaders headers, T body, HttpRequest request)
      implements HttpResponse<T> {
    @Override
    public Optional<HttpResponse<T>> previousResponse() {
      return Optional.empty();
    }

    @Override
    public Optional<SSLSession> sslSession() {
      return Optional.empty();
    }

    @Override
    public URI uri() {
      return request.uri();
    }

    @Override
    public Version version() {
      return Version.HTTP_1_1;
    }

    @Override
    public String toString() {
      return "HTTP " + statusCode;
    }
  }

  @Override
  public Optional<CookieHandler> cookieHandler() {
    return Optional.empty();
  }

  @Override
  public Optional<Duration> connectTimeout() {
    return Optional.of(timeout);
  }

  @Override
  public Redirect followRedirects() {
    return Redirect.NEVER;
  }

  @Override
  public Optional<ProxySelector> proxy() {
    return Optional.empty();
  }

  @Override
  public SSLContext sslContext() {
    throw new UnsupportedOperationException("TLS belongs to the dialer");
  }

  @Override
  public SSLParameters sslParameters() {
    throw new UnsupportedOperationException("TLS belongs to the dialer");
  }

  @Override
  public Optional<Authenticator> authenticator() {
    return Optional.empty();
  }

  @Override
  public Version version() {
    return Version.HTTP_1_1;
  }

  @Override
  public Optional<Executor> executor() {
    return Optional.empty();
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request, HttpResponse.BodyHandler<T> handler) {
    throw new UnsupportedOperationException("this client blocks");
  }

  @Override
  public <T> CompletableFuture<HttpResponse<T>> sendAsync(
      HttpRequest request,
      HttpResponse.BodyHandler<T> handler,
      HttpResponse.@Nullable PushPromiseHandler<T> pushPromiseHandler) {
    throw new UnsupportedOperationException("this client blocks");
  }
}
