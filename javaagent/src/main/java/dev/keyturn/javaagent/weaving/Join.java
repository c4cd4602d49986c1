package dev.keyturn.javaagent.weaving;

/** One method that asks the agent first, as a line of the sinks' table says. Immutable. */
public final class Join {
  /** What the woven code hands over: this join's place in the table. */
  public final int index;

  /** The class that is asked, and the name it has in events, metrics and docs. */
  public final String sinkClass;

  public final String sink;

  /** When the class is woven if it is the JDK's own, see {@link Joins}. */
  final String when;

  /** The class with the method, its name with dots. */
  public final String type;

  public final String method;

  /** The method's descriptor (JVMS 4.3.3). */
  public final String descriptor;

  /** Whether the sink may answer in the method's place; else it may change its arguments. */
  public final boolean instead;

  Join(int index, String[] head, String type, String signature, boolean instead) {
    this.index = index;
    this.sinkClass = head[0];
    this.sink = head[1];
    this.when = head[2];
    this.type = type;
    int open = signature.indexOf('(');
    this.method = signature.substring(0, open);
    this.descriptor = signature.substring(open);
    this.instead = instead;
  }

  @Override
  public String toString() {
    return sink + " at " + type + "." + method + descriptor;
  }
}
