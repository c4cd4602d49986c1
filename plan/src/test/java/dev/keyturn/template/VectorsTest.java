package dev.keyturn.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What consul-template makes of a template is what we make of it. */
class VectorsTest {
  private static final Limits LIMITS = new Limits(100_000_000, 1 << 26, 500);

  /**
   * What a template becomes.
   *
   * @param output bytes, as {@link Bytes} has them
   * @param line of the error; 0 where there is none
   * @param column of an error while rendering; 0 where Go says none
   */
  record Vector(String template, boolean strict, String output, int line, int column, String says) {
    @Override
    public String toString() {
      return template;
    }
  }

  static List<Vector> vectors() throws IOException {
    List<Vector> vectors = new ArrayList<>();
    for (Object value : (List<?>) Json.read(resource("vectors.json"), true, new Budget(LIMITS))) {
      Map<?, ?> vector = (Map<?, ?>) value;
      String says = text(vector, "says");
      vectors.add(
          new Vector(
              text(vector, "template"),
              Boolean.TRUE.equals(vector.get("strict")),
              new String(
                  Base64.getDecoder().decode(text(vector, "output")), StandardCharsets.ISO_8859_1),
              number(vector, "line"),
              number(vector, "column"),
              says));
    }
    return vectors;
  }

  private static String text(Map<?, ?> vector, String key) {
    return vector.get(key) instanceof String text ? Bytes.decode(text) : "";
  }

  private static int number(Map<?, ?> vector, String key) {
    return vector.get(key) instanceof Values.JsonNumber number
        ? Integer.parseInt(number.text())
        : 0;
  }

  private static String resource(String name) throws IOException {
    try (InputStream in = Objects.requireNonNull(VectorsTest.class.getResourceAsStream(name))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static final class Vault implements Data {
    private final String secret;

    Vault(String secret) {
      this.secret = secret;
    }

    @Override
    public Optional<Answer> answer(Request request) {
      return switch (request) {
        case Request.Secret asked when asked.path().equals("secret/data/app") ->
            Optional.of(new Answer("lease/1", 3600, true, secret));
        case Request.Listing asked when asked.path().equals("secret/metadata") ->
            Optional.of(new Answer("", 0, false, "{\"keys\": [\"c\", \"a\", \"b/\"]}"));
        default -> Optional.empty();
      };
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void whatComesOutIsWhatConsulTemplateMakes(Vector vector) throws IOException {
    Data vault = new Vault(resource("secret.json"));
    if (vector.line() == 0) {
      Rendering rendering =
          Template.parse(vector.template()).render(vault, vector.strict(), LIMITS);
      assertThat(new String(rendering.content(), StandardCharsets.ISO_8859_1))
          .isEqualTo(vector.output());
      return;
    }
    TemplateException e =
        catchThrowableOfType(
            TemplateException.class,
            () -> Template.parse(vector.template()).render(vault, vector.strict(), LIMITS));
    assertThat(e).as(vector.says()).isNotNull();
    assertThat(e.line()).as("%s: %s", vector.says(), e.getMessage()).isEqualTo(vector.line());
    if (vector.column() > 0) {
      assertThat(e.column()).as("%s: %s", vector.says(), e.getMessage()).isEqualTo(vector.column());
    }
    assertThat(e).hasMessageNotContaining("s3cr").hasMessageNotContaining("8080");
  }

  @Test
  void everyFunctionIsInAVector() throws IOException {
    String all = resource("vectors.json");
    assertThat(Functions.names())
        .filteredOn(name -> !all.contains(name) && !name.equals("pkiCert"))
        .isEmpty();
  }
}
