package app;

public class Main {
  public static void main(String[] args) {
    System.out.println(Main.class.getModule());
    System.out.println(System.getenv("DB_PASSWORD"));
    System.out.println(System.getenv().get("DB_PASSWORD"));
    System.out.println(System.getProperty("db.password"));
  }
}
