package dev.keyturn.webhook;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.keyturn.plan.PlanException;
import dev.keyturn.plan.PodPlan.SidecarKind;
import dev.keyturn.plan.Problem;
import dev.keyturn.webhook.certificate.TestCertificates;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import javax.security.auth.x500.X500Principal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {
  private static final Map<String, String> LEAST = Map.of("KEYTURN_IMAGE", "example.com/keyturn:1");

  @Test
  void anImageIsEnough() {
    Settings settings = Settings.read(LEAST);
    assertThat(settings.listen().toString()).isEqualTo("/0.0.0.0:8443");
    assertThat(settings.profiles()).isEmpty();
    assertThat(settings.drain()).isEqualTo(Duration.ofSeconds(5));
    assertThat(settings.certificate())
        .isEqualTo(
            new Settings.Certificate.SelfMade(
                "keyturn-webhook-tls", "keyturn", "keyturn-webhook", "keyturn"));
    var injection = settings.injection();
    assertThat(injection.image()).isEqualTo("example.com/keyturn:1");
    assertThat(injection.imagePullPolicy()).isEqualTo("IfNotPresent");
    assertThat(injection.sidecar()).isEqualTo(SidecarKind.NATIVE);
    assertThat(injection.vault()).isEmpty();
    assertThat(injection.audience()).isEqualTo("vault");
    assertThat(injection.environment()).isEmpty();
    assertThat(injection.resources())
        .hasToString(
            "{\"requests\":{\"cpu\":\"10m\",\"memory\":\"64Mi\"},\"limits\":{\"memory\":\"128Mi\"}}");
    assertThat(injection.mountSize()).isEqualTo("16Mi");
    assertThat(injection.startupAttempts()).isEqualTo(6);
  }

  @Test
  void everySettingIsRead() throws Exception {
    var environment = new HashMap<String, String>();
    environment.put("KEYTURN_IMAGE", "registry:5000/a/keyturn@sha256:0123");
    environment.put("KEYTURN_IMAGE_PULL_POLICY", "Always");
    environment.put("KEYTURN_SIDECAR", "init-and-sidecar");
    environment.put("KEYTURN_VAULT_ADDRESS", "https://vault:8200");
    environment.put("KEYTURN_VAULT_ROLE", "${namespace}");
    environment.put("KEYTURN_VAULT_AUTH", "jwt");
    environment.put("KEYTURN_VAULT_AUTH_MOUNT", "jwt/prod");
    environment.put("KEYTURN_VAULT_NAMESPACE", "team");
    environment.put("KEYTURN_VAULT_CA", "-----BEGIN CERTIFICATE-----");
    environment.put("KEYTURN_VAULT_SERVER_NAME", "vault.example");
    environment.put("KEYTURN_AUDIENCE", "bao");
    environment.put("KEYTURN_ENVIRONMENT", "staging");
    environment.put("KEYTURN_RESOURCES", "{\"limits\":{\"cpu\":\"0.5\"}}");
    environment.put("KEYTURN_MOUNT_SIZE", "1Mi");
    environment.put("KEYTURN_STARTUP_ATTEMPTS", "2");
    environment.put("KEYTURN_VAULT_ANNOTATIONS", "true");
    environment.put("KEYTURN_PROFILES", "/keyturn/profiles/profiles.yaml");
    environment.put("KEYTURN_LISTEN", "127.0.0.1:9443");
    environment.put("KEYTURN_CERTIFICATE", "files");
    environment.put("KEYTURN_CERTIFICATE_DIR", "/tls");
    environment.put("KEYTURN_CERTIFICATE_SECRET", "a");
    environment.put("KEYTURN_WEBHOOK_CONFIGURATION", "b");
    environment.put("KEYTURN_WEBHOOK_SERVICE", "c");
    environment.put("KEYTURN_WEBHOOK_NAMESPACE", "d");
    environment.put("KEYTURN_MISSED", "300s");
    environment.put("KEYTURN_CLIENT_CA", new TestCertificates().authority());
    environment.put("KEYTURN_CLIENT_SUBJECT", "CN=kube-apiserver");
    environment.put("KEYTURN_DRAIN", "0s");
    for (Setting setting : Setting.values()) {
      assertThat(environment).containsKey(setting.variable());
    }
    Settings settings = Settings.read(environment);
    assertThat(settings.listen().toString()).isEqualTo("/127.0.0.1:9443");
    assertThat(settings.profiles()).contains(Path.of("/keyturn/profiles/profiles.yaml"));
    assertThat(settings.drain()).isEqualTo(Duration.ZERO);
    assertThat(settings.missed()).isEqualTo(Duration.ofMinutes(5));
    assertThat(settings.clients().orElseThrow().authorities()).hasSize(1);
    assertThat(settings.clients().orElseThrow().subject())
        .contains(new X500Principal("CN=kube-apiserver"));
    assertThat(settings.certificate()).isEqualTo(new Settings.Certificate.Files(Path.of("/tls")));
    var injection = settings.injection();
    assertThat(injection.imagePullPolicy()).isEqualTo("Always");
    assertThat(injection.sidecar()).isEqualTo(SidecarKind.INIT_AND_SIDECAR);
    assertThat(injection.vault())
        .isEqualTo(
            Map.of(
                "address", "https://vault:8200",
                "role", "${namespace}",
                "auth", "jwt",
                "auth-mount", "jwt/prod",
                "namespace", "team",
                "ca", "-----BEGIN CERTIFICATE-----",
                "server-name", "vault.example"));
    assertThat(injection.audience()).isEqualTo("bao");
    assertThat(injection.environment()).isEqualTo("staging");
    assertThat(injection.resources()).hasToString("{\"limits\":{\"cpu\":\"0.5\"}}");
    assertThat(injection.mountSize()).isEqualTo("1Mi");
    assertThat(injection.startupAttempts()).isEqualTo(2);
    assertThat(injection.vaultAnnotations()).isTrue();

    environment.put("KEYTURN_CERTIFICATE", "self-made");
    assertThat(Settings.read(environment).certificate())
        .isEqualTo(new Settings.Certificate.SelfMade("a", "b", "c", "d"));
  }

  @Test
  void allThatIsWrongIsToldTogether() {
    var failure =
        catchThrowableOfType(
            PlanException.class,
            () ->
                Settings.read(
                    Map.of(
                        "KEYTURN_SIDECAR", "natve", "KEYTURN_IMGE", "x", "KEYTURN_DRAIN", "1h")));
    assertThat(failure.problems())
        .extracting(Problem::key)
        .containsExactly("KEYTURN_IMGE", "KEYTURN_IMAGE", "KEYTURN_SIDECAR", "KEYTURN_DRAIN");
    assertThat(failure.problems())
        .extracting(Problem::message)
        .contains("is one of init, init-and-sidecar, native");
  }

  @ParameterizedTest
  @CsvSource({
    "KEYTURN_IMAGE,a b",
    "KEYTURN_IMAGE_PULL_POLICY,always",
    "KEYTURN_RESOURCES,x",
    "KEYTURN_RESOURCES,[]",
    "KEYTURN_RESOURCES,'{\"claims\":{}}'",
    "KEYTURN_RESOURCES,'{\"limits\":{\"cpu\":1}}'",
    "KEYTURN_RESOURCES,'{\"limits\":{\"cpu\":\"lots\"}}'",
    "KEYTURN_MOUNT_SIZE,16 Mi",
    "KEYTURN_STARTUP_ATTEMPTS,0",
    "KEYTURN_STARTUP_ATTEMPTS,1001",
    "KEYTURN_STARTUP_ATTEMPTS,six",
    "KEYTURN_LISTEN,8443",
    "KEYTURN_LISTEN,0.0.0.0:99999",
    "KEYTURN_LISTEN,:8443",
    "KEYTURN_CERTIFICATE,file",
    "KEYTURN_CERTIFICATE_SECRET,A_B",
    "KEYTURN_WEBHOOK_CONFIGURATION,../x",
    "KEYTURN_MISSED,5s",
    "KEYTURN_MISSED,5m",
    "KEYTURN_CLIENT_CA,x",
    "KEYTURN_CLIENT_SUBJECT,CN=x",
    "KEYTURN_DRAIN,61s",
    "KEYTURN_DRAIN,5",
  })
  void aWrongValueIsNamed(String variable, String value) {
    var environment = new HashMap<>(LEAST);
    environment.put(variable, value);
    assertThatThrownBy(() -> Settings.read(environment))
        .isInstanceOfSatisfying(
            PlanException.class,
            e -> assertThat(e.problems()).extracting(Problem::key).containsExactly(variable));
  }

  @Test
  void whatTheKubeletSetsForServicesIsNoMistake() {
    var environment = new HashMap<>(LEAST);
    environment.put("KEYTURN_SERVICE_HOST", "10.0.0.1");
    environment.put("KEYTURN_SERVICE_PORT_HTTPS", "443");
    environment.put("KEYTURN_PORT", "tcp://10.0.0.1:443");
    environment.put("KEYTURN_PORT_443_TCP_ADDR", "10.0.0.1");
    environment.put("KEYTURN_WEBHOOK_PORT_443_TCP", "tcp://10.0.0.1:443");
    assertThat(Settings.read(environment)).isEqualTo(Settings.read(LEAST));
  }

  @Test
  void anEmptyVariableIsNone() {
    var environment = new HashMap<>(LEAST);
    for (Setting setting : Setting.values()) {
      environment.putIfAbsent(setting.variable(), " ");
    }
    assertThat(Settings.read(environment)).isEqualTo(Settings.read(LEAST));
  }

  /** Writes the table with {@code -Dkeyturn.docs=write}. */
  @Test
  void theDocumentationHasTheTable() throws Exception {
    var table = new StringBuilder("| variable | default | what it sets |\n| --- | --- | --- |\n");
    for (Setting setting : Setting.values()) {
      String byDefault = setting.byDefault().isEmpty() ? "" : "`" + setting.byDefault() + "`";
      table.append("| `%s` | %s | %s |\n".formatted(setting.variable(), byDefault, setting.text()));
    }
    Path page = Path.of("../docs/webhook.md");
    String text = Files.readString(page);
    int start = text.indexOf("| variable | default |");
    int end = text.indexOf("\n\n", start) + 1;
    if ("write".equals(System.getProperty("keyturn.docs"))) {
      text = text.substring(0, start) + table + text.substring(end);
      Files.writeString(page, text);
    }
    assertThat(text).contains(table);
  }
}
