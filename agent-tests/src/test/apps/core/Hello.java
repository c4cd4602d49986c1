/** Knows a variable. */
public class Hello {
  public static void main(String[] args) throws Exception {
    String password = System.getenv("DB_PASSWORD");
    App.serve(command -> command.equals("held") ? password : System.getenv(command));
  }
}
