import java.util.Objects;

/**
 * An application that knows nothing of Keyturn: it reads an environment variable and works. It
 * looks at DB_PASSWORD five times a second and prints a line at the start and whenever it has
 * changed, shortened: a secret has no place in a log. Runs until it is killed, or for the number of
 * seconds given as argument. Java 8 or newer.
 */
public class App {
  public static void main(String[] args) throws InterruptedException {
    long seconds = args.length == 0 ? Integer.MAX_VALUE : Integer.parseInt(args[0]);
    long end = System.currentTimeMillis() + 1000 * seconds;
    String password = System.getenv("DB_PASSWORD");
    print(password);
    while (System.currentTimeMillis() < end) {
      Thread.sleep(200);
      String now = System.getenv("DB_PASSWORD");
      if (!Objects.equals(now, password)) {
        password = now;
        print(password);
      }
    }
  }

  /** The first four characters, but never more than a third of the value, and the length. */
  private static void print(String password) {
    if (password == null) {
      System.out.println("DB_PASSWORD is not set");
    } else {
      String start = password.substring(0, Math.min(4, password.length() / 3));
      System.out.println("DB_PASSWORD is " + start + "... (" + password.length() + " characters)");
    }
  }
}
