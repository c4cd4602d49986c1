import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jboss.logmanager.ExtHandler;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.MDC;
import org.jboss.logmanager.NDC;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.jboss.logmanager.handlers.FileHandler;

/** Logs a value in every way that JBoss LogManager has, to a file, and to a list of events. */
public final class JbossApp {
  private static final List<String> EVENTS = new ArrayList<>();

  public static void main(String[] args) throws Exception {
    Logger root = Logger.getLogger("");
    FileHandler file = new FileHandler(args[0], false);
    file.setFormatter(new PatternFormatter("%p %m mdc=%X{token} ndc=%x%n%e"));
    file.setAutoFlush(true);
    root.addHandler(file);
    root.addHandler(
        new ExtHandler() {
          @Override
          protected void doPublish(ExtLogRecord record) {
            StringBuilder all = new StringBuilder(record.getFormattedMessage());
            all.append("|").append(record.getMdcCopy()).append("|").append(record.getSourceMethodName());
            for (Throwable at = record.getThrown(); at != null; at = at.getCause()) {
              all.append("|").append(at);
            }
            EVENTS.add(all.toString());
          }
        });
    Logger logger = Logger.getLogger("guards");
    String value = System.getProperty("keyturn.db.password");
    App.serve(
        command -> {
          switch (command) {
            case "message":
              logger.info("message {0} " + value);
              break;
            case "argument":
              logger.log(Level.INFO, "argument {0}", value);
              break;
            case "object":
              logger.log(Level.INFO, "object {0} of {1}", new Object[] {new StringBuilder(value), 2});
              break;
            case "printf":
              ((org.jboss.logmanager.Logger) logger)
                  .log(
                      JbossApp.class.getName(),
                      Level.INFO,
                      "printf %s",
                      ExtLogRecord.FormatStyle.PRINTF,
                      new Object[] {value},
                      null);
              break;
            case "thrown":
              logger.log(
                  Level.WARNING,
                  "thrown",
                  new IllegalStateException("outer", new IOException(value)));
              break;
            case "mdc":
              MDC.put("token", value);
              NDC.push(value);
              logger.info("context");
              NDC.pop();
              return String.valueOf(value.equals(MDC.remove("token")));
            case "nothing":
              logger.log(Level.INFO, "nothing {0}", "of it");
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
