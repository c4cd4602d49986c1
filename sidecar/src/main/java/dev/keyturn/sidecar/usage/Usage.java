package dev.keyturn.sidecar.usage;

import dev.keyturn.sidecar.audit.AuditLog;
import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Sample;
import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import dev.keyturn.sidecar.text.Json;
import dev.keyturn.sidecar.text.SecretText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tells the version of a secret at its source from that in the files and from that in use. Safe for
 * use by several threads.
 */
public final class Usage {
  private static final Duration LOOK = Duration.ofSeconds(5);

  /** Of one page: what a scraper takes in its stride. */
  static final int MAX_IN_USE = 1000;

  /** Of one look, so that no process can fill the log; what is left over comes with the next. */
  static final int MAX_LINES = 16;

  private final List<String> secrets;
  private final Map<String, PublishedVersions> mounts = new LinkedHashMap<>();
  private final Optional<Acknowledgements> acknowledgements;
  private final AuditLog audit;
  private final Metrics metrics;
  private final InstantSource clock;

  /** Per process and secret, the version that was told of. */
  private Map<String, String> told = Map.of();

  private volatile List<Acknowledgement> current = List.of();

  /**
   * @param secrets their names, in the order of the plan
   * @param mounts where they are published
   * @param acknowledgements where processes say what they use; empty where none does
   */
  public Usage(
      Collection<String> secrets,
      Collection<Path> mounts,
      Optional<Path> acknowledgements,
      AuditLog audit,
      Metrics metrics,
      InstantSource clock) {
    this.secrets = List.copyOf(secrets);
    mounts.forEach(mount -> this.mounts.put(mount.toString(), new PublishedVersions(mount)));
    this.acknowledgements =
        acknowledgements.map(directory -> new Acknowledgements(directory, secrets));
    this.audit = audit;
    this.metrics = metrics;
    this.clock = clock;
  }

  /** Looks every 5 s what processes use, until the thread is interrupted. */
  public void watch() {
    try {
      while (acknowledgements.isPresent()) {
        look();
        Thread.sleep(LOOK);
      }
    } catch (InterruptedException e) {
      // The way to stop.
    }
  }

  synchronized void look() {
    List<Acknowledgement> now =
        acknowledgements.map(them -> them.read(clock.instant())).orElse(List.of());
    Map<String, String> toldNow = new HashMap<>();
    int lines = 0;
    for (Acknowledgement process : now) {
      for (var used : process.inUse().entrySet()) {
        String secret = used.getKey();
        String version = used.getValue();
        String key = process.container() + " " + process.process() + " " + secret;
        String before = told.get(key);
        // A version that is not there is no news: at most one line for each that is published.
        if (!version.equals(before) && lines < MAX_LINES && isPublished(secret, version)) {
          audit.acknowledged(secret, version, process.container(), process.process());
          lines++;
          before = version;
        }
        if (before != null) {
          toldNow.put(key, before);
        }
      }
    }
    told = toldNow;
    current = now;
  }

  /** Writes what was told of, so that it is told once. */
  public synchronized void save(StateWriter out) {
    out.map(told, StateWriter::text);
  }

  /** Knows what was told of, and looks what there is by now. */
  public synchronized void restore(StateReader in) {
    told = in.map(StateReader::text);
    look();
  }

  private boolean isPublished(String secret, String version) {
    return mounts.values().stream().anyMatch(mount -> version.equals(mount.current().get(secret)));
  }

  /** What the metrics say of files and processes. */
  public List<Sample> samples() {
    List<Sample> samples = new ArrayList<>();
    mounts.forEach(
        (mount, versions) ->
            versions
                .current()
                .forEach(
                    (secret, version) ->
                        samples.add(
                            new Sample(
                                Metrics.FILE_VERSION,
                                List.of("secret", secret, "mount", mount, "version", version),
                                1))));
    int room = MAX_IN_USE;
    for (Acknowledgement process : current) {
      List<String> labels =
          List.of("container", process.container(), "process", "" + process.process());
      samples.add(new Sample(Metrics.PROCESS_FAILURES, labels, process.failures()));
      samples.add(new Sample(Metrics.PROCESS_LEAKS_BLOCKED, labels, process.leaksBlocked()));
      for (var used : process.inUse().entrySet()) {
        if (room-- > 0) {
          List<String> more = new ArrayList<>(List.of("secret", used.getKey()));
          more.addAll(labels);
          more.addAll(List.of("version", used.getValue()));
          samples.add(new Sample(Metrics.IN_USE_VERSION, more, 1));
        }
      }
    }
    return samples;
  }

  /** The page that tells all versions of each secret, as JSON. */
  public String page() {
    Map<String, String> sources = metrics.sourceVersions();
    SecretText json = new SecretText();
    json.append("{\"secrets\":[");
    String separator = "";
    for (String secret : secrets) {
      json.append(separator).append("{");
      field(json, "secret", secret);
      field(json.append(','), "source", sources.getOrDefault(secret, ""));
      json.append(",\"files\":[");
      String between = "";
      for (var mount : mounts.entrySet()) {
        String version = mount.getValue().current().get(secret);
        if (version != null) {
          json.append(between).append('{');
          field(json, "mount", mount.getKey());
          field(json.append(','), "version", version);
          json.append('}');
          between = ",";
        }
      }
      json.append("],\"processes\":[");
      between = "";
      for (Acknowledgement process : current) {
        if (process.loaded().containsKey(secret) || process.inUse().containsKey(secret)) {
          json.append(between).append('{');
          field(json, "container", process.container());
          json.append(",\"process\":").append(Integer.toString(process.process())).append(',');
          field(json, "loaded", process.loaded().getOrDefault(secret, ""));
          field(json.append(','), "inUse", process.inUse().getOrDefault(secret, ""));
          json.append('}');
          between = ",";
        }
      }
      json.append("]}");
      separator = ",\n";
    }
    json.append("]}\n");
    return new String(json.toUtf8(), StandardCharsets.UTF_8);
  }

  private static void field(SecretText json, String name, String value) {
    Json.quote(name, json);
    Json.quote(value, json.append(':'));
  }
}
