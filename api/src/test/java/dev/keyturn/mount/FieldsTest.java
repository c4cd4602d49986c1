package dev.keyturn.mount;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {
  @Test
  void readsProperties() {
    assertThat(
            Fields.ofProperties(
                "a\\ b=1\\=2\nc=\\u00fc\\n'x'\n".getBytes(StandardCharsets.ISO_8859_1)))
        .isEqualTo(Map.of("a b", "1=2", "c", "\u00fc\n'x'"));
  }

  @Test
  void readsShellVariables() {
    assertThat(Fields.ofEnv("user='me'\nnote='it'\\''s\ntwo=lines'\nempty=''\n"))
        .isEqualTo(Map.of("user", "me", "note", "it's\ntwo=lines", "empty", ""));
  }

  @Test
  void readsJson() {
    assertThat(
            Fields.ofJson(
                "{\"s\":\"q\\\"\\n\\u00fc\\ud83d\\ude00\",\"n\":-1.5e3,\"t\":true,\"z\":null,"
                    + "\"l\":[1,\"]\",{}],\"o\":{\"a\":{\"b\":[]}}}\n"))
        .isEqualTo(
            Map.of(
                "s",
                "q\"\n\u00fc\ud83d\ude00",
                "n",
                "-1.5e3",
                "t",
                "true",
                "z",
                "null",
                "l",
                "[1,\"]\",{}]",
                "o",
                "{\"a\":{\"b\":[]}}"));
    assertThat(Fields.ofJson(" { } \n")).isEmpty();
  }

  @Test
  void readsYaml() {
    assertThat(Fields.ofYaml("\"a: b\": \"x\\ny\"\n\"n\": 5\n\"o\": {\"k\": [1, 2]}\n"))
        .isEqualTo(Map.of("a: b", "x\ny", "n", "5", "o", "{\"k\": [1, 2]}"));
    assertThat(Fields.ofYaml("{}\n")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "[]",
        "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\":1}x",
        "{\"a\":tru}",
        "{\"a\":1 2}",
        "{\"a\":\"\n\"}",
        "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}",
        "{\"a\":\"",
        "{\"a\":1,\"a\":2}",
        "{a:1}"
      })
  void refusesWhatIsNotJson(String text) {
    assertThatThrownBy(() -> Fields.ofJson(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesJsonDeeperThanAnySecret() {
    assertThatThrownBy(() -> Fields.ofJson("{\"a\":" + "[".repeat(100_000)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most 100 values inside one another");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a", "a=b\n", "a='b", "a='b'c\n", "a='b'\na='c'\n"})
  void refusesWhatTheEnvFormatIsNot(String text) {
    assertThatThrownBy(() -> Fields.ofEnv(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"a: 1\n", "\"a\":1\n", "\"a\": 1 \n", "\"a\": 1\n\"a\": 2\n", "- 1\n"})
  void refusesYamlThatNoWriterWrites(String text) {
    assertThatThrownBy(() -> Fields.ofYaml(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Property(tries = 300)
  void readsBackEveryValueOfEveryFormat(@ForAll String value) {
    String json = json(value);
    assertThat(Fields.ofJson("{\"k\":" + json + "}")).isEqualTo(Map.of("k", value));
    assertThat(Fields.ofYaml("\"k\": " + json + "\n")).isEqualTo(Map.of("k", value));
    assertThat(Fields.ofEnv("k='" + value.replace("'", "'\\''") + "'\n"))
        .isEqualTo(Map.of("k", value));
  }

  private static String json(String value) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      json.append(c < ' ' || c == '"' || c == '\\' ? "\\u%04x".formatted((int) c) : c);
    }
    return json.append('"').toString();
  }

  @Property(tries = 300)
  void failsInOneWayOnly(@ForAll("almostFields") String text) {
    for (Function<String, Map<String, String>> format :
        List.<Function<String, Map<String, String>>>of(
            Fields::ofJson,
            Fields::ofYaml,
            Fields::ofEnv,
            t -> Fields.ofProperties(t.getBytes(StandardCharsets.UTF_8)))) {
      try {
        assertThat(format.apply(text)).isNotNull();
      } catch (IllegalArgumentException expected) {
        assertThat(expected).hasMessageNotContaining("Exception");
      }
    }
  }

  @Provide
  Arbitrary<String> almostFields() {
    return Arbitraries.strings().withChars("{}[]\":,'=\\u\n -1atrue.e").ofMaxLength(30);
  }
}
