package dev.keyturn.sidecar.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SecretValueTest {
  @Test
  void prints_nothing_of_the_secret_wherever_it_is_part_of() {
    TreeMap<String, Field> fields = new TreeMap<>();
    fields.put("password", Field.text("canary-1"));
    Version version = new Version(Optional.of("1"), fields, Optional.empty());
    assertThat(version.toString()).contains("password", "[secret]").doesNotContain("canary");
  }

  @Test
  void is_wiped_when_closed() {
    byte[] bytes = {1, 2, 3};
    new SecretValue(bytes).close();
    assertThat(bytes).containsOnly(0);
  }

  @Test
  void is_equal_by_content_and_tells_nothing_by_its_hash() {
    assertThat(SecretValue.of("a"))
        .isEqualTo(SecretValue.of("a"))
        .isNotEqualTo(SecretValue.of("b"));
    assertThat(SecretValue.of("a")).hasSameHashCodeAs(SecretValue.of("b"));
  }

  @Test
  void a_selection_is_a_copy_and_leaves_what_it_chose_from() throws Exception {
    TreeMap<String, Field> fields = new TreeMap<>();
    fields.put("a", Field.text("canary"));
    fields.put("b", Field.text("canary"));
    var chosen = Selection.select(dev.keyturn.plan.Reference.parse("vault:secret/app#a"), fields);
    assertThat(chosen.get("a").value().bytes())
        .isEqualTo("canary".getBytes(java.nio.charset.StandardCharsets.UTF_8));
    chosen.get("a").value().close();
    assertThat(fields.get("a")).isEqualTo(fields.get("b"));
  }
}
