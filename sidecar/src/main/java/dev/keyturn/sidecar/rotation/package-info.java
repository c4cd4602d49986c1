/** When to fetch a secret next, and the loop that does it. */
@NullMarked
package dev.keyturn.sidecar.rotation;

import org.jspecify.annotations.NullMarked;
