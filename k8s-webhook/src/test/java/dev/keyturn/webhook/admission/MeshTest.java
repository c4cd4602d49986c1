package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

class MeshTest {
  /** A star marks a native sidecar, a bar the place that is found. */
  @ParameterizedTest
  @CsvSource({
    "|",
    "| migrate",
    "istio-init istio-proxy* | migrate",
    "istio-validation istio-proxy* | migrate",
    "linkerd-network-validator linkerd-proxy* |",
    "| migrate istio-init",
    "| istio-init migrate",
    "istio-validation | istio-init migrate",
    "istio-validation | migrate",
    "| migrate istio-init istio-proxy*",
    "| linkerd-init migrate",
    "| kuma-init",
    "kuma-init kuma-sidecar* |",
    "| consul-connect-inject-init migrate",
    "| other* migrate",
  })
  void oursComesWhereItHasANetworkAndIsBeforeAllButAMeshsOwn(String text) {
    var containers = new ArrayList<ObjectNode>();
    List<String> words = List.of(text.trim().split(" +", -1));
    for (String word : words) {
      if (!word.equals("|")) {
        ObjectNode container =
            JsonMapper.shared().createObjectNode().put("name", word.replace("*", ""));
        if (word.endsWith("*")) {
          container.put("restartPolicy", "Always");
        }
        containers.add(container);
      }
    }
    assertThat(Mesh.place(containers)).isEqualTo(words.indexOf("|"));
  }
}
