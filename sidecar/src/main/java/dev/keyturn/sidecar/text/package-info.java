/** Text that may hold a secret, and JSON in it. */
@NullMarked
package dev.keyturn.sidecar.text;

import org.jspecify.annotations.NullMarked;
