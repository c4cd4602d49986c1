import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.core.AppenderBase;
import ch.qos.logback.core.FileAppender;
import ch.qos.logback.core.encoder.Encoder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** Logs a value in every way that Logback has, to a file as text and one as JSON, and to a list. */
public final class LogbackApp {
  private static final List<String> EVENTS = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
    ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.setLevel(Level.INFO);
    PatternLayoutEncoder pattern = new PatternLayoutEncoder();
    pattern.setPattern("%level %msg mdc=%X{token} pairs=%kvp%n%ex{short}");
    add(root, pattern, args[0]);
    add(root, new JsonEncoder(), args[1]);
    AppenderBase<ILoggingEvent> list =
        new AppenderBase<ILoggingEvent>() {
          @Override
          protected void append(ILoggingEvent event) {
            StringBuilder all = new StringBuilder(event.getMessage());
            all.append("|").append(event.getFormattedMessage());
            all.append("|").append(Arrays.toString(event.getArgumentArray()));
            all.append("|").append(event.getMDCPropertyMap());
            all.append("|").append(event.getKeyValuePairs());
            for (IThrowableProxy at = event.getThrowableProxy(); at != null; at = at.getCause()) {
              all.append("|").append(at.getClassName()).append(": ").append(at.getMessage());
            }
            EVENTS.add(all.toString());
          }
        };
    list.setContext(context);
    list.start();
    root.addAppender(list);
    Logger logger = LoggerFactory.getLogger("guards");
    String value = System.getProperty("keyturn.db.password");
    App.serve(
        command -> {
          switch (command) {
            case "message":
              logger.info("message " + value);
              break;
            case "argument":
              logger.info("argument {}", value);
              break;
            case "object":
              logger.info("object {} of {}", new Holder(value), 2);
              break;
            case "array":
              logger.info("array {}", (Object) new String[] {"a", value});
              break;
            case "thrown":
              logger.warn("thrown", new IllegalStateException("outer", new IOException(value)));
              break;
            case "mdc":
              MDC.put("token", value);
              logger.info("context");
              // The application has it as it was.
              String kept = MDC.get("token");
              MDC.remove("token");
              return String.valueOf(value.equals(kept));
            case "pair":
              logger.atInfo().addKeyValue("key", value).log("fluent");
              break;
            case "nothing":
              logger.info("nothing {}", "of it");
              break;
            case "events":
              return String.join(" ## ", EVENTS);
            default:
              throw new IllegalArgumentException(command);
          }
          return "logged";
        });
  }

  private static void add(
      ch.qos.logback.classic.Logger root, Encoder<ILoggingEvent> encoder, String file) {
    encoder.setContext(root.getLoggerContext());
    encoder.start();
    FileAppender<ILoggingEvent> appender = new FileAppender<>();
    appender.setContext(root.getLoggerContext());
    appender.setFile(file);
    appender.setEncoder(encoder);
    appender.start();
    root.addAppender(appender);
  }

  /** Shows what it holds, as many a generated {@code toString} does. */
  private static final class Holder {
    private final String password;

    Holder(String password) {
      this.password = password;
    }

    @Override
    public String toString() {
      return "Holder[password=" + password + "]";
    }
  }
}
