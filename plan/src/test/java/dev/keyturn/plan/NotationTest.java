package dev.keyturn.plan;

import static dev.keyturn.plan.PlanTest.problems;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What YAML and JSON may look like, whatever they say. */
class NotationTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a: &x 1\\nb: *x | has an alias ('*'): write it out at line 2, column 4",
        "secrets: !x {} | has a tag ('!'), which no plan needs at line 1, column 10",
        "secrets: !!binary eA== | has a tag",
        "--- {}\\n--- {} | has a second document: write one at line 2, column 1",
        "a: b: c | put quotes around a value",
        "a:\\n\\tb: c | indent with blanks",
        "{a: b | not valid YAML at line 1",
        "a: \"\\x\" | not valid YAML at line 1, column",
        "a: b\u0001c | not valid YAML",
        "{{a: b}: c} | has a key that is no text",
      })
  void yamlThatNoPlanNeedsIsRefused(String text, String problem) {
    String yaml = text.replace("\\n", "\n").replace("\\t", "\t");
    assertThat(problems(() -> Plan.parseYaml(yaml)))
        .singleElement()
        .asString()
        .startsWith("plan: ")
        .contains(problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | not valid JSON at line 1, column 2",
        "{} {} | has something after its end",
        "{\"a\": 01} | not valid JSON at line 1",
        "nonsense | not valid JSON at line 1",
        "'' | is no mapping",
        "[] | is no mapping",
        "1 | is no mapping",
      })
  void whatIsNoJsonIsRefused(String text, String problem) {
    assertThat(problems(() -> Plan.parseJson(text)))
        .singleElement()
        .asString()
        .startsWith("plan: ")
        .contains(problem);
  }

  @Test
  void aKeyThatIsThereTwiceIsToldInBothNotations() {
    String text = "{\"secrets\": {\"a\": \"file:a\", \"a\": \"file:b\"}}";
    assertThat(problems(() -> Plan.parseYaml(text)))
        .containsExactly("secrets.a: is there twice: keep one");
    assertThat(problems(() -> Plan.parseJson(text)))
        .containsExactly("secrets.a: is there twice: keep one");
  }

  @Test
  void scalarsMeanWhatIsWritten() {
    Plan quoted = Plan.parseYaml("secrets: {a: {from: file:a, mode: '0400', required: 'true'}}");
    assertThat(Plan.parseYaml("secrets: {a: {from: file:a, mode: 0400, required: true}}"))
        .isEqualTo(quoted);
    assertThat(
            Plan.parseJson(
                "{\"secrets\": {\"a\": {\"from\": \"file:a\", \"mode\": \"0400\","
                    + " \"required\": true}}}"))
        .isEqualTo(quoted);
  }

  @ParameterizedTest
  @CsvSource({"[, ]", "'{\"a\":', }"})
  void deepNestingIsRefusedWithoutFollowingIt(String open, String close) {
    String text = open.repeat(40_000) + close.repeat(40_000);
    assertThat(problems(() -> Plan.parseYaml(text))).singleElement().asString().contains("deeper");
    assertThat(problems(() -> Plan.parseJson(text))).singleElement().asString().contains("deeper");
  }

  @Test
  void sizeAndCountAreBounded() {
    String long_ = "a".repeat(Rules.MAX_DOCUMENT + 1);
    assertThat(problems(() -> Plan.parseYaml(long_))).singleElement().asString().contains("longer");
    assertThat(problems(() -> Plan.parseJson(long_))).singleElement().asString().contains("longer");
    String many = "[" + "1,".repeat(TreeBuilder.MAX_NODES) + "1]";
    assertThat(problems(() -> Plan.parseYaml(many))).singleElement().asString().contains("values");
    assertThat(problems(() -> Plan.parseJson(many))).singleElement().asString().contains("values");
  }

  @Test
  void aMergeKeyIsNoWayAroundTheBounds() {
    assertThat(problems(() -> Plan.parseYaml("{<<: {a: b}, secrets: {a: file:a}}")))
        .singleElement()
        .asString()
        .contains("unknown key");
  }
}
