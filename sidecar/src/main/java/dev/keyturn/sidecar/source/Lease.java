package dev.keyturn.sidecar.source;

import dev.keyturn.sidecar.state.StateReader;
import dev.keyturn.sidecar.state.StateWriter;
import java.time.Duration;
import java.util.Optional;

/**
 * How long a version is good for, by its source.
 *
 * @param id what the source calls it, and can be asked about; not a secret; empty for a version
 *     that ends by itself, such as a certificate
 * @param duration from when it was granted on; above zero
 * @param renewable whether the source would extend it
 */
public record Lease(Optional<String> id, Duration duration, boolean renewable) {

  /** Reads what {@link #save} wrote. */
  public static Lease restore(StateReader in) {
    return new Lease(in.optional(StateReader::text), in.duration(), in.flag());
  }

  /** For a process that sleeps. */
  public void save(StateWriter out) {
    out.optional(id, StateWriter::text).duration(duration).flag(renewable);
  }
}
