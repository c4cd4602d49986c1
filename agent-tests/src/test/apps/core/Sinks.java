import java.net.PasswordAuthentication;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import javax.security.auth.callback.PasswordCallback;

/** A sink of each kind: a class of the JDK, and a library that is defined by a loader. */
public class Sinks {
  public static void main(String[] args) throws Exception {
    App.serve(Sinks::run);
  }

  public static String run(String command) throws Exception {
    switch (command) {
      case "environment":
        return System.getenv("DB_PASSWORD");
      case "callback":
        PasswordCallback callback = new PasswordCallback("password", false);
        callback.setPassword("keyturn:db/password".toCharArray());
        return new String(callback.getPassword());
      case "authentication":
        return new String(
            new PasswordAuthentication("me", "keyturn:db/password".toCharArray()).getPassword());
      case "driver":
        // A server has its own ideas of who may find drivers.
        Class.forName("org.h2.Driver");
        try (Connection connection =
                DriverManager.getConnection("jdbc:h2:mem:", "keyturn:db/username", "x");
            ResultSet user = connection.createStatement().executeQuery("SELECT USER()")) {
          user.next();
          return user.getString(1);
        }
      default:
        throw new IllegalArgumentException(command);
    }
  }
}
