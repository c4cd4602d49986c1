package dev.keyturn.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundsTest {
  private static final Data NOTHING = request -> Optional.empty();

  private static String render(String template, Data data) {
    Rendering rendering = Template.parse(template).render(data, false, Limits.DEFAULT);
    assertThat(rendering.missing()).isEmpty();
    return new String(rendering.content(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{{ range 9223372036854775807 }}{{ end }}",
        "{{ range loop 9223372036854775807 }}{{ end }}",
        "{{ range loop 1000 }}{{ range loop 1000 }}{{ range loop 1000 }}{{ end }}{{ end }}{{ end }}",
        "{{ $s := \"0123456789\" }}{{ range loop 100 }}{{ $s = print $s $s }}{{ end }}",
        "{{ range loop 100000 }}0123456789012345678901234567890{{ end }}",
        "{{ $s := printf \"%1000000d\" 1 }}{{ $s | replaceAll \"\" $s }}",
        "{{ $s := printf \"%1000000d\" 1 }}{{ $s | regexReplaceAll \" \" $s }}",
        "{{ $s := printf \"%1000000d\" 1 }}{{ $s | replaceAll \" \" \"\\n0\" | indent 1000000 }}",
        "{{ range loop 100 }}{{ printf \"%1000000d\" 1 | len }}{{ end }}",
        "{{ printf \"%01000000d\" 1 | split \"\" | join \"0123456789\" }}",
        "{{ define \"a\" }}{{ template \"a\" }}{{ end }}{{ template \"a\" }}",
        "{{ define \"a\" }}{{ executeTemplate \"a\" }}{{ end }}{{ executeTemplate \"a\" }}",
        "{{ scratch.MapSet \"a\" \"b\" 1 }}{{ scratch.MapSet \"a\" \"c\" (scratch.Get \"a\") }}{{ scratch.Get \"a\" }}",
        "{{ scratch.MapSet \"a\" \"b\" 1 }}{{ scratch.MapSet \"a\" \"c\" (scratch.Get \"a\") }}{{ scratch.Get \"a\" | toJSON }}",
        "{{ scratch.MapSet \"a\" \"b\" 1 }}{{ scratch.MapSet \"a\" \"c\" (scratch.Get \"a\") }}{{ scratch.Get \"a\" | toYAML }}",
      })
  void aTemplateThatRunsAwayIsStopped(String template) {
    assertThatThrownBy(() -> render(template, NOTHING))
        .isInstanceOf(TemplateException.class)
        .message()
        .matches("line 1, column \\d+: (the template (takes|makes) more|is nested deeper).*");
  }

  @Test
  void aRegularExpressionPaysForEachCharacterThatItLooksAt() {
    String text = "a".repeat(2000);
    assertThatThrownBy(
            () ->
                Template.parse("{{ regexMatch \".*.*.*b\" \"" + text + "\" }}")
                    .render(NOTHING, false, Limits.DEFAULT))
        .hasMessageContaining("takes more than 1000000 steps");
  }

  @Test
  void deepDataIsRefused() {
    String deep = "[".repeat(300) + "]".repeat(300);
    assertThatThrownBy(() -> render("{{ parseJSON `" + deep + "` }}", NOTHING))
        .hasMessageContaining("this is no JSON, or nested deeper than 200 levels");
    assertThatThrownBy(
            () -> render("{{ parseYAML `" + "[".repeat(600) + "]".repeat(600) + "` }}", NOTHING))
        .isInstanceOf(TemplateException.class);
  }

  @Test
  void whatIsMissingIsCollectedAndErrorsWaitForIt() {
    Rendering rendering =
        Template.parse(
                "{{ secret \"a\" }}{{ secrets \"b/\" }}{{ pkiCert \"pki/issue/x\" \"common_name=c\" }}"
                    + "{{ secret \"d?version=2\" }}{{ secret \"e\" \"x=y\" }}{{ index (secret \"f\").Data \"g\" }}"
                    + "{{ secret \"never\" }}")
            .render(NOTHING, false, Limits.DEFAULT);
    assertThat(rendering.content()).isEmpty();
    assertThat(rendering.missing())
        .containsExactly(
            new Request.Secret("a", Map.of(), Map.of()),
            new Request.Listing("b"),
            new Request.Certificate("pki/issue/x", Map.of("common_name", "c")),
            new Request.Secret("d", Map.of("version", "2"), Map.of()),
            new Request.Secret("e", Map.of(), Map.of("x", "y")),
            new Request.Secret("f", Map.of(), Map.of()));
    assertThat(rendering.asked()).isEqualTo(rendering.missing());
  }

  @Test
  void aCertificateHasItsParts() {
    Data vault =
        request ->
            Optional.of(
                new Answer(
                    "",
                    0,
                    false,
                    """
                    {"certificate": "CERT", "private_key": "KEY\\n", "issuing_ca": "CA",
                     "ca_chain": ["CA", "ROOT"]}
                    """));
    assertThat(
            render(
                "{{ with pkiCert \"pki/issue/x\" }}{{ .Key }}{{ .Cert }}{{ .Data.CA }}"
                    + "{{ range .CAChain }}-{{ . }}{{ end }}{{ end }}",
                vault))
        .isEqualTo("KEY\nCERT\nCA\n-CA\n-ROOT\n");
  }

  @Test
  void timeIsWrittenAsGoWritesIt() {
    Data clock =
        new Data() {
          @Override
          public Optional<Answer> answer(Request request) {
            return Optional.empty();
          }

          @Override
          public Instant now() {
            return Instant.parse("2026-03-04T15:06:07.089Z");
          }
        };
    assertThat(
            render(
                "{{ timestamp }} {{ timestamp \"unix\" }} {{ timestamp \"Mon Jan _2 15:04:05 2006\" }}"
                    + " {{ timestamp \"Monday, 02-Jan-06 3:04PM MST -07:00 .000 .999 002\" }}",
                clock))
        .isEqualTo(
            "2026-03-04T15:06:07Z 1772636767 Wed Mar  4 15:06:07 2026"
                + " Wednesday, 04-Mar-26 3:06PM UTC +00:00 .089 .089 063");
  }

  @Test
  void nothingPrintsASecret() {
    assertThat(new Answer("", 0, false, "{\"a\": \"canary\"}")).hasToString("[answer]");
    Data vault = request -> Optional.of(new Answer("", 0, false, "{\"a\": \"canary\"}"));
    Rendering rendering =
        Template.parse("{{ (secret \"a\").Data.a }}").render(vault, false, Limits.DEFAULT);
    assertThat(rendering).hasToString("Rendering[1 asked, 0 missing]");
    assertThatThrownBy(() -> render("{{ (secret \"a\").Data.a | parseInt }}", vault))
        .hasMessage("line 1, column 26: 'parseInt': this is no whole number");
  }
}
