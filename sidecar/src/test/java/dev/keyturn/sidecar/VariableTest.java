package dev.keyturn.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.sidecar.SidecarConfig.AgentCopy;
import dev.keyturn.sidecar.SidecarConfig.MountTarget;
import dev.keyturn.sidecar.audit.Workload;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VariableTest {
  private static Map<String, String> environment(String... more) {
    Map<String, String> environment = new HashMap<>();
    environment.put("KEYTURN_PLAN", "{\"secrets\":{\"a\":{\"from\":\"file:/a\"}}}");
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  @Test
  void has_defaults_for_all_but_the_plan() {
    SidecarConfig config = Variable.read(environment());
    assertThat(config.mounts())
        .containsExactly(new MountTarget(Path.of("/keyturn/secrets"), List.of()));
    assertThat(config.endpoint()).contains("unix:/keyturn/run/sidecar.sock");
    assertThat(config.allowDisk()).isFalse();
    assertThat(config.workload()).isEqualTo(Workload.NONE);
    assertThat(config.agent()).isEmpty();
    assertThatThrownBy(() -> Variable.read(Map.of()))
        .hasMessageContaining("KEYTURN_PLAN: is not set");
  }

  @Test
  void reads_them_all() {
    SidecarConfig config =
        Variable.read(
            environment(
                "KEYTURN_MOUNTS", "/m/0=app,web;/m/1;/m/2=app:db, tls",
                "KEYTURN_ENDPOINT", "none",
                "KEYTURN_ALLOW_DISK", "true",
                "KEYTURN_POD", "p",
                "KEYTURN_NAMESPACE", "n",
                "KEYTURN_SERVICE_ACCOUNT", "s",
                "KEYTURN_NODE", "o",
                "KEYTURN_AGENT_JAR", "/a.jar",
                "KEYTURN_AGENT_TARGET", "/agent"));
    assertThat(config.mounts())
        .containsExactly(
            new MountTarget(Path.of("/m/0"), List.of("app", "web")),
            new MountTarget(Path.of("/m/1"), List.of()),
            new MountTarget(Path.of("/m/2"), List.of("app"), List.of("db", "tls")));
    assertThat(config.endpoint()).isEmpty();
    assertThat(config.allowDisk()).isTrue();
    assertThat(config.workload()).isEqualTo(new Workload("p", "n", "s", "o"));
    assertThat(config.agent()).contains(new AgentCopy(Path.of("/a.jar"), Path.of("/agent")));
  }

  @Test
  void sleep_takes_a_folder_a_unix_socket_and_secrets_of_vault() {
    assertThatThrownBy(
            () ->
                Variable.read(
                    environment(
                        "KEYTURN_HIBERNATE", "state", "KEYTURN_ENDPOINT", "127.0.0.1:8080")))
        .hasMessageContaining("KEYTURN_HIBERNATE: is not an absolute path")
        .hasMessageContaining("KEYTURN_ENDPOINT: is no Unix socket")
        .hasMessageContaining("file:/a is watched all the time");
    assertThat(
            Variable.read(
                    environment(
                        "KEYTURN_HIBERNATE",
                        "/keyturn/state/own",
                        "KEYTURN_PLAN",
                        "{\"vault\":{\"address\":\"https://vault:8200\",\"role\":\"app\"},\"secrets\":{\"a\":{\"from\":\"vault:secret/a\"}}}"))
                .hibernation())
        .contains(Path.of("/keyturn/state/own"));
  }

  @Test
  void a_mount_is_named_once_and_absolutely() {
    assertThatThrownBy(() -> Variable.read(environment("KEYTURN_MOUNTS", "/a;b;/a=x")))
        .hasMessageContaining("'b' is not an absolute path")
        .hasMessageContaining("/a is there twice");
  }
}
