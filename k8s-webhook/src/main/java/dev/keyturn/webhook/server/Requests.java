package dev.keyturn.webhook.server;

import dev.keyturn.webhook.admission.Admission;
import dev.keyturn.webhook.admission.AdmissionReview;
import dev.keyturn.webhook.admission.MalformedReviewException;
import dev.keyturn.webhook.admission.Pod;
import dev.keyturn.webhook.log.Log;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.IntSupplier;
import java.util.function.Supplier;

/** What each request is answered with. Any thread. */
final class Requests {
  private static final String MUTATE = "/mutate";

  private final Function<Pod, Admission> injector;
  private final Metrics metrics;
  private final Supplier<Instant> certificateNotAfter;
  private final IntSupplier connections;
  private final Log log;
  private volatile boolean draining;

  Requests(
      Function<Pod, Admission> injector,
      Metrics metrics,
      Supplier<Instant> certificateNotAfter,
      IntSupplier connections,
      Log log) {
    this.injector = injector;
    this.metrics = metrics;
    this.certificateNotAfter = certificateNotAfter;
    this.connections = connections;
    this.log = log;
  }

  void drain() {
    draining = true;
  }

  boolean isDraining() {
    return draining;
  }

  void tooSlow() {
    metrics.count("refused", "slow");
  }

  void unread() {
    metrics.count("refused", "unread");
  }

  void evicted() {
    metrics.count("refused", "connections");
  }

  FullHttpResponse malformed(String why) {
    return refuse(HttpResponseStatus.BAD_REQUEST, "http", why);
  }

  /** There is more to do than can be done in time. */
  FullHttpResponse overloaded() {
    FullHttpResponse response =
        refuse(
            HttpResponseStatus.TOO_MANY_REQUESTS,
            "overload",
            "too many reviews at a time: add replicas of the webhook if this stays");
    // The API server's client comes again after it (client-go, rest/with_retry.go).
    response.headers().set(HttpHeaderNames.RETRY_AFTER, "1");
    return response;
  }

  FullHttpResponse tooLarge() {
    FullHttpResponse response =
        refuse(
            HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE,
            "size",
            "the body is larger than any object that an API server takes");
    HttpUtil.setContentLength(response, response.content().readableBytes());
    HttpUtil.setKeepAlive(response, false);
    return response;
  }

  /**
   * @param trusted whether the client may ask for reviews
   * @param late whether the request has waited too long; probes are answered all the same
   */
  FullHttpResponse answer(FullHttpRequest request, boolean trusted, boolean late) {
    String uri = request.uri();
    int query = uri.indexOf('?'); // the API server adds its time-out
    String path = query < 0 ? uri : uri.substring(0, query);
    boolean get = request.method().equals(HttpMethod.GET);
    return switch (path) {
      case MUTATE ->
          request.method().equals(HttpMethod.POST)
              ? mutate(request, trusted, late)
              : wrongMethod("POST");
      case "/healthz" -> get ? text(HttpResponseStatus.OK, "ok\n") : wrongMethod("GET");
      case "/readyz" -> get ? ready() : wrongMethod("GET");
      case "/metrics" -> get ? metrics() : wrongMethod("GET");
      default ->
          refuse(
              HttpResponseStatus.NOT_FOUND,
              "path",
              "no such path: there are /mutate, /healthz, /readyz and /metrics");
    };
  }

  private FullHttpResponse mutate(FullHttpRequest request, boolean trusted, boolean late) {
    if (!trusted) {
      return refuse(
          HttpResponseStatus.FORBIDDEN,
          "client",
          "reviews are for the API server, which shows its client certificate"
              + " (KEYTURN_CLIENT_CA, KEYTURN_CLIENT_SUBJECT)");
    }
    if (late) {
      return overloaded();
    }
    CharSequence type = HttpUtil.getMimeType(request);
    if (type == null || !type.toString().toLowerCase(Locale.ROOT).equals("application/json")) {
      return refuse(
          HttpResponseStatus.UNSUPPORTED_MEDIA_TYPE,
          "content-type",
          "send an AdmissionReview as application/json");
    }
    long start = System.nanoTime();
    try {
      AdmissionReview review = AdmissionReview.read(new ByteBufInputStream(request.content()));
      Admission admission = review.pod().map(injector).orElseGet(() -> new Admission.Unchanged());
      byte[] answer = review.answer(admission);
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      note(review, admission, took);
      return json(answer);
    } catch (MalformedReviewException e) {
      log.warning("review-refused").with(e).write();
      return refuse(HttpResponseStatus.BAD_REQUEST, "review", String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A defect of ours. The pod is refused (failurePolicy Fail); the reason stays in the log.
      log.warning("review-failed").with("type", e.getClass().getName()).with(e).write();
      metrics.count("failed", "defect");
      return text(
          HttpResponseStatus.INTERNAL_SERVER_ERROR,
          "the webhook failed on this review; its log says how\n");
    }
  }

  private void note(AdmissionReview review, Admission admission, Duration took) {
    metrics.took(took);
    String outcome;
    String reason = "";
    switch (admission) {
      case Admission.Unchanged _ -> {
        metrics.count("unchanged", "");
        return; // nobody asked for anything
      }
      case Admission.Patched _ -> {
        outcome = "patched";
        metrics.count(outcome, "");
      }
      case Admission.Denied denied -> {
        outcome = "denied";
        reason = denied.reason().name().toLowerCase(Locale.ROOT);
        metrics.count(outcome, reason);
      }
    }
    Pod pod = review.pod().orElseThrow();
    metrics.count(pod.namespace(), outcome, reason);
    Log.Line line = log.info("admission").with("outcome", outcome).with("uid", review.uid());
    line.with("namespace", pod.namespace()).with("pod", pod.name());
    switch (admission) {
      case Admission.Patched patched when !patched.warnings().isEmpty() ->
          line.with("warnings", String.join("; ", patched.warnings()));
      case Admission.Denied denied -> line.with("problems", denied.message());
      case Admission.Patched _, Admission.Unchanged _ -> {}
    }
    line.with("seconds", took.toNanos() / 1e9).write();
  }

  private FullHttpResponse ready() {
    return draining
        ? text(HttpResponseStatus.SERVICE_UNAVAILABLE, "shutting down\n")
        : text(HttpResponseStatus.OK, "ok\n");
  }

  private FullHttpResponse metrics() {
    FullHttpResponse response =
        text(
            HttpResponseStatus.OK, metrics.text(certificateNotAfter.get(), connections.getAsInt()));
    response
        .headers()
        .set(HttpHeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    return response;
  }

  private FullHttpResponse wrongMethod(String allowed) {
    FullHttpResponse response =
        refuse(HttpResponseStatus.METHOD_NOT_ALLOWED, "method", "use " + allowed);
    response.headers().set(HttpHeaderNames.ALLOW, allowed);
    return response;
  }

  private FullHttpResponse refuse(HttpResponseStatus status, String reason, String message) {
    metrics.count("refused", reason);
    return text(status, message + "\n");
  }

  private static FullHttpResponse text(HttpResponseStatus status, String text) {
    return response(status, "text/plain; charset=utf-8", text.getBytes(StandardCharsets.UTF_8));
  }

  private static FullHttpResponse json(byte[] body) {
    return response(HttpResponseStatus.OK, "application/json", body);
  }

  private static FullHttpResponse response(HttpResponseStatus status, String type, byte[] body) {
    var response =
        new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(body));
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    return response;
  }
}
