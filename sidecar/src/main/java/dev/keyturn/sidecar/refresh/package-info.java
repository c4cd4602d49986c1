/** Looks that somebody asks for, so that the poll may be slow. */
@NullMarked
package dev.keyturn.sidecar.refresh;

import org.jspecify.annotations.NullMarked;
