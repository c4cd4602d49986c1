package dev.keyturn.sidecar.render;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.keyturn.plan.Plan;
import dev.keyturn.plan.SecretSpec;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class EnvNamesTest {
  private static SecretSpec spec(String yaml) {
    return Plan.parseYaml("secrets:\n  " + yaml).secrets().getFirst();
  }

  @Test
  void a_secret_without_names_gets_its_own_and_its_keys() {
    SecretSpec spec = spec("my-db.x: {from: 'file:a.json', format: json}");
    assertThat(EnvNames.defaults(spec, Set.of("pass-word")))
        .isEqualTo(Map.of("MY_DB_X_PASS_WORD", "pass-word"));
  }

  @Test
  void a_raw_secret_gets_its_own_name_alone() {
    assertThat(EnvNames.defaults(spec("my-db: {from: 'file:a', format: raw}"), Set.of("value")))
        .isEqualTo(Map.of("MY_DB", ""));
  }

  @Test
  void a_secret_with_names_gets_no_others() {
    SecretSpec spec = spec("db: {from: 'file:a.json', format: json, env: {DB_USER: user}}");
    assertThat(EnvNames.defaults(spec, Set.of("user", "password"))).isEmpty();
  }

  @Test
  void a_name_for_a_key_that_is_not_there_is_an_error_with_the_keys_that_are() {
    SecretSpec spec = spec("db: {from: 'file:a.json', format: json, env: {DB_USER: usr}}");
    assertThatThrownBy(() -> EnvNames.explicit(spec, spec.env().orElseThrow(), Set.of("user")))
        .hasMessageContaining("no key 'usr', which DB_USER stands for: it has user");
  }

  @Test
  void a_certificate_has_no_names_but_those_for_the_whole_file() throws Exception {
    SecretSpec spec = spec("tls: {from: 'file:a.json', format: pem}");
    assertThat(EnvNames.defaults(spec, Set.of("tls.crt"))).isEmpty();
    assertThat(EnvNames.explicit(spec, Map.of("TLS", ""), Set.of("tls.crt")))
        .isEqualTo(Map.of("TLS", ""));
    assertThatThrownBy(() -> EnvNames.explicit(spec, Map.of("TLS", "tls.crt"), Set.of("tls.crt")))
        .hasMessageContaining("format pem has no keys such as 'tls.crt'");
  }
}
