package dev.keyturn.webhook.log;

import java.io.PrintStream;
import java.time.Clock;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Log lines: one JSON object each, on one stream. Callers never pass a value of a secret; the
 * webhook has none. Any thread.
 */
public final class Log {
  private static final JsonMapper JSON = JsonMapper.shared();

  private final PrintStream out;
  private final Clock clock;

  Log(PrintStream out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  /** Lines on standard error. */
  public static Log toStandardError() {
    return new Log(System.err, Clock.systemUTC());
  }

  /** What libraries have to say from warnings on (Netty logs through the JDK's logger). */
  public void takeOverLibraries() {
    LogManager.getLogManager().reset();
    Logger root = Logger.getLogger("");
    root.setLevel(Level.WARNING);
    root.addHandler(new FromLibraries());
  }

  /** A line about something that went as it should. */
  public Line info(String event) {
    return new Line("info", event);
  }

  /** A line about something that somebody should look at. */
  public Line warning(String event) {
    return new Line("warning", event);
  }

  /** A line being made; {@link #write} ends it. */
  public final class Line {
    private final ObjectNode fields = JSON.createObjectNode();

    private Line(String level, String event) {
      fields.put("time", clock.instant().toString()).put("level", level).put("event", event);
    }

    public Line with(String name, String value) {
      fields.put(name, value);
      return this;
    }

    public Line with(String name, double value) {
      fields.put(name, value);
      return this;
    }

    /** What failed and why, with the causes. */
    public Line with(Throwable failure) {
      var text = new StringBuilder();
      for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
        text.append(text.isEmpty() ? "" : ": ");
        text.append(cause.getMessage() == null ? cause.getClass().getName() : cause.getMessage());
      }
      return with("error", text.toString());
    }

    public void write() {
      // One call, so that lines of several threads don't mix.
      out.println(JSON.writeValueAsString(fields));
    }
  }

  private final class FromLibraries extends Handler {
    @Override
    public void publish(LogRecord record) {
      Line line = warning("library").with("logger", String.valueOf(record.getLoggerName()));
      line.with("message", String.valueOf(record.getMessage()));
      if (record.getThrown() != null) {
        line.with(record.getThrown());
      }
      line.write();
    }

    @Override
    public void flush() {
      out.flush();
    }

    @Override
    public void close() {}
  }
}
