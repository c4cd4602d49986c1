package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TemplateSpecTest {
  private static final Map<String, String> VAULT =
      Map.of("address", "https://vault:8200", "role", "shop");

  @Test
  void aTemplateStandsInPlaceOfAReference() {
    Plan plan =
        Plan.parseYaml(
            """
            vault: {address: "https://vault:8200", role: shop}
            secrets:
              app.conf:
                template: '[[ with secret "secret/app" ]]p=[[ .Data.data.p ]][[ end ]]'
                left-delimiter: "[["
                right-delimiter: "]]"
                error-on-missing-key: true
                env: {CONF: ""}
            """);
    SecretSpec secret = plan.secrets().getFirst();
    assertThat(secret.from()).isEmpty();
    assertThat(secret.format()).isEqualTo(Format.RAW);
    assertThat(secret.template())
        .contains(
            new TemplateSpec(
                "[[ with secret \"secret/app\" ]]p=[[ .Data.data.p ]][[ end ]]", "[[", "]]", true));
    assertThat(Plan.parseJson(plan.toJson())).isEqualTo(plan);
  }

  @Test
  void aTemplateThatAsksForNothingNeedsNoVault() {
    assertThat(Plan.parseYaml("secrets: {a: {template: '{{ print 1 }}'}}").vault()).isEmpty();
    assertThatThrownBy(() -> Plan.parseYaml("secrets: {a: {template: '{{ secret \"a\" }}'}}"))
        .hasMessageStartingWith("vault.address: is missing");
  }

  @Test
  void problemsAreToldWithTheirKeys() {
    assertThatThrownBy(
            () ->
                Plan.parseYaml(
                    """
                    secrets:
                      a: {template: "a\\n{{ file }}"}
                      b: {template: a, from: "file:b", format: json}
                      c: {from: "file:c", left-delimiter: "[["}
                      d: {template: a, left-delimiter: "[", right-delimiter: "["}
                      e: {template: a, left-delimiter: "{ {"}
                      f: {template: a, env: {A: key}}
                    """))
        .hasMessage(
            """
            secrets.a.template: line 2, column 4: the function 'file' reads files of the sidecar, among them what it logs in with: use a secret of its own with from: file:PATH
            secrets.b.from: a secret has either 'from' or 'template': keep one of them
            secrets.b.format: is not for a template, whose text is the file: remove it
            secrets.c.left-delimiter: is for a template: remove it
            secrets.d.template: the delimiters are the same
            secrets.e.template: a delimiter is 1 to 8 ASCII characters that are no letters or digits
            secrets.f.env.A: a template's file has no keys: leave it empty, for the whole file""");
  }

  @Test
  void annotationsSayItToo() {
    PodPlan pod =
        PodPlan.parse(
                Map.of(
                    "keyturn.dev/inject", "true",
                    "keyturn.dev/template.app.conf", "<< secret \"secret/app\" >>",
                    "keyturn.dev/left-delimiter.app.conf", "<<",
                    "keyturn.dev/right-delimiter.app.conf", ">>",
                    "keyturn.dev/mode.app.conf", "0440",
                    "keyturn.dev/template.plain", "text"),
                VAULT,
                Map.of())
            .orElseThrow();
    assertThat(pod.plan().secrets()).extracting(SecretSpec::name).contains("app.conf", "plain");
    assertThat(pod.plan().vault()).isPresent();
    assertThatThrownBy(
            () ->
                PodPlan.parse(
                    Map.of(
                        "keyturn.dev/inject", "true",
                        "keyturn.dev/secret.a", "vault:secret/a",
                        "keyturn.dev/template.a", "text",
                        "keyturn.dev/template.b", "{{ nope }}"),
                    VAULT,
                    Map.of()))
        .hasMessage(
            "keyturn.dev/template.a: a secret has either 'from' or 'template': keep one of them\n"
                + "keyturn.dev/template.b: line 1, column 4: there is no such function:"
                + " docs/templates.md has them all");
  }

  @Test
  void aPodWhoseTemplatesAskForNothingGetsNoVault() {
    PodPlan pod =
        PodPlan.parse(
                Map.of("keyturn.dev/inject", "true", "keyturn.dev/template.a", "a secret text"),
                VAULT,
                Map.of())
            .orElseThrow();
    assertThat(pod.plan().vault()).isEmpty();
  }
}
