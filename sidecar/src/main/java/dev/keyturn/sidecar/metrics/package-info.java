/** Counters and gauges in Prometheus' text format. */
@NullMarked
package dev.keyturn.sidecar.metrics;

import org.jspecify.annotations.NullMarked;
