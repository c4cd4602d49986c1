import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import org.apache.logging.log4j.ThreadContext;
import org.apache.logging.log4j.core.LogEvent;
import org.apache.logging.log4j.core.LoggerContext;
import org.apache.logging.log4j.core.appender.AbstractAppender;
import org.apache.logging.log4j.core.appender.FileAppender;
import org.apache.logging.log4j.core.config.Configuration;
import org.apache.logging.log4j.core.config.LoggerConfig;
import org.apache.logging.log4j.core.config.Property;
import org.apache.logging.log4j.core.config.builder.api.ConfigurationBuilderFactory;
import org.apache.logging.log4j.core.config.Configurator;
import org.apache.logging.log4j.core.layout.PatternLayout;

/** Logs a value in every way that Log4j has, to a file, and to a list of events. */
public final class Log4jApp {
  private static final List<String> EVENTS = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    LoggerContext context =
        Configurator.initialize(
            ConfigurationBuilderFactory.newConfigurationBuilder()
                .add(ConfigurationBuilderFactory.newConfigurationBuilder().newRootLogger(Level.INFO))
                .build(false));
    Configuration configuration = context.getConfiguration();
    LoggerConfig root = configuration.getRootLogger();
    FileAppender file =
        FileAppender.newBuilder()
            .setName("file")
            .withFileName(args[0])
            .setLayout(
                PatternLayout.newBuilder()
                    .withPattern("%level %msg mdc=%X{token}%n%ex")
                    .withConfiguration(configuration)
                    .build())
            .build();
    file.start();
    root.addAppender(file, Level.INFO, null);
    AbstractAppender list =
        new AbstractAppender("list", null, null, false, Property.EMPTY_ARRAY) {
          @Override
          public void append(LogEvent event) {
            StringBuilder all = new StringBuilder(event.getMessage().getFormattedMessage());
            for (Map.Entry<String, String> one : event.getContextData().toMap().entrySet()) {
              all.append("|").append(one);
            }
            for (Throwable at = event.getThrown(); at != null; at = at.getCause()) {
              all.append("|").append(at);
            }
            EVENTS.add(all.toString());
          }
        };
    list.start();
    root.addAppender(list, Level.INFO, null);
    context.updateLoggers();
    Logger logger = LogManager.getLogger("guards");
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
              logger.info("object {} of {}", new StringBuilder(value), 2);
              break;
            case "array":
              logger.info("array {}", (Object) new String[] {"a", value});
              break;
            case "thrown":
              logger.warn("thrown", new IllegalStateException("outer", new IOException(value)));
              break;
            case "mdc":
              ThreadContext.put("token", value);
              logger.info("context");
              String kept = ThreadContext.get("token");
              ThreadContext.remove("token");
              return String.valueOf(value.equals(kept));
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
}
