/** The HTTP endpoint for health and metrics, reachable from the same pod only. */
@NullMarked
package dev.keyturn.sidecar.endpoint;

import org.jspecify.annotations.NullMarked;
