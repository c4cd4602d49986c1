package dev.keyturn.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ParserTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      quoteCharacter = '\0',
      value = {
        "{{ if true }}~1~4~this has no end: write 'end'",
        "a{{ end }}~1~5~there is nothing that this belongs to",
        "a\\n  {{ secrt \"a\" }}~2~6~there is no such function; did you mean 'secret'?",
        "{{ file \"/etc/passwd\" }}~1~4~the function 'file' reads files of the sidecar",
        "{{ .a ~1~1~the action is not closed: write '}}'",
        "{{ (.a }}~1~8~a parenthesis is not closed",
        "{{ .a) }}~1~6~a parenthesis is closed that was not opened",
        "{{ $x }}~1~4~there is no such variable here: declare it with ':='",
        "{{ . | 1 }}~1~8~nothing can be piped into this",
        "{{ break }}~1~4~is in no 'range'",
        "{{ template \"x\" }}~1~13~there is no template of this name",
        "{{ define \"x\" }}a{{ end }}{{ define \"x\" }}b{{ end }}~1~37~this template is defined"
            + " twice",
        "{{ indent 1 }}~1~4~the function 'indent' takes 2 arguments, and this is 1",
        "{{ /* a */ }}~1~4~this was not expected in the action",
        "{{/* a */ b }}~1~10~a comment ends right before '}}'",
        "{{ \"a }}~1~4~the quotation is not closed on its line",
        "{{ 'ab' }}~1~4~has an escape that Go does not know, or is more than one character",
        "{{ \"\\q\" }}~1~4~has an escape that Go does not know",
        "{{ 12345678901234567890 }}~1~4~is no number, or one beyond 64 bits",
        "{{ 1x }}~1~4~is no number",
        "{{ .a}b }}~1~6~this character can't follow a name",
        "{{ }}~1~4~the action has no value",
        "{{ 1.x }}~1~4~is no number",
        "{{ \"a\".x }}~1~7~what stands before has no fields",
        "{{ if . }}{{ else }}{{ else }}{{ end }}~1~24~there was an 'else' already",
        "{{ range $a, $b, $c := . }}{{ end }}~1~16~too many variables",
        "{{ sprig_add 1 2 }}~1~4~the function 'sprig_add' is of the Sprig library, and not here:"
            + " use add",
        "{{ sprig_swapcase \"a\" }}~1~4~the function 'sprig_swapcase' is of the Sprig library, of"
            + " which only",
        "{{ é\u0001 }}~1~5~this character can't follow a name",
      })
  void whatIsWrongIsToldWithItsPlace(String template, int line, int column, String what) {
    TemplateException e =
        catchThrowableOfType(
            TemplateException.class, () -> Template.parse(template.replace("\\n", "\n")));
    assertThat(e).hasMessageStartingWith("line " + line + ", column " + column + ": " + what);
    assertThat(e.line()).isEqualTo(line);
    assertThat(e.column()).isEqualTo(column);
    assertThat(e.what()).startsWith(what);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "text alone } }} { . }",
        "{{- with secret \"secret/data/app\" -}}\n{{ .Data.data.password }}\n{{- end -}}\n",
        "{{ range $k, $v := .a.b }}{{ $k }}{{ break }}{{ else }}{{ (index $v 0).c }}{{ end }}",
        "{{/* a comment }} */}}{{- /* and another */ -}}",
        "{{ if and (eq 1 0x1F) (ne 1.5e3 -2) }}{{ else if not true }}{{ else }}{{ end }}",
        "{{ define \"a\" }}{{ . }}{{ end }}{{ template \"a\" . }}{{ block \"b\" 1 }}{{ end }}",
        "{{ $a := `raw\n` | print 'x' \"\\u00e9\\x00\" }}{{ $a = \"b\" }}{{ $a.b.c }}",
        "{{with 1}}{{else with 2}}{{else}}{{end}}",
        "{{ .\n | print }}",
      })
  void whatGoTakesIsTaken(String template) {
    assertThat(Template.parse(template)).isNotNull();
  }

  @Test
  void otherDelimitersWork() {
    assertThat(Template.parse("{{ [[- secret \"a\" -]] }}", "[[", "]]").asksVault()).isTrue();
    assertThat(Template.parse("{{ [[ \"a\" ]] }}", "[[", "]]").asksVault()).isFalse();
  }

  @Test
  void nestingHasABound() {
    String deep = "(".repeat(101) + "1" + ")".repeat(101);
    assertThatThrownBy(() -> Template.parse("{{ " + deep + " }}"))
        .hasMessageEndingWith("is nested deeper than 100 levels");
    assertThatThrownBy(() -> Template.parse("{{ if 1 }}".repeat(200)))
        .hasMessageEndingWith("is nested deeper than 100 levels");
    assertThatThrownBy(() -> Template.parse("{{ if 1 }}{{ else if 1 }}".repeat(200)))
        .hasMessageEndingWith("is nested deeper than 100 levels");
    assertThat(Template.parse("{{ if 1 }}".repeat(99) + "{{ end }}".repeat(99))).isNotNull();
  }
}
