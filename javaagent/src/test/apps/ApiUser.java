import dev.keyturn.Secrets;

/** An application with the api on its own class path. */
public class ApiUser {
  public static void main(String[] args) throws Exception {
    System.out.println(Secrets.get("db", "password"));
    Secrets.onRotate(
        "db",
        changed -> {
          System.out.println(changed.get("password"));
          System.exit(0);
        });
    Thread.sleep(60_000);
  }
}
