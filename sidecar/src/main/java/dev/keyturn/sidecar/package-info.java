/** Fetches what a plan names, publishes it to mounts, and keeps it current. */
@NullMarked
package dev.keyturn.sidecar;

import org.jspecify.annotations.NullMarked;
