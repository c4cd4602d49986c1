package dev.keyturn.sidecar.vault;

import java.io.IOException;
import java.net.Authenticator;
import java.net.CookieHandler;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
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
  private final Dialer dialer;
  private final Duration timeout;
  private final Deque<HttpConnection> idle = new ArrayDeque<>();
  private boolean closed;

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
    HttpConnection.Answer answer = exchange(request, body, deadline);
    try {
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

  private HttpConnection.Answer exchange(HttpRequest request, byte[] body, long deadline)
      throws IOException {
    // The server may have closed an idle connection: that shows only when it is used. Reading once
    // more does no harm; a login is never sent twice, since it may use up what it shows.
    HttpConnection reused = request.method().equals("GET") ? takeIdle() : null;
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
      HttpConnection.Answer answer = connection.exchange(request, body, deadline);
      done = true;
      return answer;
    } finally {
      if (done && connection.reusable()) {
        giveBack(connection);
      } else {
        connection.close();
      }
    }
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

  @Override
  public synchronized void close() {
    closed = true;
    idle.forEach(HttpConnection::close);
    idle.clear();
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
    public java.net.URI uri() {
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
