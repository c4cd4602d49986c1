/** Says hello, tells of one variable, and exits with 7. */
public class Hello {
  public static void main(String[] args) {
    System.out.println("hello " + System.getenv("TOKEN"));
    System.exit(7);
  }
}
