package dev.keyturn.sidecar.source;

import java.time.Duration;

/** One secret at its place. Used by one thread. */
public interface SecretSource {

  /**
   * Reads the current version; the caller closes it.
   *
   * @throws FetchException if there is none to be had
   */
  Version fetch() throws FetchException, InterruptedException;

  /**
   * Returns when it is time to fetch again: after the given time, or earlier from a source that can
   * tell for nothing that something changed.
   */
  default void awaitChange(Duration atMost) throws InterruptedException {
    Thread.sleep(atMost);
  }
}
