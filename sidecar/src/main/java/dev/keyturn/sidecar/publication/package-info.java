/** From rendered secrets to generations of a mount. */
@NullMarked
package dev.keyturn.sidecar.publication;

import org.jspecify.annotations.NullMarked;
