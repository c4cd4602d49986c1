package dev.keyturn.javaagent.bootstrap;

/**
 * Class files as constants, a byte a character (ISO 8859-1): no resource to open. The build fills
 * them in.
 */
public final class Baked {
  /** The name that {@code Answers} gets. */
  public static final String ANSWERS = "java/lang/KeyturnAnswers";

  public static final String OPENER = "dev/keyturn/javaagent/bootstrap/Opener";

  private Baked() {}

  public static String answers() {
    throw notBaked();
  }

  public static String opener() {
    throw notBaked();
  }

  private static IllegalStateException notBaked() {
    return new IllegalStateException("src/build/java/Bake.java was not run on these classes");
  }
}
