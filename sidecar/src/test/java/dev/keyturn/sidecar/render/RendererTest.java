package dev.keyturn.sidecar.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Format;
import dev.keyturn.sidecar.source.FetchException;
import dev.keyturn.sidecar.source.Field;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import tools.jackson.core.JsonParser;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/** Each format is read back by a reader that people use, none of ours. */
class RendererTest {
  /** What breaks escaping that is not right. */
  private static final List<String> NASTY =
      List.of(
          "plain",
          "  leading and trailing  ",
          "two\nlines\r\nand a \ttab",
          "\n",
          "quotes ' \" ` and 'more'",
          "a=b:c#d!e",
          "back\\slash \\n \\u0041 \\",
          "$HOME $(id) `id` ${x}",
          "Grüße, 世界, \ud83d\udd11",
          "\u0001\u007f\u0085\u00a0\u2028\u2029\ufeff\uffff",
          "- {yaml: [no], &a *b !c |",
          "true",
          "null",
          "0123",
          "#comment",
          "!bang",
          "%percent @at",
          "\f\u000b",
          "");

  private static SortedMap<String, Field> nasty() {
    SortedMap<String, Field> fields = new TreeMap<>();
    int i = 0;
    for (String text : NASTY) {
      fields.put("k%02d %s".formatted(i++, text), Field.text(text));
    }
    return fields;
  }

  private static Map<String, String> expected() {
    Map<String, String> expected = new LinkedHashMap<>();
    nasty()
        .forEach(
            (key, field) ->
                expected.put(key, new String(field.value().bytes(), StandardCharsets.UTF_8)));
    return expected;
  }

  private static byte[] render(Format format, SortedMap<String, Field> fields) throws Exception {
    return Renderer.render("vault:secret/app", format, "changeit", fields, warning -> {});
  }

  private static String text(Format format, SortedMap<String, Field> fields) throws Exception {
    return new String(render(format, fields), StandardCharsets.UTF_8);
  }

  private static SortedMap<String, Field> one(String key, Field field) {
    return new TreeMap<>(Map.of(key, field));
  }

  @Test
  void properties_are_read_by_java_util_Properties() throws Exception {
    Properties read = new Properties();
    read.load(new ByteArrayInputStream(render(Format.PROPERTIES, nasty())));
    assertThat(read).isEqualTo(expected());
    assertThat(text(Format.PROPERTIES, nasty())).matches("[ -~\\n]*").hasLineCount(NASTY.size());
  }

  @Test
  void env_is_read_by_a_shell(@TempDir Path directory) throws Exception {
    SortedMap<String, Field> fields = new TreeMap<>();
    StringBuilder print = new StringBuilder();
    for (int i = 0; i < NASTY.size(); i++) {
      fields.put("k-" + i, Field.text(NASTY.get(i)));
      print.append("printf '%s\\0' \"$k_").append(i).append("\"; ");
    }
    Path file = directory.resolve("env");
    Files.write(file, render(Format.ENV, fields));
    Process shell = new ProcessBuilder("sh", "-euc", ". " + file + "; " + print).start();
    String out = new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(shell.waitFor()).isZero();
    assertThat(out.split("\0", -1)).containsExactly(withEnd());
  }

  private static String[] withEnd() {
    String[] all = NASTY.toArray(new String[NASTY.size() + 1]);
    all[NASTY.size()] = "";
    return all;
  }

  @Test
  void json_is_read_by_jackson() throws Exception {
    byte[] json = render(Format.JSON, nasty());
    Map<String, String> read = new LinkedHashMap<>();
    try (JsonParser parser = new JsonFactory().createParser(ObjectReadContext.empty(), json)) {
      parser.nextToken();
      for (String key = parser.nextName(); key != null; key = parser.nextName()) {
        read.put(key, parser.nextStringValue());
      }
    }
    assertThat(read).containsExactlyEntriesOf(expected());
    assertThat(new String(json, StandardCharsets.UTF_8)).hasLineCount(1);
  }

  @Test
  void yaml_is_read_by_snakeyaml() throws Exception {
    Object read =
        new Load(LoadSettings.builder().build()).loadFromString(text(Format.YAML, nasty()));
    assertThat(read).isEqualTo(expected());
    assertThat(text(Format.YAML, nasty())).hasLineCount(NASTY.size());
  }

  @Test
  void yaml_keeps_what_is_no_text() throws Exception {
    SortedMap<String, Field> fields = new TreeMap<>();
    fields.put("n", Field.json("5432"));
    fields.put("b", Field.json("true"));
    fields.put("o", Field.json("{\"list\":[1,null,\"\u0085\"]}"));
    assertThat(text(Format.YAML, fields))
        .isEqualTo("\"b\": true\n\"n\": 5432\n\"o\": {\"list\":[1,null,\"\\u0085\"]}\n");
    Object read =
        new Load(LoadSettings.builder().build()).loadFromString(text(Format.YAML, fields));
    assertThat(read.toString()).isEqualTo("{b=true, n=5432, o={list=[1, null, \u0085]}}");
  }

  @Test
  void numbers_and_objects_keep_the_spelling_of_their_source() throws Exception {
    SortedMap<String, Field> fields = one("port", Field.json("5432"));
    fields.put("ratio", Field.json("1.50"));
    fields.put("list", Field.json("[1,{\"a\":null}]"));
    assertThat(text(Format.JSON, fields))
        .isEqualTo("{\"list\":[1,{\"a\":null}],\"port\":5432,\"ratio\":1.50}\n");
    assertThat(text(Format.ENV, fields))
        .isEqualTo("list='[1,{\"a\":null}]'\nport='5432'\nratio='1.50'\n");
  }

  @Test
  void raw_is_the_one_field_and_nothing_else() throws Exception {
    assertThat(render(Format.RAW, one("key", Field.of(new byte[] {0, -1, 10}))))
        .containsExactly(0, -1, 10);
    SortedMap<String, Field> two = one("a", Field.text("canary-1"));
    two.put("b", Field.text("canary-2"));
    assertThatThrownBy(() -> render(Format.RAW, two))
        .isInstanceOf(FetchException.class)
        .hasMessageContaining("of a, b")
        .hasMessageNotContaining("canary");
  }

  @Test
  void bytes_become_base64_where_only_text_can_be() throws Exception {
    SortedMap<String, Field> fields = one("key", Field.of(new byte[] {0, -1, 10}));
    assertThat(text(Format.JSON, fields)).isEqualTo("{\"key\":\"AP8K\"}\n");
    assertThat(text(Format.PROPERTIES, fields)).isEqualTo("key=AP8K\n");
    assertThat(text(Format.ENV, fields)).isEqualTo("key='AP8K'\n");
  }

  @Test
  void env_refuses_what_a_shell_cannot_hold() {
    SortedMap<String, Field> meeting = one("a-b", Field.text("canary-1"));
    meeting.put("a.b", Field.text("canary-2"));
    assertThatThrownBy(() -> render(Format.ENV, meeting))
        .hasMessageContaining("'a-b' and 'a.b' both become a_b")
        .hasMessageNotContaining("canary");
    assertThatThrownBy(() -> render(Format.ENV, one("x", Field.text("canary\0"))))
        .hasMessageContaining("NUL")
        .hasMessageNotContaining("canary");
  }

  @Test
  void env_names_never_start_with_a_digit() throws Exception {
    assertThat(text(Format.ENV, one("1st", Field.text("x")))).isEqualTo("_1st='x'\n");
  }
}
