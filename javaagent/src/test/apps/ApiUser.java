import dev.keyturn.Secrets;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;

/** An application with the api on its own class path. */
public class ApiUser {
  public static void main(String[] args) throws Exception {
    // Not System.out, where the agent masks it.
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
    out.println(Secrets.get("db", "password"));
    Secrets.onRotate(
        "db",
        changed -> {
          out.println(changed.get("password"));
          System.exit(0);
        });
    Thread.sleep(60_000);
  }
}
