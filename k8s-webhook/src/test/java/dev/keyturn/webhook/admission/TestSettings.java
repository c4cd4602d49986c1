package dev.keyturn.webhook.admission;

import dev.keyturn.plan.PodPlan.SidecarKind;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** What an operator may have set. */
public final class TestSettings {
  private TestSettings() {}

  public static InjectionSettings typical() {
    return with(SidecarKind.NATIVE);
  }

  static InjectionSettings with(SidecarKind kind) {
    return new InjectionSettings(
        "example.com/keyturn:1",
        "IfNotPresent",
        kind,
        Map.of("address", "https://vault.example:8200"),
        "vault",
        "staging",
        (ObjectNode)
            JsonMapper.shared()
                .readTree(
                    """
                    {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}}
                    """),
        "16Mi",
        6,
        true);
  }
}
