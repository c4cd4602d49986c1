package dev.keyturn.webhook.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MetricsTest {
  private static final Pattern NAME = Pattern.compile("keyturn_webhook_[a-z_]+");

  private final Metrics metrics = new Metrics("1");

  @Test
  void podsAreCountedByNamespace() {
    metrics.count("shop", "patched", "");
    metrics.count("shop", "patched", "");
    metrics.count("shop", "denied", "conflict");
    metrics.missed(Map.of("old", 3));
    assertThat(text())
        .contains(
            "keyturn_webhook_pods_total{namespace=\"shop\",outcome=\"denied\",reason=\"conflict\"} 1\n",
            "keyturn_webhook_pods_total{namespace=\"shop\",outcome=\"patched\",reason=\"\"} 2\n",
            "keyturn_webhook_missed_pods{namespace=\"old\"} 3\n",
            "keyturn_webhook_connections 7\n");
  }

  @Test
  void whoeverInventsNamespacesGetsNoRowsForThem() {
    metrics.count("a\"} 1\n", "patched", "");
    for (int i = 0; i < 2000; i++) {
      metrics.count("n" + i, "patched", "");
    }
    assertThat(text().lines().filter(line -> line.startsWith("keyturn_webhook_pods_total")))
        .hasSizeLessThanOrEqualTo(501)
        .contains(
            "keyturn_webhook_pods_total{namespace=\"\",outcome=\"patched\",reason=\"\"} 1502");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "deploy/helm/keyturn/dashboard.json",
        "deploy/helm/keyturn/templates/monitoring.yaml",
        "docs/webhook.md"
      })
  void whatIsShownAndWarnedOfIsMeasured(String file) throws Exception {
    metrics.took(Duration.ofMillis(1));
    var known = new TreeSet<String>();
    NAME.matcher(text()).results().map(MatchResult::group).forEach(known::add);
    var used = new TreeSet<String>();
    NAME.matcher(Files.readString(Path.of("..", file)))
        .results()
        .map(MatchResult::group)
        .forEach(used::add);
    assertThat(used).isNotEmpty().isSubsetOf(known);
    if (file.startsWith("docs")) {
      known.removeIf(name -> name.matches(".*_(bucket|sum|count)"));
      assertThat(used).containsExactlyElementsOf(known);
    }
  }

  private String text() {
    return metrics.text(Instant.EPOCH, 7);
  }
}
