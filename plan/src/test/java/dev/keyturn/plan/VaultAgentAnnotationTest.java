package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.plan.VaultAgentAnnotation.Treatment;
import dev.keyturn.plan.VaultAgentAnnotation.Written;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class VaultAgentAnnotationTest {
  /** Those of vault-k8s 1.7, from its documentation and the constants of its annotations.go. */
  private static final List<String> OF_VAULT_K8S =
      Stream.of(
              """
              agent-auto-auth-exit-on-err agent-cache-enable agent-cache-exit-on-err
              agent-cache-listener-port agent-cache-use-auto-auth-token agent-configmap
              agent-copy-volume-mounts agent-disable-idle-connections agent-disable-keep-alives
              agent-enable-quit agent-extra-secret agent-image agent-init-first
              agent-init-json-patch agent-inject agent-inject-command agent-inject-containers
              agent-inject-default-template agent-inject-file agent-inject-perms
              agent-inject-secret agent-inject-status agent-inject-template
              agent-inject-template-file agent-inject-token agent-json-patch agent-limits-cpu
              agent-limits-ephemeral agent-limits-mem agent-pre-populate agent-pre-populate-only
              agent-request-namespace agent-requests-cpu agent-requests-ephemeral
              agent-requests-mem agent-revoke-grace agent-revoke-on-shutdown agent-run-as-group
              agent-run-as-same-user agent-run-as-user agent-service-account-token-volume-name
              agent-set-security-context agent-share-process-namespace agent-telemetry
              agent-template-left-delim agent-template-right-delim auth-config auth-max-backoff
              auth-min-backoff auth-path auth-type ca-cert ca-key client-cert client-key
              client-max-retries client-timeout error-on-missing-key go-max-procs log-format
              log-level namespace preserve-secret-case proxy-address role secret-volume-path service
              template-config-exit-on-retry-failure template-lease-renewal-threshold
              template-max-connections-per-host template-static-secret-render-interval tls-secret
              tls-server-name tls-skip-verify
              """
                  .split("\\s+"))
          .filter(name -> !name.isBlank())
          .toList();

  @Test
  void everyAnnotationOfVaultAgentInjectorIsInTheTableOnce() {
    assertThat(OF_VAULT_K8S).hasSize(74);
    assertThat(VaultAgentAnnotation.names()).containsExactlyInAnyOrderElementsOf(OF_VAULT_K8S);
  }

  /** A treatment that the table says and the code forgot would show here. */
  @ParameterizedTest
  @MethodSource("names")
  void eachIsTreatedAsTheTableSays(String name) {
    VaultAgentAnnotation annotation = Objects.requireNonNull(read(example(name))).of();
    assertThat(annotation.name()).isEqualTo(name);
    String key = Translation.PREFIX + example(name);
    Translation translation = TranslationTest.translateWith(example(name), value(annotation));
    assertThat(translation.problems())
        .extracting(Problem::key)
        .isEqualTo(annotation.treatment() == Treatment.REFUSED ? List.of(key) : List.of());
    assertThat(translation.warnings())
        .filteredOn(warning -> translation.problems().isEmpty() || warning.key().equals(key))
        .extracting(Problem::toString)
        .hasSize(annotation.treatment() == Treatment.IGNORED ? 1 : 0)
        .allSatisfy(warning -> assertThat(warning).startsWith(key + ": is ignored: "))
        .allSatisfy(
            warning ->
                assertThat(warning.length()).as("with our name, 256").isLessThanOrEqualTo(247));
  }

  static List<String> names() {
    return OF_VAULT_K8S;
  }

  private static Written read(String name) {
    return VaultAgentAnnotation.read(name);
  }

  private static String example(String name) {
    return VaultAgentAnnotation.ALL.stream()
        .filter(annotation -> annotation.name().equals(name))
        .findFirst()
        .map(
            annotation ->
                switch (annotation.suffix()) {
                  case NONE -> name;
                  case NAMES_A_SECRET, MAY_NAME_A_SECRET -> name + "-db";
                  case NAMES_A_PARAMETER -> name + "-role";
                })
        .orElseThrow();
  }

  private static String value(VaultAgentAnnotation annotation) {
    return switch (annotation.name()) {
      case "agent-inject-command" -> "pkill -HUP app";
      case "agent-inject-default-template" -> "json";
      case "agent-inject-containers" -> "app";
      case "agent-inject-perms" -> "0600";
      case "agent-inject-file" -> "file";
      case "agent-service-account-token-volume-name" -> "vault-token";
      case "auth-type" -> "jwt";
      case "ca-cert", "client-cert", "client-key" -> "/vault/tls/x.pem";
      case "client-timeout", "template-static-secret-render-interval" -> "10s";
      case "agent-limits-cpu", "agent-limits-mem", "agent-limits-ephemeral" -> "1";
      case "agent-requests-cpu", "agent-requests-mem", "agent-requests-ephemeral" -> "1";
      case "agent-run-as-user", "agent-run-as-group" -> "1000";
      default -> annotation.harmless().equals("true") ? "false" : "true";
    };
  }

  @ParameterizedTest
  @CsvSource({
    "agent-inject-secret-a-b, agent-inject-secret, a-b",
    "agent-inject-template-file-a, agent-inject-template-file, a",
    "agent-inject-template-fil-a, agent-inject-template, fil-a",
    "agent-inject-template-a, agent-inject-template, a",
    "secret-volume-path, secret-volume-path, ''",
    "secret-volume-path-a, secret-volume-path, a",
    "auth-config-role-id-file-path, auth-config, role-id-file-path",
    "agent-inject, agent-inject, ''",
  })
  void aNameIsTakenApart(String name, String of, String suffix) {
    Written written = Objects.requireNonNull(read(name));
    assertThat(written.of().name()).isEqualTo(of);
    assertThat(written.suffix()).isEqualTo(suffix);
  }

  @ParameterizedTest
  @CsvSource({"agent-inject-secret", "agent-inject-secret-", "agent-imag", "agent-image-x", "x"})
  void otherNamesAreNone(String name) {
    assertThat(read(name)).isNull();
  }

  /** To write it anew: {@code -Dkeyturn.docs=write}. */
  @Test
  void thePageSaysWhatTheTableSays() throws IOException {
    Path file = Path.of("../docs/vault-agent-annotations.md");
    String page = Files.readString(file);
    String begin = "<!-- table vault-agent -->\n";
    int from = page.indexOf(begin) + begin.length();
    int to = page.indexOf("<!-- end -->");
    var rows =
        new StringBuilder(
            """
            | annotation, after `vault.hashicorp.com/` | | here |
            | --- | --- | --- |
            """);
    for (VaultAgentAnnotation annotation : VaultAgentAnnotation.ALL) {
      rows.append("| `").append(annotation.name());
      rows.append(
          switch (annotation.suffix()) {
            case NONE -> "`";
            case NAMES_A_SECRET -> "-NAME`";
            case MAY_NAME_A_SECRET -> "`, `" + annotation.name() + "-NAME`";
            case NAMES_A_PARAMETER -> "-PARAMETER`";
          });
      rows.append(" | ").append(annotation.treatment().name().toLowerCase(Locale.ROOT));
      rows.append(" | ").append(annotation.text()).append(" |\n");
    }
    if ("write".equals(System.getProperty("keyturn.docs"))) {
      Files.writeString(file, page.substring(0, from) + rows + page.substring(to));
    } else {
      assertThat(page.substring(from, to))
          .as("stale: run this test with -Dkeyturn.docs=write")
          .isEqualTo(rows.toString());
    }
  }
}
