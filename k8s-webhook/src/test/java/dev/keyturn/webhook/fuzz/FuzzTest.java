package dev.keyturn.webhook.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * No input makes what reads it fail otherwise than by saying what is wrong, hang, or take all
 * memory. Jazzer runs as a process of its own, so that it changes no class of other tests; what it
 * finds it prints, with the input.
 */
class FuzzTest {
  /** As many as take a few seconds. */
  private static final int SHORT = 20_000;

  /** More than ten million with all eight. */
  private static final int LONG = 1_300_000;

  private static final Pattern DONE = Pattern.compile("Done ([0-9]+) (runs|in)");

  @TempDir private Path directory;

  @Test
  void whateverComesIsAnsweredOrRefused() throws Exception {
    fuzz("Any", SHORT);
  }

  @Tag("soak")
  @ParameterizedTest
  @ValueSource(
      strings = {
        "Review",
        "Annotations",
        "VaultAnnotations",
        "PlanText",
        "ReferenceText",
        "TemplateText",
        "Rendered",
        "Yaml"
      })
  void whateverComesIsAnsweredOrRefusedTenMillionTimes(String target) throws Exception {
    fuzz(target, LONG);
  }

  private void fuzz(String target, int runs) throws IOException, InterruptedException {
    Path seeds = Files.createDirectory(directory.resolve("seeds"));
    seed(target, seeds);
    Path output = directory.resolve("output");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+EnableDynamicAgentLoading",
                "--enable-native-access=ALL-UNNAMED",
                "-Xmx512m",
                "-cp",
                System.getProperty("java.class.path"),
                "com.code_intelligence.jazzer.Jazzer",
                "--target_class=dev.keyturn.webhook.fuzz.FuzzTargets$" + target,
                "--instrumentation_includes=dev.keyturn.**",
                "--custom_hook_includes=dev.keyturn.**",
                "--reproducer_path=" + directory,
                "-artifact_prefix=" + directory + "/",
                "-runs=" + runs,
                "-seed=1",
                "-timeout=60",
                "-rss_limit_mb=2048",
                "-max_len=4096",
                seeds.toString())
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      int code = process.waitFor();
      String text = Files.readString(output);
      assertThat(code).as(text).isZero();
      var done = DONE.matcher(text);
      assertThat(done.find()).as(text).isTrue();
      assertThat(Integer.parseInt(done.group(1))).isGreaterThanOrEqualTo(runs);
      System.out.println("figure fuzz " + target + ": " + done.group(1) + " inputs");
    } finally {
      process.destroyForcibly();
    }
  }

  /** Something to start from: what is right is hardly found by chance. */
  private static void seed(String target, Path seeds) throws IOException {
    List<String> texts =
        switch (target) {
          case "Review" ->
              List.of(
                  Files.readString(Path.of("src/test/resources/golden/whole-plan.review.json")),
                  Files.readString(Path.of("src/test/resources/golden/java-agent.review.json")));
          case "ReferenceText" -> List.of("secret/data/a?version=1#b", "pki/issue/a?b=%20c");
          case "TemplateText" ->
              List.of(
                  " with secret \"a/b\" }}{{ range $k, $v := .Data }}{{ $k }}{{ end }}{{ end }}",
                  "- if eq 1 (len \"a\") -}}x{{ else }}{{ printf \"%q\" `a` }}{{ end }}");
          case "Rendered" ->
              List.of(
                  " .Data.a.b | toJSON }}{{ range .Data.a.b }}{{ printf \"%v\" . }}{{ end }}{{ end"
                      + " }}",
                  " define \"t\" }}{{ . }}{{ end }}{{ template \"t\" 1 }}{{ end }}",
                  " .Data.d | sprig_nindent 2 | sprig_quote }}{{ toTOML .Data }}{{ end }}");
          case "PlanText" ->
              List.of("vault: {address: 'https://v', role: r}\nsecrets: {a: 'vault:a/b#c'}\n");
          case "Yaml" -> List.of("a: &a [1, 'b']\nc: {<<: {d: *a}}\n---\ne: |\n  f\n");
          default -> List.of("seed");
        };
    for (int i = 0; i < texts.size(); i++) {
      Files.write(seeds.resolve("seed" + i), texts.get(i).getBytes(UTF_8));
    }
  }
}
