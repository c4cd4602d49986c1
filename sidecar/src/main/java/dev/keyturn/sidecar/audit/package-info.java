/** One JSON line for each thing that happened to a secret. */
@NullMarked
package dev.keyturn.sidecar.audit;

import org.jspecify.annotations.NullMarked;
