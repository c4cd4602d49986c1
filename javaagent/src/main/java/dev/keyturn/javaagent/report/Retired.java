package dev.keyturn.javaagent.report;

/** Pools that were told to replace their connections. */
public final class Retired {
  static final Counts POOLS = new Counts();

  private Retired() {}

  /** One was, of that class. */
  public static void pool(String type) {
    POOLS.add(type);
  }
}
