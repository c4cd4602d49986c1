package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.util.Optional;

/** One secret at its place. Used by one thread. */
public interface SecretSource {

  /** Why a wait for the next step ended before its time. */
  enum Wake {
    /** The secret has changed, as far as can be told for nothing. */
    CHANGED,
    /** The source answers again after an outage. */
    RECOVERED,
    /** There is a new login: leases of the one before end with it. */
    LOGGED_IN,
    /** The machine was suspended: whatever was due meanwhile was missed. */
    RESUMED
  }

  /**
   * Reads the current version, or has a new one made where reading does that; the caller closes it.
   *
   * @throws FetchException if there is none to be had
   */
  Version fetch() throws FetchException, InterruptedException;

  /**
   * Looks whether a version is still the one to use, in the cheapest way there is.
   *
   * @param current the last one fetched here
   * @return the one to use instead, which may have the same fields; empty to keep what there is
   * @throws FetchException if that can't be told
   */
  default Optional<Version> refresh(Version current) throws FetchException, InterruptedException {
    return Optional.of(fetch());
  }

  /**
   * Has the lease of the last version fetched here extended.
   *
   * @param lease with an id, renewable
   * @return what was granted, from now on; empty if this lease is not extended any more: fetch anew
   * @throws FetchException if that can't be told
   */
  default Optional<Lease> renew(Lease lease) throws FetchException, InterruptedException {
    return Optional.empty();
  }

  /** Gives back what a version holds, where nobody uses it any more; tells itself if it can't. */
  default void giveBack(Version unused) throws InterruptedException {}

  /** Where the last version came from, for people, in a source that stands for several. */
  default Optional<String> served() {
    return Optional.empty();
  }

  /** Whether each fetch has something made, so that it is not done again for a look. */
  default boolean isWrite() {
    return false;
  }

  /** Whether {@link #awaitChange} watches something by itself, and so cannot stand for others. */
  default boolean watches() {
    return false;
  }

  /** Writes what it knows of the last version, where that outlives the process. */
  default void save(StateWriter out) {}

  /** Knows again what {@link #save} wrote; called before anything else. */
  default void restore(StateReader in) {}

  /**
   * Returns after the given time, or earlier for a reason.
   *
   * @param atMost zero or below to learn only whether there is a reason now
   */
  Optional<Wake> awaitChange(Duration atMost) throws InterruptedException;
}
