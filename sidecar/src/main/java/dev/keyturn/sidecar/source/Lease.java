package dev.keyturn.sidecar.source;

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
public record Lease(Optional<String> id, Duration duration, boolean renewable) {}
