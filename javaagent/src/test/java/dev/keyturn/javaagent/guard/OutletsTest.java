package dev.keyturn.javaagent.guard;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutletsTest {
  private static void send(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    Outlets.look(bytes, 0, bytes.length);
  }

  @Test
  void a_stand_in_that_was_kept_from_a_host_is_not_reported_once_more() {
    var said = new ByteArrayOutputStream();
    PrintStream real = System.err;
    System.setErr(new PrintStream(said, true, StandardCharsets.UTF_8));
    try {
      Outlets.kept("gate");
      send("GET /?key=keyturn%3Agate%2Ftoken X-Token: keyturn:gate/token X: keyturn:gate \r\n");
      assertThat(said.toString(StandardCharsets.UTF_8)).isEmpty();
      send("GET /?key=keyturn%3Agate2%2Ftoken X: \r\n");
      send("GET / X-Token: keyturn:other/token X: \r\n");
      assertThat(said.toString(StandardCharsets.UTF_8))
          .contains("the stand-in keyturn%3Agate2%2Ftoken went out")
          .contains("the stand-in keyturn:other/token went out");
    } finally {
      System.setErr(real);
    }
  }
}
