package dev.keyturn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RefreshHintTest {

  @Test
  void anyTextIsForAllSecrets() {
    assertThat(RefreshHint.parse("2026-11-30T10:00:00Z"))
        .isEqualTo(new RefreshHint(Set.of(), "2026-11-30T10:00:00Z", Optional.empty()));
    assertThat(RefreshHint.parse(" build 7, by alice@example.com ").secrets()).isEmpty();
    assertThat(RefreshHint.parse("").text()).isEmpty();
  }

  @Test
  void whatStandsBeforeAnAtSignIsSecrets() {
    RefreshHint hint = RefreshHint.parse("db, app.conf@7@x");
    assertThat(hint.secrets()).containsExactly("db", "app.conf");
    assertThat(hint.text()).isEqualTo("7@x");
  }

  @Test
  void theSpreadStandsAtTheEnd() {
    RefreshHint hint = RefreshHint.parse("db@build 7 within reach within 90s");
    assertThat(hint.text()).isEqualTo("build 7 within reach");
    assertThat(hint.within()).contains(Duration.ofSeconds(90));
    assertThat(RefreshHint.parse("7 within days").text()).isEqualTo("7 within days");
    assertThat(RefreshHint.parse("7 within 9999h").within()).contains(RefreshHint.MAX_WITHIN);
  }

  @Test
  void aLongTextIsCut() {
    assertThat(RefreshHint.parse("x".repeat(5000)).text()).hasSize(RefreshHint.MAX_TEXT);
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "db@7", "db,app.conf@7 within 2m", "7 within 500ms", "@7", "a@b@c"})
  void aHintThatIsWrittenIsReadBack(String text) {
    RefreshHint hint = RefreshHint.parse(text);
    assertThat(hint).hasToString(text);
    assertThat(RefreshHint.parse(hint.toString())).isEqualTo(hint);
  }
}
