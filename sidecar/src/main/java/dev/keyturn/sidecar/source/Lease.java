package dev.keyturn.sidecar.source;

import java.time.Duration;

/**
 * How long a version is good for, by its source.
 *
 * @param id what the source calls it; not a secret
 * @param duration from the fetch on; above zero
 * @param renewable whether the source would extend it
 */
public record Lease(String id, Duration duration, boolean renewable) {}
