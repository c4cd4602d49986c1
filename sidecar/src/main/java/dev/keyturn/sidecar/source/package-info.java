/** Places that hold secrets, and what they answer: versions made of fields. */
@NullMarked
package dev.keyturn.sidecar.source;

import org.jspecify.annotations.NullMarked;
