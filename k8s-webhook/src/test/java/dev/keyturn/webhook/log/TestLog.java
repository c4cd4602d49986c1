package dev.keyturn.webhook.log;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.util.List;

/** Log lines that can be read back. */
public final class TestLog {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final Log log = new Log(new PrintStream(bytes, true, UTF_8), Clock.systemUTC());

  public Log log() {
    return log;
  }

  public String text() {
    return bytes.toString(UTF_8);
  }

  public List<String> lines() {
    return text().lines().toList();
  }
}
