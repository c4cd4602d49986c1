import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import javax.management.ObjectName;

/** What every application here does: one line in, one line out. */
public final class App {
  /** What the application does when it is told to. */
  public interface Step {
    /** Returns what to answer; one line. */
    String run(String command) throws Exception;
  }

  /** Not System.out, where the agent masks values. */
  private static final PrintStream OUT =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true);

  private App() {}

  /** Answers commands until there are no more. */
  public static void serve(Step step) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
    OUT.println("> ready");
    for (String command = in.readLine(); command != null; command = in.readLine()) {
      String answer;
      try {
        if (command.startsWith("property ")) {
          answer = "ok " + System.getProperty(command.substring("property ".length()));
        } else if (command.startsWith("dump ")) {
          // Not through com.sun.management, which is not in every JVM's class path.
          ManagementFactory.getPlatformMBeanServer()
              .invoke(
                  new ObjectName("com.sun.management:type=HotSpotDiagnostic"),
                  "dumpHeap",
                  new Object[] {command.substring("dump ".length()), true},
                  new String[] {"java.lang.String", "boolean"});
          answer = "ok dumped";
        } else {
          answer = "ok " + step.run(command);
        }
      } catch (Throwable e) {
        StringBuilder all = new StringBuilder("failed");
        for (Throwable one = e; one != null && all.length() < 4000; one = one.getCause()) {
          all.append(" ").append(one);
        }
        answer = all.toString().replace('\n', ' ');
      }
      OUT.println("> " + answer);
    }
  }
}
