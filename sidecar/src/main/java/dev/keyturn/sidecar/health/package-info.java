/** Which secrets are published, which are missing, and why. */
@NullMarked
package dev.keyturn.sidecar.health;

import org.jspecify.annotations.NullMarked;
