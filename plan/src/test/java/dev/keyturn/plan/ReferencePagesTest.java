package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The tables of the reference pages say what the code says. To write them anew: {@code mvn test -pl
 * plan -Dtest=ReferencePagesTest -Dkeyturn.docs=write}.
 */
class ReferencePagesTest {

  @ParameterizedTest
  @CsvSource({
    "plan.md, plan",
    "plan.md, vault",
    "plan.md, kubernetes",
    "plan.md, aws",
    "plan.md, secret",
    "plan.md, action",
    "plan.md, bounds",
    "annotations.md, pod",
    "annotations.md, secret",
    "annotations.md, vault",
    "annotations.md, kubernetes",
    "annotations.md, aws"
  })
  void theTablesOfTheReferencePagesAreThoseOfTheCode(String page, String table) throws IOException {
    Path file = Path.of("../docs", page);
    String text = Files.readString(file);
    String begin = "<!-- table " + table + " -->\n";
    String end = "<!-- end -->";
    int from = text.indexOf(begin) + begin.length();
    assertThat(from).as("the place for it in %s", file).isGreaterThan(begin.length());
    int to = text.indexOf(end, from);
    String expected = page.equals("plan.md") ? planTable(table) : annotationTable(table);
    if ("write".equals(System.getProperty("keyturn.docs"))) {
      Files.writeString(file, text.substring(0, from) + expected + text.substring(to));
    } else {
      assertThat(text.substring(from, to))
          .as("stale: run this test with -Dkeyturn.docs=write")
          .isEqualTo(expected);
    }
  }

  /** An example that leaves out the server or the secrets gets some. */
  @Test
  void theExamplesOfThePageOnPlansArePlans() throws IOException {
    int examples = 0;
    for (String block : Files.readString(Path.of("../docs/plan.md")).split("\n```", -1)) {
      if (!block.startsWith("yaml\n")) {
        continue;
      }
      for (String plan : block.substring("yaml\n".length()).split("\n---\n", -1)) {
        String whole =
            plan
                + (plan.contains("vault:  ") || plan.contains("vault: {")
                    ? ""
                    : "\nvault: {address: 'https://v', role: r}")
                + (plan.contains("secrets:") ? "" : "\nsecrets: {a: 'vault:a/b'}");
        assertThat(Plan.parseYaml(whole).secrets()).isNotEmpty();
        examples++;
      }
    }
    assertThat(examples).isGreaterThanOrEqualTo(6);
  }

  @Test
  void theSinksThatCanBeChosenAreThoseOfThePages() throws IOException {
    String pages =
        Files.readString(Path.of("../docs/java-agent.md"))
            + Files.readString(Path.of("../docs/sinks.md"));
    assertThat(AgentOptions.SINKS).isSorted().allMatch(sink -> pages.contains("`" + sink + "`"));
  }

  private static String planTable(String table) {
    return switch (table) {
      case "plan" -> keys("key", "", "", Key.PLAN);
      case "vault" -> keys("key", "", "", Key.VAULT);
      case "kubernetes", "aws", "sops" -> keys("key", "", "", Settings.SECTIONS.get(table));
      case "secret" -> keys("key", "", "", Key.SECRET);
      case "action" -> keys("key", "", "", Key.ACTION);
      default ->
          """
          | what | at most |
          | --- | --- |
          | a plan | %,d characters, %,d values, %d levels |
          | secrets | %,d |
          | a secret's name | %d characters |
          | a reference | %,d characters |
          | a key, a name of the environment, a property | %d characters |
          | names, properties or containers of a secret | %d each |
          """
              .formatted(
                  Rules.MAX_DOCUMENT,
                  TreeBuilder.MAX_NODES,
                  TreeBuilder.MAX_DEPTH,
                  Rules.MAX_SECRETS,
                  Rules.MAX_NAME,
                  Rules.MAX_REFERENCE,
                  Rules.MAX_KEY,
                  Rules.MAX_ENTRIES);
    };
  }

  private static String annotationTable(String table) {
    return switch (table) {
      case "pod" -> keys("annotation", "", "", Key.POD);
      case "vault" -> keys("annotation", "vault.", "", Key.VAULT);
      case "kubernetes", "aws", "sops" ->
          keys("annotation", table + ".", "", Settings.SECTIONS.get(table));
      default -> {
        List<Key> keys = new ArrayList<>();
        for (Key key : Key.SECRET) {
          keys.add(
              key.name().equals("from") ? new Key("secret", key.meaning(), key.fallback()) : key);
        }
        keys.addAll(Key.POD_SECRET);
        yield keys("annotation", "", ".NAME", keys);
      }
    };
  }

  private static String keys(String head, String before, String after, List<Key> keys) {
    var text = new StringBuilder("| " + head + " | meaning | without it |\n| --- | --- | --- |\n");
    String prefix = head.equals("annotation") ? PodPlan.PREFIX : "";
    for (Key key : keys) {
      text.append("| `").append(prefix).append(before).append(key.name()).append(after);
      String fallback = key.fallback().isEmpty() ? "an error" : key.fallback();
      text.append("` | ").append(key.meaning()).append(" | ").append(fallback).append(" |\n");
    }
    String page = head.equals("annotation") ? text.toString().replace("(#", "(plan.md#") : "";
    return page.isEmpty() ? text.toString() : page;
  }
}
