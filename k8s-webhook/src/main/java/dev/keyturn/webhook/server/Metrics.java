package dev.keyturn.webhook.server;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Pattern;

/** What is counted, in Prometheus' text format 0.0.4. Any thread. */
final class Metrics {
  /**
   * Upper bounds in seconds: an answer takes well under a millisecond; the client gives up at 10 s.
   */
  private static final double[] BOUNDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5
  };

  private record Outcome(String outcome, String reason) implements Comparable<Outcome> {
    @Override
    public int compareTo(Outcome other) {
      int order = outcome.compareTo(other.outcome);
      return order != 0 ? order : reason.compareTo(other.reason);
    }
  }

  /** Namespaces with a row of their own; a large cluster has fewer that use secrets. */
  private static final int MOST_NAMESPACES = 500;

  /** A namespace's name (RFC 1123): anything else comes from no API server. */
  private static final Pattern NAMESPACE = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

  private final Map<String, Map<Outcome, LongAdder>> pods = new ConcurrentSkipListMap<>();
  private volatile Map<String, Integer> missed = Map.of();
  private final Map<Outcome, LongAdder> requests = new ConcurrentSkipListMap<>();
  private final LongAdder[] buckets = new LongAdder[BOUNDS.length + 1];
  private final LongAdder nanoseconds = new LongAdder();
  private final String version;

  Metrics(String version) {
    this.version = version;
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] = new LongAdder();
    }
    for (String outcome : new String[] {"unchanged", "patched"}) {
      requests.put(new Outcome(outcome, ""), new LongAdder());
    }
  }

  /**
   * Counts one review or one request that was none.
   *
   * @param outcome of a few that the code names
   * @param reason of a few that the code names; empty where there is nothing to explain
   */
  void count(String outcome, String reason) {
    requests.computeIfAbsent(new Outcome(outcome, reason), _ -> new LongAdder()).increment();
  }

  /** Counts a pod that asked for something. */
  void count(String namespace, String outcome, String reason) {
    boolean own =
        pods.containsKey(namespace)
            || (pods.size() < MOST_NAMESPACES && NAMESPACE.matcher(namespace).matches());
    pods.computeIfAbsent(own ? namespace : "", _ -> new ConcurrentSkipListMap<>())
        .computeIfAbsent(new Outcome(outcome, reason), _ -> new LongAdder())
        .increment();
  }

  /**
   * @param byNamespace pods that run without the secrets they ask for
   */
  void missed(Map<String, Integer> byNamespace) {
    missed = byNamespace;
  }

  /** Notes how long the answer to a review took, from its last byte in to its answer made. */
  void took(Duration duration) {
    double seconds = duration.toNanos() / 1e9;
    int bucket = 0;
    while (bucket < BOUNDS.length && seconds > BOUNDS[bucket]) {
      bucket++;
    }
    buckets[bucket].increment();
    nanoseconds.add(duration.toNanos());
  }

  /**
   * @param connections that are open
   */
  String text(Instant certificateNotAfter, int connections) {
    var text = new StringBuilder(2048);
    head(text, "requests_total", "counter", "Requests by outcome.");
    for (var entry : new TreeMap<>(requests).entrySet()) {
      Outcome key = entry.getKey();
      text.append("keyturn_webhook_requests_total{outcome=\"").append(key.outcome());
      text.append("\",reason=\"").append(key.reason()).append("\"} ");
      text.append(entry.getValue().sum()).append('\n');
    }
    head(text, "pods_total", "counter", "Pods that asked for something, by namespace.");
    for (var namespace : pods.entrySet()) {
      for (var entry : namespace.getValue().entrySet()) {
        text.append("keyturn_webhook_pods_total{namespace=\"").append(namespace.getKey());
        text.append("\",outcome=\"").append(entry.getKey().outcome());
        text.append("\",reason=\"").append(entry.getKey().reason()).append("\"} ");
        text.append(entry.getValue().sum()).append('\n');
      }
    }
    head(text, "missed_pods", "gauge", "Pods that run without the secrets they ask for.");
    for (var entry : missed.entrySet()) {
      text.append("keyturn_webhook_missed_pods{namespace=\"").append(entry.getKey());
      text.append("\"} ").append(entry.getValue()).append('\n');
    }
    head(text, "connections", "gauge", "Connections that are open.");
    text.append("keyturn_webhook_connections ").append(connections).append('\n');
    head(text, "request_duration_seconds", "histogram", "Time to answer a review.");
    long count = 0;
    for (int i = 0; i < buckets.length; i++) {
      count += buckets[i].sum();
      String bound = i < BOUNDS.length ? Double.toString(BOUNDS[i]) : "+Inf";
      text.append("keyturn_webhook_request_duration_seconds_bucket{le=\"");
      text.append(bound).append("\"} ").append(count).append('\n');
    }
    text.append("keyturn_webhook_request_duration_seconds_sum ");
    text.append(String.format(Locale.ROOT, "%.9f", nanoseconds.sum() / 1e9)).append('\n');
    text.append("keyturn_webhook_request_duration_seconds_count ").append(count).append('\n');
    head(text, "certificate_not_after_timestamp_seconds", "gauge", "When the certificate expires.");
    text.append("keyturn_webhook_certificate_not_after_timestamp_seconds ");
    text.append(certificateNotAfter.getEpochSecond()).append('\n');
    head(text, "build_info", "gauge", "Which build this is.");
    text.append("keyturn_webhook_build_info{version=\"").append(version).append("\"} 1\n");
    return text.toString();
  }

  private static void head(StringBuilder text, String name, String type, String help) {
    text.append("# HELP keyturn_webhook_").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE keyturn_webhook_").append(name).append(' ').append(type).append('\n');
  }
}
