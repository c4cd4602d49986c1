package dev.keyturn.sidecar.metrics;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Counters and gauges, as Prometheus' text format 0.0.4 has them. By hand: they are a dozen, and
 * the client library's classes would all stay in memory. Safe for use by several threads.
 */
public final class Metrics {
  /** What happened to a fetch, a login or a publication. */
  public enum Outcome {
    CHANGED,
    UNCHANGED,
    OK,
    FAILED,
    /** The server was asked and answered that it can't or won't. */
    REFUSED,
    /** The server was not asked, since it is known to be down. */
    HELD
  }

  /**
   * A metric, for its HELP and TYPE lines and for {@code docs/sidecar.md}.
   *
   * @param type {@code counter} or {@code gauge}
   */
  public record Metric(String name, String type, String help) {}

  /**
   * A line of a metric that is known elsewhere.
   *
   * @param labels each name with its value, which is escaped here
   */
  public record Sample(Metric metric, List<String> labels, long value) {}

  private static final Metric BUILD =
      new Metric("keyturn_build_info", "gauge", "1, with the version as a label.");
  private static final Metric READY =
      new Metric("keyturn_ready", "gauge", "1 when every required secret is published.");
  private static final Metric LOGINS =
      new Metric("keyturn_logins_total", "counter", "Logins, by outcome: ok or failed.");
  private static final Metric RENEWALS =
      new Metric(
          "keyturn_renewals_total",
          "counter",
          "Renewals of leases, by reference (none: the token) and outcome: ok, refused or failed.");
  private static final Metric SERVER_UP =
      new Metric(
          "keyturn_server_up",
          "gauge",
          "1 while the server answers, 0 while it is held to be down; absent before it was asked.");
  private static final Metric REQUESTS =
      new Metric(
          "keyturn_server_requests_total",
          "counter",
          "Requests to the server, by outcome: ok, refused (a status of 400 or more), failed (no"
              + " answer, or one that says it is down), or held (not sent, since it is down).");
  private static final Metric FETCHES =
      new Metric(
          "keyturn_fetches_total",
          "counter",
          "Looks at a secret and fetches of it, by outcome: changed, unchanged or failed.");
  private static final Metric FETCH_SECONDS =
      new Metric(
          "keyturn_fetch_seconds_total", "counter", "Time that the fetches of a secret took.");
  private static final Metric PUBLISHES =
      new Metric(
          "keyturn_publishes_total",
          "counter",
          "Publications, by mount and outcome: changed, unchanged or failed.");
  private static final Metric ON_CHANGE =
      new Metric(
          "keyturn_on_change_total",
          "counter",
          "Actions after a change, by secret, action (signal, http or command) and outcome: ok or"
              + " failed.");
  private static final Metric STALE =
      new Metric(
          "keyturn_secret_stale",
          "gauge",
          "1 while it is stale: the last look at it, or its publication, failed.");
  private static final Metric STATE =
      new Metric(
          "keyturn_secret_state",
          "gauge",
          "1 for the state in which the secret is: waiting, fresh, stale or recovering.");
  private static final Metric FALLBACK =
      new Metric(
          "keyturn_secret_fallback",
          "gauge",
          "Which of its references serves a secret that has several: 0 for the first.");
  private static final Metric EXPIRES =
      new Metric(
          "keyturn_secret_expires_timestamp_seconds",
          "gauge",
          "When the lease or certificate that is published ends; absent without one.");
  private static final Metric CHECKED =
      new Metric(
          "keyturn_secret_last_success_timestamp_seconds",
          "gauge",
          "When the source last said that what is published is current.");
  private static final Metric CHANGED =
      new Metric(
          "keyturn_secret_changed_timestamp_seconds",
          "gauge",
          "When what is published was first fetched.");

  private static final Metric SOURCE_VERSION =
      new Metric(
          "keyturn_secret_source_version_info",
          "gauge",
          "1, with the version that was fetched last as a label.");

  /** Of files. */
  public static final Metric FILE_VERSION =
      new Metric(
          "keyturn_secret_file_version_info",
          "gauge",
          "1, by mount, with the version that is published there as a label.");

  /** Of processes with the Java agent. */
  public static final Metric IN_USE_VERSION =
      new Metric(
          "keyturn_secret_in_use_version_info",
          "gauge",
          "1, by container and process with the Java agent, with the version that it used last as a"
              + " label; absent before it used one.");

  /** Of processes with the Java agent. */
  public static final Metric PROCESS_FAILURES =
      new Metric(
          "keyturn_process_failures_total",
          "counter",
          "Failures of the Java agent that it kept from its application, by container and process.");

  /** Of processes with the Java agent. */
  public static final Metric PROCESS_LEAKS_BLOCKED =
      new Metric(
          "keyturn_process_leaks_blocked_total",
          "counter",
          "Values that the Java agent kept out of a log or a child process, by container and"
              + " process.");

  /** All of them, in the order of the output. */
  public static final List<Metric> ALL =
      List.of(
          BUILD,
          READY,
          LOGINS,
          RENEWALS,
          SERVER_UP,
          REQUESTS,
          FETCHES,
          FETCH_SECONDS,
          PUBLISHES,
          ON_CHANGE,
          STATE,
          STALE,
          FALLBACK,
          EXPIRES,
          CHECKED,
          CHANGED,
          SOURCE_VERSION,
          FILE_VERSION,
          IN_USE_VERSION,
          PROCESS_FAILURES,
          PROCESS_LEAKS_BLOCKED);

  private final Map<Outcome, Long> logins = new TreeMap<>();
  private final Map<String, Map<Outcome, Long>> renewals = new TreeMap<>();
  private final Map<Outcome, Long> requests = new TreeMap<>();
  private OptionalInt serverUp = OptionalInt.empty();
  private final Map<String, Secret> secrets = new LinkedHashMap<>();
  private final Map<String, Integer> fallbacks = new LinkedHashMap<>();
  private final Map<String, Map<Outcome, Long>> mounts = new LinkedHashMap<>();

  private static final class Secret {
    final Map<Outcome, Long> fetches = new TreeMap<>();
    final Map<String, Long> onChange = new TreeMap<>();
    long nanos;
    String state = "waiting";
    long expiresMillis;
    long checkedMillis;
    long changedMillis;
    String sourceVersion = "";
  }

  /** So that counters go on where they were. */
  public synchronized void save(StateWriter out) {
    save(out, logins);
    out.map(renewals, Metrics::save);
    save(out, requests);
    out.number(serverUp.orElse(-1));
    out.map(
        secrets,
        (it, secret) -> {
          save(it, secret.fetches);
          it.map(secret.onChange, StateWriter::number).number(secret.nanos).text(secret.state);
          it.number(secret.expiresMillis).number(secret.checkedMillis).number(secret.changedMillis);
          it.text(secret.sourceVersion);
        });
    out.map(fallbacks, (it, place) -> it.number(place));
    out.map(mounts, Metrics::save);
  }

  private static void save(StateWriter out, Map<Outcome, Long> counts) {
    out.list(
        counts.entrySet(), (it, count) -> it.constant(count.getKey()).number(count.getValue()));
  }

  /** Counts on. */
  public synchronized void restore(StateReader in) {
    logins.putAll(counts(in));
    renewals.putAll(in.map(Metrics::counts));
    requests.putAll(counts(in));
    int up = (int) in.number();
    serverUp = up < 0 ? OptionalInt.empty() : OptionalInt.of(up);
    secrets.putAll(
        in.map(
            it -> {
              Secret secret = new Secret();
              secret.fetches.putAll(counts(it));
              secret.onChange.putAll(it.map(StateReader::number));
              secret.nanos = it.number();
              secret.state = it.text();
              secret.expiresMillis = it.number();
              secret.checkedMillis = it.number();
              secret.changedMillis = it.number();
              secret.sourceVersion = it.text();
              return secret;
            }));
    fallbacks.putAll(in.map(it -> (int) it.number()));
    mounts.putAll(in.map(Metrics::counts));
  }

  private static Map<Outcome, Long> counts(StateReader in) {
    Map<Outcome, Long> counts = new TreeMap<>();
    in.list(it -> counts.put(it.constant(Outcome.class), it.number()));
    return counts;
  }

  /** A login ended. */
  public synchronized void login(boolean ok) {
    logins.merge(ok ? Outcome.OK : Outcome.FAILED, 1L, Long::sum);
  }

  /**
   * A renewal ended.
   *
   * @param what a reference; empty for the token
   * @param outcome one of ok, refused and failed
   */
  public synchronized void renewal(String what, Outcome outcome) {
    renewals.computeIfAbsent(what, name -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
  }

  /**
   * A request to the server ended, or was not sent.
   *
   * @param outcome one of ok, refused, failed and held
   */
  public synchronized void request(Outcome outcome) {
    requests.merge(outcome, 1L, Long::sum);
    if (serverUp.isEmpty() && (outcome == Outcome.OK || outcome == Outcome.REFUSED)) {
      serverUp = OptionalInt.of(1);
    }
  }

  /** Whether the server answers. */
  public synchronized void server(boolean up) {
    serverUp = OptionalInt.of(up ? 1 : 0);
  }

  /** A secret is in another state now. */
  public synchronized void state(String secret, String state) {
    secrets.computeIfAbsent(secret, name -> new Secret()).state = state;
  }

  /** A version was read. */
  public synchronized void fetched(String secret, String version) {
    secrets.computeIfAbsent(secret, name -> new Secret()).sourceVersion = version;
  }

  /** The version of each secret that was fetched last; empty before the first. */
  public synchronized Map<String, String> sourceVersions() {
    Map<String, String> versions = new LinkedHashMap<>();
    secrets.forEach((name, secret) -> versions.put(name, secret.sourceVersion));
    return versions;
  }

  /**
   * Which reference serves a secret.
   *
   * @param place 0 for the first
   */
  public synchronized void fallback(String secret, int place) {
    fallbacks.put(secret, place);
  }

  /** When what was fetched last ends; empty for never. */
  public synchronized void expires(String secret, Optional<Instant> end) {
    secrets.computeIfAbsent(secret, name -> new Secret()).expiresMillis =
        end.isEmpty() ? 0 : end.get().toEpochMilli();
  }

  /**
   * A fetch or look ended.
   *
   * @param outcome one of changed, unchanged and failed
   */
  public synchronized void fetch(String secret, Outcome outcome, Duration took, Instant now) {
    Secret entry = secrets.computeIfAbsent(secret, name -> new Secret());
    entry.fetches.merge(outcome, 1L, Long::sum);
    entry.nanos += took.toNanos();
    if (outcome != Outcome.FAILED) {
      entry.checkedMillis = now.toEpochMilli();
    }
    if (outcome == Outcome.CHANGED) {
      entry.changedMillis = now.toEpochMilli();
    }
  }

  /**
   * A publication ended.
   *
   * @param outcome one of changed, unchanged and failed
   */
  public synchronized void publish(String mount, Outcome outcome) {
    mounts.computeIfAbsent(mount, name -> new TreeMap<>()).merge(outcome, 1L, Long::sum);
  }

  /**
   * An action after a change ended, with all its tries.
   *
   * @param action its kind
   * @param outcome one of ok and failed
   */
  public synchronized void onChange(String secret, String action, Outcome outcome) {
    String labels =
        "action=\"%s\",outcome=\"%s\""
            .formatted(action, outcome.name().toLowerCase(java.util.Locale.ROOT));
    secrets.computeIfAbsent(secret, name -> new Secret()).onChange.merge(labels, 1L, Long::sum);
  }

  /**
   * The page that Prometheus scrapes.
   *
   * @param more samples of metrics that are known elsewhere
   */
  public synchronized String text(String version, boolean ready, List<Sample> more) {
    StringBuilder out = new StringBuilder(4096);
    head(out, BUILD);
    sample(out, BUILD, "version", version, "", 1);
    head(out, READY);
    out.append(READY.name()).append(' ').append(ready ? 1 : 0).append('\n');
    head(out, LOGINS);
    counts(out, LOGINS, "", "", logins);
    head(out, RENEWALS);
    renewals.forEach((name, counts) -> counts(out, RENEWALS, "reference", name, counts));
    head(out, SERVER_UP);
    if (serverUp.isPresent()) {
      out.append(SERVER_UP.name()).append(' ').append(serverUp.getAsInt()).append('\n');
    }
    head(out, REQUESTS);
    counts(out, REQUESTS, "", "", requests);
    head(out, FETCHES);
    secrets.forEach((name, secret) -> counts(out, FETCHES, "secret", name, secret.fetches));
    head(out, FETCH_SECONDS);
    secrets.forEach((name, it) -> sample(out, FETCH_SECONDS, "secret", name, "", it.nanos / 1e9));
    head(out, PUBLISHES);
    mounts.forEach((name, counts) -> counts(out, PUBLISHES, "mount", name, counts));
    head(out, ON_CHANGE);
    secrets.forEach(
        (name, secret) ->
            secret.onChange.forEach(
                (labels, count) -> sample(out, ON_CHANGE, "secret", name, labels, count)));
    head(out, STATE);
    secrets.forEach(
        (name, it) -> sample(out, STATE, "secret", name, "state=\"" + it.state + '"', 1));
    head(out, STALE);
    secrets.forEach(
        (name, it) -> sample(out, STALE, "secret", name, "", it.state.equals("stale") ? 1 : 0));
    head(out, FALLBACK);
    fallbacks.forEach((name, place) -> sample(out, FALLBACK, "secret", name, "", place));
    head(out, EXPIRES);
    secrets.forEach((name, it) -> time(out, EXPIRES, name, it.expiresMillis));
    head(out, CHECKED);
    secrets.forEach((name, it) -> time(out, CHECKED, name, it.checkedMillis));
    head(out, CHANGED);
    secrets.forEach((name, it) -> time(out, CHANGED, name, it.changedMillis));
    head(out, SOURCE_VERSION);
    secrets.forEach(
        (name, it) -> {
          if (!it.sourceVersion.isEmpty()) {
            sample(
                out,
                new Sample(
                    SOURCE_VERSION, List.of("secret", name, "version", it.sourceVersion), 1));
          }
        });
    for (Metric metric :
        List.of(FILE_VERSION, IN_USE_VERSION, PROCESS_FAILURES, PROCESS_LEAKS_BLOCKED)) {
      head(out, metric);
      for (Sample sample : more) {
        if (sample.metric().equals(metric)) {
          sample(out, sample);
        }
      }
    }
    return out.toString();
  }

  private static void head(StringBuilder out, Metric metric) {
    out.append("# HELP ").append(metric.name()).append(' ').append(metric.help()).append('\n');
    out.append("# TYPE ").append(metric.name()).append(' ').append(metric.type()).append('\n');
  }

  private static void counts(
      StringBuilder out, Metric metric, String label, String value, Map<Outcome, Long> counts) {
    counts.forEach(
        (outcome, count) ->
            sample(
                out,
                metric,
                label,
                value,
                "outcome=\"" + outcome.name().toLowerCase(java.util.Locale.ROOT) + '"',
                count));
  }

  private static void time(StringBuilder out, Metric metric, String secret, long millis) {
    if (millis > 0) {
      sample(out, metric, "secret", secret, "", millis / 1e3);
    }
  }

  private static String escaped(String value) {
    return value.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n");
  }

  private static void sample(StringBuilder out, Sample sample) {
    out.append(sample.metric().name());
    char before = '{';
    for (int i = 0; i < sample.labels().size(); i += 2) {
      out.append(before).append(sample.labels().get(i)).append("=\"");
      out.append(escaped(sample.labels().get(i + 1))).append('"');
      before = ',';
    }
    out.append("} ").append(sample.value()).append('\n');
  }

  private static void sample(
      StringBuilder out, Metric metric, String label, String value, String more, double number) {
    out.append(metric.name()).append('{');
    if (!label.isEmpty()) {
      out.append(label).append("=\"").append(escaped(value)).append('"');
      out.append(more.isEmpty() ? "" : ",");
    }
    out.append(more).append("} ");
    if (number == Math.rint(number) && Math.abs(number) < 1e15) {
      out.append((long) number);
    } else {
      out.append(number);
    }
    out.append('\n');
  }
}
