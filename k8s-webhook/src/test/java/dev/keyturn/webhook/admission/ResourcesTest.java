package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.node.ObjectNode;

class ResourcesTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | {requests:{cpu:10m,memory:64Mi},limits:{memory:128Mi}}",
        "limits.cpu=1 | {requests:{cpu:10m,memory:64Mi},limits:{memory:128Mi,cpu:1}}",
        "requests.cpu= | {requests:{memory:64Mi},limits:{memory:128Mi}}",
        "limits.memory= | {requests:{cpu:10m,memory:64Mi},limits:{}}",
        // Another program's figure, too small for ours.
        "limits.memory=100M | {requests:{cpu:10m,memory:64Mi},limits:{memory:128Mi}}",
        "limits.memory=1Gi | {requests:{cpu:10m,memory:64Mi},limits:{memory:1Gi}}",
        "requests.memory=0.5Gi | {requests:{cpu:10m,memory:0.5Gi},limits:{memory:0.5Gi}}",
        "requests.cpu=1500m,limits.cpu=1"
            + " | {requests:{cpu:1500m,memory:64Mi},limits:{memory:128Mi,cpu:1500m}}",
      })
  void aPodsOwnFiguresGoBeforeTheOperators(String pods, String expected) {
    var given = new LinkedHashMap<String, String>();
    for (String pair : pods.split(",", -1)) {
      if (!pair.isEmpty()) {
        given.put(pair.split("=", -1)[0], pair.split("=", -1)[1]);
      }
    }
    ObjectNode operators = TestSettings.typical().resources();
    ObjectNode before = operators.deepCopy();
    assertThat(Resources.of(operators, given).toString().replace("\"", "")).isEqualTo(expected);
    assertThat(operators).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "128M, 128Mi, true",
    "128Mi, 128M, false",
    "500m, 1, true",
    "1000m, 1, false",
    "1Ki, 1k, false",
    "'', 1, false",
    "1, '', false",
    "1.5Gi, 1536Mi, false",
    "1.5Gi, 1537Mi, true",
  })
  void amountsAreComparedByWhatTheyStandFor(String amount, String other, boolean less) {
    assertThat(Resources.isLess(amount, other)).isEqualTo(less);
  }
}
