package dev.keyturn.sidecar.source;

import dev.keyturn.plan.Reference;
import dev.keyturn.plan.Source;

/**
 * Opens the references of one {@link Source}. One is made for a sidecar, when the first reference
 * of its source is opened; {@link #open} is called by several threads.
 */
public interface SourceProvider {

  /** Whose references it opens. */
  Source source();

  /**
   * A read at this source. Asks nobody and blocks for nothing: that is for {@link
   * SecretSource#fetch}, by the thread that reads it.
   *
   * @param reference of {@link #source}; what it chooses by its key, and {@code decode}, is done by
   *     the caller
   * @throws FetchException if it can't be read with this plan's settings, whatever happens;
   *     permanent
   */
  SecretSource open(Reference reference, SourceContext context) throws FetchException;
}
