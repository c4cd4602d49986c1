package dev.keyturn.sidecar.vault;

import dev.keyturn.sidecar.rotation.Backoff;
import dev.keyturn.sidecar.vault.Fleet.Counts;
import dev.keyturn.sidecar.vault.Fleet.Settings;
import dev.keyturn.sidecar.vault.Fleet.Times;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Behind {@code bench/simulation}: what large fleets ask of one server, as a table and as rows.
 * Arguments: {@code [--pods N,N] [--alternatives] [--json FILE]}.
 */
final class FleetSimulation {
  private static final int[] SEEDS = {1, 2, 3};
  private static final int SECRETS = 3;

  /** Assumed for the kubelet's part and the sidecar's own look; {@code bin/e2e hint} measures. */
  static final Duration HEARD = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofSeconds(10);
  private static final Duration SLOW = Duration.ofHours(1);

  /** At which {@code SECRETS} of each pod ask for 3,000 looks a second, whatever the fleet. */
  private static final int PODS_PER_SECOND_OF_REFRESH = 1000;

  /** What a server answers in a second that is not far from its end with that. */
  private static final int CAPACITY = 5000;

  private final Map<String, double[]> rows = new LinkedHashMap<>();

  private FleetSimulation() {}

  public static void main(String[] args) throws IOException {
    List<String> arguments = Arrays.asList(args);
    FleetSimulation simulation = new FleetSimulation();
    int pods = arguments.indexOf("--pods");
    String sizes = pods < 0 ? "10000,100000" : arguments.get(pods + 1);
    for (String size : sizes.split(",", -1)) {
      if (arguments.contains("--alternatives")) {
        simulation.alternatives(Integer.parseInt(size));
      } else {
        simulation.scenarios(Integer.parseInt(size));
      }
    }
    int json = arguments.indexOf("--json");
    if (json >= 0) {
      simulation.writeJson(Path.of(arguments.get(json + 1)));
    }
  }

  /** What came of one run. */
  record Outcome(Counts requests, Counts logins, Times seen) {}

  private interface Scenario {
    Outcome run(long seed);
  }

  private void scenarios(int pods) {
    head();
    show(pods, "at rest, refresh 10 s", seed -> rest(pods, POLL, seed));
    show(pods, "at rest, refresh 1 h", seed -> rest(pods, SLOW, seed));
    show(pods, "a tenth starts within 10 s", seed -> drain(pods, seed));
    show(pods, "server away for 30 s", seed -> restart(pods, 0, false, Backoff::pause, seed));
    show(pods, "away, logins lost", seed -> restart(pods, 0, true, Backoff::pause, seed));
    show(
        pods,
        "away, logins lost, 5,000/s at most",
        seed -> restart(pods, CAPACITY, true, Backoff::pause, seed));
    show(pods, "a hint to all", seed -> poke(pods, "7", seed));
    show(
        pods,
        "a hint, within " + pods / 500 + " s",
        seed -> poke(pods, "7 within " + pods / 500 + "s", seed));
  }

  private void alternatives(int pods) {
    head();
    for (int base : new int[] {100, 500, 2000}) {
      for (int cap : new int[] {10, 30, 60}) {
        Gate.Pauses full =
            (failures, random) ->
                Duration.ofMillis(
                    random.nextLong(
                        50, Math.min(cap * 1000L, (long) base << Math.min(failures - 1, 20)) + 1));
        String name = "away, pauses of %d ms to %d s".formatted(base, cap);
        show(pods, name, seed -> restart(pods, CAPACITY, true, full, seed));
      }
    }
    Gate.Pauses none =
        (failures, _) -> Duration.ofMillis(Math.min(30_000L, 500L << Math.min(failures - 1, 20)));
    show(pods, "away, no jitter", seed -> restart(pods, CAPACITY, true, none, seed));
    Gate.Pauses half =
        (failures, random) -> {
          long most = Math.min(30_000L, 500L << Math.min(failures - 1, 20));
          return Duration.ofMillis(most / 2 + random.nextLong(most / 2 + 1));
        };
    show(pods, "away, half jitter", seed -> restart(pods, CAPACITY, true, half, seed));
    for (int spread : new int[] {0, 1, 5, 10, 30}) {
      String hint = "7 within " + spread + "s";
      show(pods, "a hint, within " + spread + " s", seed -> poke(pods, hint, seed));
    }
  }

  private static Fleet fleet(
      int pods, Duration refresh, Gate.Pauses pauses, int capacity, long seed) {
    Fleet fleet = new Fleet(new Settings(pods, SECRETS, refresh, pauses, capacity, seed));
    fleet.startedLongAgo();
    fleet.pass(refresh.compareTo(SLOW) < 0 ? refresh : Duration.ofSeconds(1));
    fleet.count();
    return fleet;
  }

  private static Duration refresh(int pods) {
    return Duration.ofSeconds(Math.max(1, pods / PODS_PER_SECOND_OF_REFRESH));
  }

  private static Outcome outcome(Fleet fleet) {
    return new Outcome(fleet.requests(), fleet.logins(), fleet.seen());
  }

  /** A secret is written while nothing else happens. */
  static Outcome rest(int pods, Duration refresh, long seed) {
    Fleet fleet = fleet(pods, refresh, Backoff::pause, 0, seed);
    fleet.write();
    fleet.pass(refresh.plusSeconds(1));
    return outcome(fleet);
  }

  /** Nodes are drained: a tenth of all pods start elsewhere within 10 s. */
  static Outcome drain(int pods, long seed) {
    Fleet fleet = fleet(pods, SLOW, Backoff::pause, 0, seed);
    fleet.start(pods / 10, Duration.ofSeconds(10));
    fleet.pass(Duration.ofSeconds(11));
    return new Outcome(fleet.requests(), fleet.logins(), Times.NONE);
  }

  /** Times count from the server's return; counts, too. */
  static Outcome restart(
      int pods, int capacity, boolean loginsAreLost, Gate.Pauses pauses, long seed) {
    Duration outage = Duration.ofSeconds(30);
    Fleet fleet = fleet(pods, refresh(pods), pauses, capacity, seed);
    fleet.outage(outage, loginsAreLost);
    fleet.pass(outage);
    fleet.count();
    fleet.write();
    fleet.pass(refresh(pods).plusSeconds(60));
    return outcome(fleet);
  }

  /** Somebody has written, and pokes all in the same instant. */
  static Outcome poke(int pods, String hint, long seed) {
    Fleet fleet = fleet(pods, SLOW, Backoff::pause, 0, seed);
    fleet.write();
    fleet.hint(hint, HEARD);
    fleet.pass(Duration.ofMinutes(1).plusSeconds(pods / 500));
    return outcome(fleet);
  }

  private static void head() {
    System.out.println(
        "| pods | scenario | requests/s, mean | peak | p99 second | logins/s, peak | p99 second |"
            + " seen after, p50 | p99 | max |");
    System.out.println("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |");
  }

  private void show(int pods, String name, Scenario scenario) {
    List<Outcome> all = new ArrayList<>();
    for (int seed : SEEDS) {
      all.add(scenario.run(seed));
    }
    String subject = "%s, %d pods".formatted(name, pods);
    double[] cells = {
      row(subject, "requests, mean", "1/s", all, it -> it.requests().mean()),
      row(subject, "requests, peak", "1/s", all, it -> it.requests().peak()),
      row(subject, "requests, p99 second", "1/s", all, it -> it.requests().p99()),
      row(subject, "logins, peak", "1/s", all, it -> it.logins().peak()),
      row(subject, "logins, p99 second", "1/s", all, it -> it.logins().p99()),
      row(subject, "seen, p50", "s", all, it -> it.seen().p50()),
      row(subject, "seen, p99", "s", all, it -> it.seen().p99()),
      row(subject, "seen, max", "s", all, it -> it.seen().max())
    };
    StringBuilder line = new StringBuilder("| %,d | %s |".formatted(pods, name));
    for (int i = 0; i < cells.length; i++) {
      String format = i < 5 ? " %,.0f |" : " %.1f s |";
      line.append(Double.isNaN(cells[i]) ? "  |" : String.format(Locale.ROOT, format, cells[i]));
    }
    System.out.println(line);
  }

  private double row(
      String subject,
      String metric,
      String unit,
      List<Outcome> all,
      ToDoubleFunction<Outcome> figure) {
    double[] sorted = all.stream().mapToDouble(figure).sorted().toArray();
    rows.put(
        "\"subject\": \"%s\", \"metric\": \"%s\", \"unit\": \"%s\""
            .formatted(subject, metric, unit),
        sorted);
    return sorted[sorted.length / 2];
  }

  private void writeJson(Path file) throws IOException {
    List<String> lines = new ArrayList<>();
    rows.forEach(
        (what, sorted) -> {
          if (Double.isFinite(sorted[sorted.length - 1])) {
            lines.add(
                String.format(
                    Locale.ROOT,
                    "{\"bench\": \"simulation\", %s, \"min\": %.3f, \"median\": %.3f, \"max\": %.3f}",
                    what,
                    sorted[0],
                    sorted[sorted.length / 2],
                    sorted[sorted.length - 1]));
          }
        });
    Files.writeString(file, "[\n" + String.join(",\n", lines) + "\n]\n");
  }
}
