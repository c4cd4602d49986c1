package dev.keyturn.plan;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** What a plan asks of AWS while nothing changes, and what that costs. */
final class AwsCost {
  /** Of one GetParameters (SSM API reference). */
  private static final int NAMES = 10;

  private static final int HOURS_A_MONTH = 730;

  /** AWS' list price in November 2026, in dollars for a request to Secrets Manager. */
  private static final double PRICE = 0.05 / 10_000;

  private AwsCost() {}

  /** In words, for one pod; empty where it asks AWS for nothing. */
  static Optional<String> of(List<SecretSpec> secrets) {
    var looks = new TreeMap<String, Duration>();
    var references = new HashMap<String, Reference>();
    for (SecretSpec secret : secrets) {
      for (Reference from : secret.references()) {
        if (from.source().isAws()) {
          references.put(from.readKey(), from);
          looks.merge(from.readKey(), secret.refresh(), AwsCost::shorter);
        }
      }
    }
    if (looks.isEmpty()) {
      return Optional.empty();
    }
    double secretsManager = 0;
    double parameterStore = 0;
    boolean paths = false;
    var together = new HashMap<Duration, Integer>();
    for (Map.Entry<String, Duration> look : looks.entrySet()) {
      Reference from = references.get(look.getKey());
      if (from == null
          || from.options().containsKey("version")
          || from.options().containsKey("version-id")) {
        continue;
      }
      double hourly = 3600.0 / look.getValue().toSeconds();
      if (from.source() == Source.AWS_SM) {
        secretsManager += hourly;
      } else if (AwsRules.isBelow(from.source(), from.path())) {
        parameterStore += hourly;
        paths = true;
      } else {
        together.merge(look.getValue(), 1, Integer::sum);
      }
    }
    for (Map.Entry<Duration, Integer> alike : together.entrySet()) {
      int requests = (alike.getValue() + NAMES - 1) / NAMES;
      parameterStore += requests * 3600.0 / alike.getKey().toSeconds();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "at rest each pod asks AWS Secrets Manager %.0f times an hour ($%.2f a month at"
                + " November 2026's $0.05 per 10,000) and Parameter Store %.0f times%s (free, or"
                + " the same price with higher throughput): 'refresh' says how often",
            secretsManager,
            secretsManager * HOURS_A_MONTH * PRICE,
            parameterStore,
            paths ? " or, for more than ten parameters below a path, more" : ""));
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }
}
