package dev.keyturn.webhook.admission;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.webhook.patch.PatchApplier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Reviews as an API server sends them, and the answers. After a wanted change, write the answers
 * again with {@code -Dkeyturn.golden=write} and read the difference.
 */
class GoldenTest {
  private static final Path DIRECTORY = Path.of("src/test/resources/golden");
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .defaultPrettyPrinter(
              new DefaultPrettyPrinter()
                  .withArrayIndenter(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE))
          .build();

  private final Injector injector = new Injector(TestSettings.typical());

  static List<String> cases() throws IOException {
    try (var files = Files.list(DIRECTORY)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".review.json"))
          .map(name -> name.replace(".review.json", ""))
          .sorted(Comparator.naturalOrder())
          .toList();
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void theAnswerIsTheOneWrittenDown(String name) throws IOException {
    byte[] body = Files.readAllBytes(DIRECTORY.resolve(name + ".review.json"));
    var review = AdmissionReview.read(new ByteArrayInputStream(body));
    Admission admission =
        review.pod().map(injector::admit).orElseGet(() -> new Admission.Unchanged());
    JsonNode answer = JSON.readTree(review.answer(admission));
    assertThat(answer.path("response").path("uid")).isEqualTo(request(body).path("uid"));

    ObjectNode shown = shown(answer);
    Path file = DIRECTORY.resolve(name + ".answer.json");
    if ("write".equals(System.getProperty("keyturn.golden"))) {
      Files.writeString(file, JSON.writeValueAsString(shown) + "\n");
    }
    assertThat(shown).isEqualTo(JSON.readTree(Files.readString(file)));

    if (admission instanceof Admission.Patched patched) {
      ObjectNode before = (ObjectNode) request(body).path("object");
      ObjectNode after = PatchApplier.apply(patched.patch(), before);
      // A pod whose author has forged our marks has containers of ours that change.
      if (!name.startsWith("forged") && !name.startsWith("again")) {
        PodInvariants.check(before, after);
      }
      assertThat(injector.admit(new Pod(after, "shop"))).isEqualTo(new Admission.Unchanged());
      assertThat(patched.warnings()).allMatch(warning -> warning.length() <= 256);
    }
  }

  private static JsonNode request(byte[] body) {
    return JSON.readTree(body).path("request");
  }

  /** The answer with its patch readable. */
  private static ObjectNode shown(JsonNode answer) {
    ObjectNode response = answer.path("response").deepCopy().asObject();
    response.remove("uid");
    if (response.has("patch")) {
      ArrayNode patch = (ArrayNode) JSON.readTree(response.path("patch").binaryValue());
      response.set("patch", patch);
    }
    return response;
  }
}
