import java.io.BufferedWriter;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.util.Base64;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Does with a value what no application should. */
public final class Guards {
  private static final PrintStream REAL =
      new PrintStream(new FileOutputStream(FileDescriptor.out), true);

  private static String value;

  public static void main(String[] args) throws Exception {
    value = System.getenv("DB_PASSWORD");
    switch (args[0]) {
      case "print":
        print();
        break;
      case "buffers":
        buffers();
        break;
      case "jul":
        jul();
        break;
      case "children":
        children(args[1]);
        break;
      default:
        throw new IllegalArgumentException(args[0]);
    }
  }

  private static void print() throws Exception {
    System.out.println("nothing of it");
    System.out.println("println: " + value);
    System.out.print("print: " + value + "\n");
    System.out.println((Object) new StringBuilder("object: ").append(value));
    System.out.println(("chars: " + value).toCharArray());
    System.out.printf("printf: %s %d%n", value, 7);
    System.out.format(Locale.ROOT, "format: %s%n", value);
    System.out.append("append: ").append(value).append('\n');
    System.out.write(("write: " + value + "\n").getBytes("UTF-8"));
    System.out.println("base64: " + Base64.getEncoder().encodeToString(("u:" + value).getBytes("UTF-8")));
    for (char c : ("single: " + value + "\n").toCharArray()) {
      System.out.write(c);
    }
    System.out.println((String) null);
    System.out.print((Object) null);
    System.out.print('c');
    System.out.print(1);
    System.out.print(2L);
    System.out.print(1.5);
    System.out.print(2.5f);
    System.out.print(true);
    System.out.println();
    System.err.println("err: " + value);
    new IllegalStateException("thrown: " + value).printStackTrace();
    System.out.flush();
    System.out.println("checked: " + System.out.checkError());
  }

  /** Writers above System.out tear what they write at the end of their buffers. */
  private static void buffers() throws Exception {
    BufferedWriter out = new BufferedWriter(new OutputStreamWriter(System.out, "UTF-8"));
    StringBuilder expected = new StringBuilder();
    for (int i = 0; i < 5000; i++) {
      out.write("line " + i + " has " + value + " in it, \u00e4\n");
    }
    out.flush();
    out.write("the end, for now: " + value.substring(0, 6));
    out.flush();
    System.out.println();
    // Each piece by itself, as a stream in between may have it.
    byte[] bytes = ("torn: " + value + ".\n").getBytes("UTF-8");
    for (int at = 0; at < bytes.length; at += 5) {
      System.out.write(bytes, at, Math.min(5, bytes.length - at));
    }
    System.out.flush();
    // Nobody flushes this.
    byte[] end = new byte[600];
    java.util.Arrays.fill(end, (byte) 'x');
    System.out.write(end, 0, end.length);
  }

  private static void jul() {
    Logger logger = Logger.getLogger("guards");
    logger.info("message: " + value);
    logger.log(Level.INFO, "parameter: {0}", value);
    logger.log(Level.INFO, "object: {0}", new StringBuilder(value));
    logger.log(
        Level.WARNING,
        "thrown",
        new IllegalStateException("outer", new IOException("inner: " + value)));
    logger.info("nothing of it");
    logger.log(Level.INFO, "two: {0} and {1}", new Object[] {1, "one"});
    // What a handler gets, and not what a console shows.
    Logger own = Logger.getLogger("own");
    own.setUseParentHandlers(false);
    own.addHandler(
        new ConsoleHandler() {
          @Override
          public void publish(java.util.logging.LogRecord record) {
            REAL.println("handler: " + record.getMessage() + ", thrown " + record.getThrown());
          }
        });
    own.log(Level.INFO, "own: " + value, new IOException("own: " + value));
  }

  private static void children(String program) throws Exception {
    attempt("arguments", new ProcessBuilder(program, "-p" + value));
    ProcessBuilder environment = new ProcessBuilder(program);
    environment.environment().put("COPIED", value);
    attempt("environment", environment);
    ProcessBuilder all = new ProcessBuilder(program);
    all.environment().putAll(System.getenv());
    attempt("whole environment", all);
    attempt("name", new ProcessBuilder("/nowhere/" + value));
    attempt("neither", new ProcessBuilder(program));
    ProcessBuilder own = new ProcessBuilder(program);
    own.environment().put("HARMLESS", "indeed");
    attempt("its own environment", own);
    try {
      REAL.println("exec: " + Runtime.getRuntime().exec(new String[] {program, value}).waitFor());
    } catch (IOException e) {
      REAL.println("exec: " + e.getMessage());
    }
  }

  private static void attempt(String what, ProcessBuilder builder) throws Exception {
    try {
      REAL.println(what + ": " + builder.start().waitFor());
    } catch (IOException e) {
      REAL.println(what + ": " + e.getMessage());
    }
  }
}
