package dev.keyturn.javaagent.report;

/** Pools that were told to replace their connections. */
public final class Retired {
  static final Counts POOLS = new Counts();

  private Retired() {}

  /** One was, of that kind: {@code HikariCP}, say. */
  public static void pool(String kind) {
    POOLS.add(kind);
  }
}
