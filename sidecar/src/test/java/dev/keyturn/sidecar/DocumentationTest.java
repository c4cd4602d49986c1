package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.sidecar.metrics.Metrics;
import dev.keyturn.sidecar.metrics.Metrics.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code docs/sidecar.md} says what the code says. */
class DocumentationTest {
  private static List<String> lines() throws IOException {
    Path here = Path.of("").toAbsolutePath();
    while (!Files.exists(here.resolve("docs/sidecar.md"))) {
      here = here.getParent();
    }
    return Files.readAllLines(here.resolve("docs/sidecar.md"));
  }

  @Test
  void has_every_environment_variable_and_no_other() throws IOException {
    List<String> rows =
        Arrays.stream(Variable.values())
            .map(
                it ->
                    "| `%s` | %s | %s |"
                        .formatted(
                            it,
                            it.byDefault().isEmpty() ? "" : "`" + it.byDefault() + "`",
                            it.meaning()))
            .toList();
    assertThat(lines().stream().filter(line -> line.startsWith("| `KEYTURN_"))).isEqualTo(rows);
  }

  @Test
  void has_every_metric_and_no_other() throws IOException {
    List<String> rows = Metrics.ALL.stream().map(DocumentationTest::row).toList();
    assertThat(lines().stream().filter(line -> line.startsWith("| `keyturn_"))).isEqualTo(rows);
  }

  private static String row(Metric metric) {
    return "| `%s` | %s | %s |".formatted(metric.name(), metric.type(), metric.help());
  }
}
