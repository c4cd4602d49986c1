package dev.keyturn.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class RefreshCommandTest {
  private static final String NOW = "2030-01-01T00:00:00Z";
  private static final String INJECTED = "\"annotations\": {\"keyturn.dev/status\": \"injected\"}";
  private static final String HEARS = "\"volumes\": [{\"name\": \"keyturn-hint\"}]";

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final Map<String, String> pods = new LinkedHashMap<>();
  private final Map<String, String> logs = new LinkedHashMap<>();
  private final List<List<String>> annotated = new ArrayList<>();
  private String refused = "";

  private void pod(String name, String metadata, String spec) {
    pods.put(
        name,
        "{\"metadata\": {\"name\": \"%s\", %s}, \"spec\": {%s}, \"status\": {\"phase\": \"Running\"}}"
            .formatted(name, metadata, spec));
  }

  private Kubectl.Answer answer(List<String> given, String input) {
    List<String> arguments = new ArrayList<>(given);
    arguments.remove("--namespace=shop");
    return switch (arguments.getFirst()) {
      case "annotate" -> annotate(arguments);
      case "logs" -> new Kubectl.Answer(0, logs.getOrDefault(arguments.get(1), ""), "");
      default -> get(arguments);
    };
  }

  private Kubectl.Answer annotate(List<String> arguments) {
    annotated.add(arguments);
    StringBuilder done = new StringBuilder();
    for (String name : arguments) {
      if (pods.containsKey(name) && !name.equals(refused)) {
        done.append("pod/").append(name).append('\n');
      }
    }
    return refused.isEmpty()
        ? new Kubectl.Answer(0, done.toString(), "")
        : new Kubectl.Answer(1, done.toString(), "pods \"" + refused + "\" is forbidden");
  }

  private Kubectl.Answer get(List<String> arguments) {
    assertThat(arguments.getFirst()).isEqualTo("get");
    if (arguments.get(1).equals("pods")) {
      return new Kubectl.Answer(0, "{\"items\": [" + String.join(",", pods.values()) + "]}", "");
    }
    if (arguments.get(1).equals("deploy/shop")) {
      return new Kubectl.Answer(
          0, "{\"spec\": {\"selector\": {\"matchLabels\": {\"app\": \"shop\"}}}}", "");
    }
    String pod = pods.get(arguments.get(2));
    return pod == null
        ? new Kubectl.Answer(1, "", "pods \"" + arguments.get(2) + "\" not found")
        : new Kubectl.Answer(0, pod, "");
  }

  private int run(String... arguments) {
    var clock = Clock.fixed(Instant.parse(NOW), ZoneOffset.UTC);
    return new CommandLine(new RefreshCommand(Optional.of(this::answer), clock))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setExecutionExceptionHandler(Keyturn::told)
        .execute(arguments);
  }

  private List<String> lines() {
    return out.toString().lines().toList();
  }

  @Test
  void pods_get_another_text_in_their_annotation() {
    pod("a", INJECTED, HEARS);
    pod("b", INJECTED, HEARS);
    assertThat(run("-n", "shop", "--secret", "db", "--secret", "key", "a", "b")).isZero();
    assertThat(lines()).containsExactly("a: told", "b: told");
    assertThat(annotated)
        .containsExactly(
            List.of(
                "annotate",
                "--overwrite",
                "-o",
                "name",
                "pods",
                "a",
                "b",
                "keyturn.dev/refresh=db,key@" + NOW + " within 4ms"));
  }

  @Test
  void of_many_those_without_a_sidecar_are_passed_over() {
    pod("a", INJECTED, HEARS);
    pod("plain", "\"labels\": {}", "");
    assertThat(run("--all")).isZero();
    assertThat(lines()).containsExactly("a: told");
    pods.clear();
    pod("plain", "\"labels\": {}", "");
    assertThat(run("deploy/shop")).isEqualTo(1);
    assertThat(lines()).contains("plain: has no sidecar");
    assertThat(run("--selector", "app=shop")).isEqualTo(1);
    assertThat(err.toString()).contains("no such pod has a sidecar");
  }

  @Test
  void a_pod_that_cannot_hear_is_told_of() {
    pod("old", INJECTED, "");
    pod("a", INJECTED, HEARS);
    assertThat(run("--all")).isEqualTo(1);
    assertThat(lines()).anyMatch(line -> line.startsWith("old: hears no hint")).contains("a: told");
  }

  @Test
  void what_the_cluster_refuses_is_told() {
    pod("a", INJECTED, HEARS);
    pod("b", INJECTED, HEARS);
    refused = "b";
    assertThat(run("a", "b")).isEqualTo(1);
    assertThat(lines()).containsExactly("a: told", "b: not told");
    assertThat(err.toString()).contains("pods \"b\" is forbidden");
    assertThat(run("c")).isEqualTo(2);
    assertThat(err.toString()).contains("the cluster says no: pods \"c\" not found");
  }

  @Test
  void waiting_ends_when_the_sidecars_say_that_they_have_looked() {
    pod("a", INJECTED, HEARS);
    pod("b", INJECTED, HEARS);
    logs.put("a", "{\"event\":\"refresh\",\"outcome\":\"ok\",\"hint\":\"" + NOW + "\"}\n");
    logs.put(
        "b",
        "{\"event\":\"refresh\",\"outcome\":\"ok\",\"hint\":\"other\"}\n"
            + "{\"event\":\"refresh\",\"outcome\":\"failed\",\"hint\":\""
            + NOW
            + "\",\"error\":\"not fresh: db\"}\n");
    assertThat(run("--wait", "30", "--all")).isEqualTo(1);
    assertThat(lines())
        .containsExactly("a: told", "b: told", "a: has looked", "b: has looked: not fresh: db");
  }

  @Test
  void waiting_in_vain_ends_too() {
    pod("a", INJECTED, HEARS);
    assertThat(run("--wait", "1", "a")).isEqualTo(1);
    assertThat(lines()).contains("a: has not said within 1 s that it has looked");
  }

  @Test
  void a_large_fleet_is_told_in_batches_and_spread() {
    IntStream.range(0, 1200).forEach(i -> pod("p" + i, INJECTED, HEARS));
    assertThat(run("--all")).isZero();
    assertThat(annotated).hasSize(6).allMatch(it -> it.getLast().endsWith(NOW + " within 2400ms"));
    assertThat(lines()).hasSize(1200);
  }

  @Test
  void whoever_does_not_say_whom_is_asked() {
    assertThat(run()).isEqualTo(2);
    assertThat(run("--all", "a")).isEqualTo(2);
    assertThat(err.toString()).contains("say whom, in one way");
  }
}
