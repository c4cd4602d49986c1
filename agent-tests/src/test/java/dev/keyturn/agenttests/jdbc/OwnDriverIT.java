package dev.keyturn.agenttests.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.keyturn.agenttests.Application;
import dev.keyturn.javaagent.Jvm;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code java.sql.Driver} by its contract. */
class OwnDriverIT {
  @TempDir Path scratch;

  static List<Jvm> jvms() {
    return Jvm.all();
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void a_driver_that_registers_gets_the_values_wherever_it_inherits_the_method(Jvm jvm)
      throws Exception {
    Login one = Login.of("one");
    Login two = Login.of("two");
    try (Application app =
        Application.of("jdbc/OwnDriver").jvm(jvm).start(scratch, one.published())) {
      assertThat(app.ask("jdbc:own:x"))
          .isEqualTo("jdbc:own:x {password=" + one.password() + ", user=one}");
      app.rotate(two.published());
      assertThat(app.ask("jdbc:own:x?a=b&key=keyturn%3Adb%2Fpassword&c=d"))
          .isEqualTo(
              "jdbc:own:x?a=b&c=d {key="
                  + two.password()
                  + ", password="
                  + two.password()
                  + ", user=two}");
      assertThat(app.err()).isEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("jvms")
  void in_a_class_loader_of_the_applications_own(Jvm jvm) throws Exception {
    Login one = Login.of("one");
    try (Application app =
        Application.of("jdbc/OwnDriver").jvm(jvm).inChildLoader().start(scratch, one.published())) {
      assertThat(app.ask("jdbc:own:x"))
          .isEqualTo("jdbc:own:x {password=" + one.password() + ", user=one}");
    }
  }
}
