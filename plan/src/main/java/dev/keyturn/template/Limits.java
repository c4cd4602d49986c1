package dev.keyturn.template;

/**
 * What rendering may cost, so that a template that runs away ends.
 *
 * @param steps evaluations, and rounds of loops; each makes some 100 bytes of garbage at most
 * @param bytes of the output, and of any text on the way; all texts together may be 16 times that
 * @param depth of calls of templates and what is nested in them, and of the data
 */
public record Limits(long steps, int bytes, int depth) {
  /** A file of 1 MiB, as a Kubernetes Secret has; rendered within about a second. */
  public static final Limits DEFAULT = new Limits(1_000_000, 1 << 20, 500);
}
