package dev.keyturn.javaagent.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OptionsTest {
  @Test
  void has_defaults() {
    Options options = new Options(null);
    assertThat(options.off).isFalse();
    assertThat(options.mount).isEqualTo(new File("/keyturn/secrets"));
    assertThat(options.windowMillis).isEqualTo(300_000);
    assertThat(options.retireMillis).isEqualTo(10_000);
    assertThat(options.children).isEqualTo("block");
    assertThat(options.mask).isTrue();
    assertThat(options.allows("ldap")).isTrue();
    assertThat(options.acknowledge).isNull();
  }

  @Test
  void takes_them_all() {
    Options options =
        new Options(
            "mount=/m,window=500ms,retire=2h,children=report,mask=off,sinks=jdbc+redis,"
                + "acknowledge=/a,off");
    assertThat(options.off).isTrue();
    assertThat(options.mount).isEqualTo(new File("/m"));
    assertThat(options.windowMillis).isEqualTo(500);
    assertThat(options.retireMillis).isEqualTo(7_200_000);
    assertThat(options.children).isEqualTo("report");
    assertThat(options.mask).isFalse();
    assertThat(options.allows("jdbc")).isTrue();
    assertThat(options.allows("redis")).isTrue();
    assertThat(options.allows("ldap")).isFalse();
    assertThat(options.acknowledge).isEqualTo(new File("/a"));
  }

  @Test
  void names_each_that_is_wrong_and_goes_on() {
    PrintStream real = System.err;
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      Options options =
          new Options(
              "mout=/m,window=5,retire=-1s,children=perhaps,mask=,,window=25h,sinks=,mount=/n");
      assertThat(options.allows("jdbc")).isTrue();
      assertThat(options.mount).isEqualTo(new File("/n"));
      assertThat(options.windowMillis).isEqualTo(300_000);
      assertThat(options.retireMillis).isEqualTo(10_000);
    } finally {
      System.setErr(real);
    }
    assertThat(said.toString(StandardCharsets.UTF_8).lines())
        .hasSize(7)
        .allMatch(line -> line.startsWith("keyturn: "))
        .anyMatch(line -> line.contains("'mout=/m'"))
        .anyMatch(line -> line.contains("'window=5' is ignored: a time"))
        .anyMatch(line -> line.contains("'retire=-1s'"))
        .anyMatch(line -> line.contains("'children=perhaps'"))
        .anyMatch(line -> line.contains("'mask='"))
        .anyMatch(line -> line.contains("'sinks='"))
        .anyMatch(line -> line.contains("'window=25h'"));
  }
}
