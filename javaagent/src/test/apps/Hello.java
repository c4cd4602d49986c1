import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;

/** Says hello, tells of one variable, and exits with 7. */
public class Hello {
  public static void main(String[] args) {
    // Not System.out, where the agent masks it.
    PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
    out.println("hello " + System.getenv("TOKEN"));
    System.exit(7);
  }
}
