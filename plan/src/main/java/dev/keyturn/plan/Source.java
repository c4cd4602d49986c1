package dev.keyturn.plan;

/** A place that holds secrets, named by the first part of a {@link Reference}. */
public enum Source {
  /** HashiCorp Vault or OpenBao: {@code vault:secret/data/app#password}. */
  VAULT("vault"),
  /**
   * A local file: {@code file:/etc/app/db.properties#password}; absolute, or relative to the plan.
   */
  FILE("file");

  private final String prefix;

  Source(String prefix) {
    this.prefix = prefix;
  }

  /** What stands before the colon of a reference. */
  public String prefix() {
    return prefix;
  }
}
