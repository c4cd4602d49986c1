package dev.keyturn.webhook.yaml;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

class YamlDocumentTest {

  /** As sigs.k8s.io/yaml, which kubectl and Helm use, has it. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "true | true",
        "on | true",
        "No | false",
        "\"true\" | \"true\"",
        "'1' | \"1\"",
        "0400 | 256",
        "0o400 | 256",
        "0x1F | 31",
        "-12 | -12",
        "1_000 | 1000",
        "1.5 | 1.5",
        "1.34.0 | \"1.34.0\"",
        "12345678901234567890 | 12345678901234567890",
        "~ | null",
        "!!str 1 | \"1\"",
        "2026-11-24 | \"2026-11-24\"",
        "1:20 | \"1:20\"",
      })
  void aScalarIsWhatKubernetesTakesItFor(String yaml, String json) throws Exception {
    assertThat(YamlDocument.read("a: " + yaml).getFirst().json())
        .isEqualTo(JsonMapper.shared().readTree("{\"a\":" + json + "}"));
  }

  @Test
  void documentsAreReadOneByOneAndEmptyOnesAreNone() throws Exception {
    List<YamlDocument> documents = YamlDocument.read("---\n# nothing\n---\na: 1\n---\n---\nb: 2\n");
    assertThat(documents)
        .extracting(d -> d.json().toString())
        .containsExactly("{\"a\":1}", "{\"b\":2}");
  }

  @Test
  void everyValueHasItsPlace() throws Exception {
    YamlDocument document = YamlDocument.read("a:\n  keyturn.dev/b: [1,\n   {c: 2}]\n").getFirst();
    assertThat(document.position("/a/keyturn.dev~1b")).isEqualTo(new Position(2, 3));
    assertThat(document.position("/a/keyturn.dev~1b/1/c")).isEqualTo(new Position(3, 5));
    assertThat(document.position("/a/nothing/here")).isEqualTo(new Position(1, 1));
  }

  @Test
  void aliasesAndMergeKeysAreFollowed() throws Exception {
    assertThat(
            YamlDocument.read("x: &x {a: 1, b: 2}\ny: {<<: *x, b: 3}\nz: *x\n").getFirst().json())
        .hasToString("{\"x\":{\"a\":1,\"b\":2},\"y\":{\"b\":3,\"a\":1},\"z\":{\"a\":1,\"b\":2}}");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "a: [ | 1 | not valid YAML",
        "a: b: c | 1 | put quotes around",
        "a: 1\\na: 2 | 2 | there twice",
        "[a]: 1 | 1 | not valid YAML",
        "a: &a [*a] | 1 | nested deeper",
        "a: {<<: 1} | 1 | takes a mapping over",
      })
  void whatIsNoDocumentIsToldWithItsLine(String yaml, int line, String message) {
    assertThatThrownBy(() -> YamlDocument.read(yaml.replace("\\n", "\n")))
        .isInstanceOfSatisfying(
            MalformedYamlException.class,
            e -> {
              assertThat(e.position().line()).isEqualTo(line);
              assertThat(e.getMessage()).contains(message);
            });
  }

  @Test
  void aSmallTextThatBlowsUpIsRefused() {
    var bomb = new StringBuilder("a0: &a0 [x]\n");
    var merges = new StringBuilder("a0: &a0 {x: 1}\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
      merges.append("a%d: &a%d {<<: [*a%d, *a%d]}\n".formatted(i, i, i - 1, i - 1));
    }
    for (var text : List.of(bomb, merges)) {
      assertThatThrownBy(() -> YamlDocument.read(text.toString()))
          .isInstanceOf(MalformedYamlException.class);
    }
  }
}
